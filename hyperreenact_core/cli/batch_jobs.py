"""`hyperreenact batch` with a file of jobs: each is one `reenact`, told in JSON."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ..choices import AUTO, TORCH_NAMES
from ..errors import InputError
from . import footage, reenact
from .common import note, progress_bar
from .engines import open_pool
from .job_files import FILES, open_jobs, reported

if TYPE_CHECKING:
    from ..batch.report import JobResult
    from ..batch.shard import ClipPlan


def run_jobs(args: argparse.Namespace) -> None:
    """Do the jobs of a file that are not done; InputError at the end where some failed."""
    from ..batch.drive import run_clips
    from ..batch.run import ClipWorker

    file = open_jobs(args)
    jobs = [
        _options(job | {"out": str(made)}) for job, made in zip(file.told, file.made, strict=True)
    ]
    results: list[JobResult] = []
    repeated: list[str] = []

    def tell(line: str) -> None:
        repeated.append(line)
        note(line)

    def plans() -> Iterator[tuple[int, ClipPlan]]:
        for number, job in enumerate(jobs):
            try:
                yield number, _plan(job, file.folder, args.shard_frames, digests)
            except InputError as error:
                results.append(_failed(number, error))

    digests: dict[tuple[str, tuple[Path, ...]], str] = {}
    pool = open_pool(args, ClipWorker, args.workers)
    with (
        reported(file, results, repeated, pool, engine=args.engine),
        progress_bar("batch", unit="clip") as show,
    ):
        for result in run_clips(plans(), pool, tell=tell):
            results.append(file.delivered(result))
            show(len(results), len(jobs))


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
        if key in FILES:
            continue
        if value is True:
            yield name, None
        elif value is False:
            if name in ("colour-match", "keep-in-front"):  # flags that are on by themselves
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

    request = reenact.request_of(job)
    if request.is_cast or job.replace_face or footage.is_footage(job):
        raise InputError(
            f"the job of {job.out}: several faces, videos as source, and faces that are replaced "
            "cannot be cut into pieces; draw it with `hyperreenact reenact`"
        )
    if request.boxes:
        raise InputError(
            f"the job of {job.out}: boxes are told for a whole clip, not for pieces; draw it with "
            "`hyperreenact reenact`"
        )
    model_paths = tuple(path.resolve() for path in job.model_path)
    which = job.model_set, model_paths
    if which not in digests:
        digests[which] = models_digest(load_set(*which))
    precision = TORCH_NAMES.get(job.precision, AUTO)
    tools = Tools(job.model_set, model_paths, job.device, precision, digests[which])
    name = clip_name(request, models=tools.digest, device=job.device, precision=precision)
    return ClipPlan(name, request, tools, folder, length)


def _failed(number: int, error: InputError) -> JobResult:
    from ..batch.report import JobResult

    return JobResult(number, "failed", reason=str(error))
