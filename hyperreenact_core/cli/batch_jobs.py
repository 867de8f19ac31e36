"""`hyperreenact batch` with a file of jobs: each is one `reenact`, told in JSON."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ..choices import AUTO, TORCH_NAMES
from ..errors import InputError
from . import reenact
from .common import note, progress_bar, say
from .engines import open_pool

if TYPE_CHECKING:
    from ..batch.report import JobResult
    from ..batch.shard import ClipPlan

FORMAT = """\
A file of jobs is a JSON list, or one object a line. Each names "source", "driving" and "out", and
may hold any option of `hyperreenact reenact` by its name: {"source": "a.png", "driving": "b.mp4",
"out": "c.mp4", "no-face": "skip", "paste-back": true}. Names of files are meant from its folder.
"""

_FILES = ("source", "driving", "out")
_MASK = "front"
"""A file that a job may name as well."""
_REPORT = "report.json"


def run_jobs(args: argparse.Namespace) -> None:
    """Do the jobs of a file that are not done; InputError at the end where some failed."""
    from ..batch.drive import run_clips
    from ..batch.report import table, write_report
    from ..batch.run import ClipWorker

    jobs = [_options(text) for text in _absolute(read_jobs(args.jobs), args.jobs.parent)]
    outs = [str(job.out) for job in jobs]
    folder = (args.work or args.jobs.with_name(f"{args.jobs.stem}.work")).resolve()
    results: list[JobResult] = []
    repeated: list[str] = []

    def tell(line: str) -> None:
        repeated.append(line)
        note(line)

    def plans() -> Iterator[tuple[int, ClipPlan]]:
        for number, job in enumerate(jobs):
            try:
                yield number, _plan(job, folder, args.shard_frames, digests)
            except InputError as error:
                results.append(_failed(number, error))

    digests: dict[tuple[str, tuple[Path, ...]], str] = {}
    pool = open_pool(args, ClipWorker, args.workers)
    try:
        with progress_bar("batch", unit="clip") as show:
            for result in run_clips(plans(), pool, tell=tell):
                results.append(result)
                show(len(results), len(jobs))
    finally:
        try:
            pool.close()
        finally:
            write_report(
                folder / _REPORT, outs, results, engine=args.engine, repeated=len(repeated)
            )
    for line in table(outs, results):
        say(line)
    failed = [outs[result.number] for result in results if result.state == "failed"]
    if failed:
        raise InputError(
            f"{len(failed)} of {len(jobs)} failed, the others are done: {', '.join(failed[:5])}"
            f"{' ...' if len(failed) > 5 else ''}; {folder / _REPORT} says why"
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
        if not isinstance(job, dict) or not all(isinstance(job.get(n), str) for n in _FILES):
            raise InputError(f"{path}, job {number}: it needs source, driving and out")
    return jobs


def _absolute(jobs: list[dict[str, Any]], folder: Path) -> Iterator[dict[str, Any]]:
    for job in jobs:
        named = [name for name in (*_FILES, _MASK) if isinstance(job.get(name), str)]
        yield job | {name: str((folder / job[name]).resolve()) for name in named}


class _Parser(argparse.ArgumentParser):
    """Says what is wrong instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise InputError(message)


def _job_parser() -> argparse.ArgumentParser:
    return _Parser(prog="job")


def _options(job: dict[str, Any]) -> argparse.Namespace:
    """A job as the command line's own options, which check it."""
    parser = _job_parser()
    reenact.register(parser.add_subparsers())
    line = ["reenact", *(f"--{k}={v}" for k, v in _pairs(job) if v is not None)]
    line += [f"--{name}" for name, value in _pairs(job) if value is None]
    try:
        return parser.parse_args(
            [*line, f"--out={job['out']}", "--", job["source"], job["driving"]]
        )
    except InputError as error:
        raise InputError(f"the job of {job['out']}: {error}") from error


def _pairs(job: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Names and values of options; None for a flag."""
    for key, value in job.items():
        name = key.replace("_", "-")
        if key in _FILES:
            continue
        if value is True:
            yield name, None
        elif value is False:
            if name == "colour-match":  # the one flag that is on by itself
                yield f"no-{name}", None
        else:
            yield name, value


def _plan(
    job: argparse.Namespace,
    folder: Path,
    length: int,
    digests: dict[tuple[str, tuple[Path, ...]], str],
) -> ClipPlan:
    from ..batch.names import clip_name, models_digest
    from ..batch.shard import ClipPlan, Tools
    from ..models.sets import load_set

    model_paths = tuple(path.resolve() for path in job.model_path)
    which = job.model_set, model_paths
    if which not in digests:
        digests[which] = models_digest(load_set(*which))
    precision = TORCH_NAMES.get(job.precision, AUTO)
    tools = Tools(job.model_set, model_paths, job.device, precision, digests[which])
    request = reenact.request_of(job)
    name = clip_name(request, models=tools.digest, device=job.device, precision=precision)
    return ClipPlan(name, request, tools, folder, length)


def _failed(number: int, error: InputError) -> JobResult:
    from ..batch.report import JobResult

    return JobResult(number, "failed", reason=str(error))
