"""Files of jobs for `hyperreenact batch`: what they hold, and what is said of them in the end."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import HyperReenactError, InputError
from .common import say

if TYPE_CHECKING:
    from ..batch.pool import Pool
    from ..batch.report import JobResult

FORMAT = """\
A file of jobs is a JSON list, or one object a line. Each names "source", "driving" and "out", and
may hold any option of `hyperreenact reenact` by its name: {"source": "a.png", "driving": "b.mp4",
"out": "c.mp4", "no-face": "skip", "paste-back": true}. Names of files are meant from its folder;
"out" may be an address that fsspec knows, such as s3://bucket/c.mp4.
"""

FILES = ("source", "driving", "out")
_MASK = "front"
"""A file that a job may name as well."""
_REPORT = "report.json"


@dataclass(frozen=True)
class JobFile:
    """The jobs of a file, in order.

    folder: of what is under way. told: each as it stands there, with whole names of files.
    made: where each result is made; outs: where it belongs in the end, perhaps an address.
    """

    folder: Path
    told: tuple[dict[str, Any], ...]
    made: tuple[Path, ...]

    @property
    def outs(self) -> list[str]:
        return [job["out"] for job in self.told]

    def delivered(self, result: JobResult) -> JobResult:
        """What became of a job once its result is where it belongs."""
        from ..batch.addresses import deliver, is_address, is_delivered

        made, out = self.made[result.number], self.outs[result.number]
        if result.state == "failed" or not is_address(out):
            return result
        try:
            if is_delivered(made, out):
                return result
            deliver(made, out)
        except HyperReenactError as error:
            return replace(result, state="failed", reason=str(error))
        return replace(result, state="done")


def open_jobs(args: argparse.Namespace) -> JobFile:
    """The file of jobs that the command names; InputError where it is none."""
    from ..batch.addresses import is_address, local_place

    folder = (args.work or args.jobs.with_name(f"{args.jobs.stem}.work")).resolve()
    told = tuple(_absolute(read_jobs(args.jobs), args.jobs.parent))
    outs = [job["out"] for job in told]
    made = tuple(local_place(out, folder) if is_address(out) else Path(out) for out in outs)
    return JobFile(folder, told, made)


@contextmanager
def reported(
    jobs: JobFile,
    results: list[JobResult],
    repeated: Sequence[str],
    pool: Pool[Any, Any],
    *,
    engine: str,
) -> Iterator[None]:
    """Close the pool, say the table and write report.json, however the block ends.

    InputError at the end where some jobs failed.
    """
    from ..batch.report import table, write_report

    report, outs = jobs.folder / _REPORT, jobs.outs
    try:
        yield
    finally:
        try:
            pool.close()
        finally:
            for line in table(outs, results):
                say(line)
            write_report(report, outs, results, engine=engine, repeated=len(repeated))
    failed = [outs[result.number] for result in results if result.state == "failed"]
    if failed:
        raise InputError(
            f"{len(failed)} of {len(outs)} failed, the others are done: {', '.join(failed[:5])}"
            f"{' ...' if len(failed) > 5 else ''}; {report} says why"
        )


def read_jobs(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of jobs; InputError where it is missing or something else."""
    try:
        text = path.read_text("utf-8-sig")
        try:
            raw: Any = json.loads(text)
        except ValueError:
            raw = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is no file of jobs that can be read ({error})") from error
    if isinstance(raw, dict):  # a single line
        raw = [raw]
    if not isinstance(raw, list) or not raw:
        raise InputError(f"{path}: write a list of jobs, each with source, driving and out")
    jobs: list[dict[str, Any]] = raw
    for number, job in enumerate(raw, 1):
        if not isinstance(job, dict) or not all(isinstance(job.get(n), str) for n in FILES):
            raise InputError(f"{path}, job {number}: it needs source, driving and out")
    return jobs


def _absolute(jobs: list[dict[str, Any]], folder: Path) -> Iterator[dict[str, Any]]:
    for job in jobs:
        named = [name for name in (*FILES, _MASK) if isinstance(job.get(name), str)]
        local = [name for name in named if not (name == "out" and "://" in job[name])]
        yield job | {name: str((folder / job[name]).resolve()) for name in local}
