"""What became of the jobs of a run: a table to read, and a file for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from ..whole_files import write_whole
from .names import package_version

JobState = Literal["done", "there", "failed", "not done"]
"""there: a run before this one has done it. not done: the run ended early."""


@dataclass(frozen=True)
class JobResult:
    """number: of the job in its file, from 0. seconds: of work, over all workers.

    workers: where its pieces were done, on an engine that tells.
    """

    number: int
    state: JobState
    reason: str = ""
    frames: int = 0
    seconds: float = 0.0
    workers: tuple[str, ...] = ()


def write_report(
    path: Path, outs: Sequence[str], results: Sequence[JobResult], *, engine: str, repeated: int
) -> None:
    """Write a JSON file: every job in order, whether it was done or not."""
    jobs = [
        {"out": out, **asdict(result)}
        for out, result in zip(outs, _all(outs, results), strict=True)
    ]
    said = {"version": package_version(), "engine": engine, "repeated": repeated, "jobs": jobs}
    write_whole(path, (json.dumps(said, indent=1) + "\n").encode())


def table(outs: Sequence[str], results: Sequence[JobResult]) -> list[str]:
    """Lines of a table: every job in order, whether it was done or not."""
    width = max(map(len, outs), default=0)
    return [
        f"{out:<{width}}  {r.state:<8}  {r.frames:>6} frames  {r.seconds:>7.1f} s"
        + (f"  {r.reason}" if r.reason else "")
        for out, r in zip(outs, _all(outs, results), strict=True)
    ]


def _all(outs: Sequence[str], results: Sequence[JobResult]) -> list[JobResult]:
    known = {result.number: result for result in results}
    return [known.get(number, JobResult(number, "not done")) for number in range(len(outs))]
