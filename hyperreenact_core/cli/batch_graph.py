"""`hyperreenact batch` on ComfyUI servers: a graph for each clip, or for each job of a file."""

from __future__ import annotations

import argparse
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .common import note, progress_bar, say
from .job_files import FILES, open_jobs, reported

if TYPE_CHECKING:
    from ..batch.engines.comfyui import Graph, GraphRun
    from ..batch.report import JobResult

SERVER = "http://127.0.0.1:8188"
"""Where a ComfyUI of this machine answers."""


def run_clips(args: argparse.Namespace) -> None:
    """Run the graph once for each clip, and say what it wrote."""
    from ..batch.engines.comfyui import GraphRun, Servers
    from ..batch.pool import work_through

    graph, settings = _graph(args, args.jobs, args.input)
    if missing := [str(clip) for clip in args.clips if not clip.is_file()]:
        raise InputError(f"{', '.join(missing)}: no such file")
    runs = deque(GraphRun(c.name, c.stem, ((args.input, c),), settings) for c in args.clips)
    count = len(runs)
    failed: list[str] = []
    pool = Servers(graph, args.server or [SERVER], wait=not args.no_wait)
    try:
        with progress_bar("batch", unit="clip") as show:
            for number, done in enumerate(work_through(pool, runs, tell=note), 1):
                show(number, count)
                say(f"{done.item}: {done.failure or done.result}")
                if done.failure is not None:
                    failed.append(f"{done.item}: {done.failure}")
    finally:
        pool.close()
    if failed:
        raise InputError(f"{len(failed)} of {count} failed: {'; '.join(failed)}")


def run_jobs(args: argparse.Namespace) -> None:
    """Run the graph once for each job of a file that is not done."""
    from ..batch.engines.comfyui import Servers
    from ..batch.names import graph_name
    from ..batch.pool import work_through
    from ..batch.report import JobResult
    from ..batch.run import is_made, mark_made

    graph, settings = _graph(args, args.graph, args.input, args.source_input)
    jobs = open_jobs(args)
    results: list[JobResult] = []
    todo: dict[GraphRun, int] = {}
    records: dict[GraphRun, Path] = {}
    for number, job in enumerate(jobs.told):
        run = _run_of(job, jobs.made[number], settings, args)
        try:
            _check(graph, run)
            name = graph_name(graph, run.files, run.settings, jobs.made[number])
        except InputError as error:
            results.append(JobResult(number, "failed", reason=str(error)))
            continue
        record = jobs.folder / "done" / f"{name}.json"
        if is_made(record, jobs.made[number]):
            results.append(jobs.delivered(JobResult(number, "there")))
        elif run in todo:
            results.append(JobResult(number, "failed", reason="the same job stands before it"))
        else:
            todo[run], records[run] = number, record
    repeated: list[str] = []

    def tell(line: str) -> None:
        repeated.append(line)
        note(f"repeated: {line}")

    pool = Servers(graph, args.server or [SERVER])
    with (
        reported(jobs, results, repeated, pool, engine="comfyui"),
        progress_bar("batch", unit="clip") as show,
    ):
        for done in work_through(pool, deque(todo), tell=tell):
            number = todo[done.item]
            if done.failure is not None:
                results.append(JobResult(number, "failed", reason=str(done.failure)))
            else:
                mark_made(records[done.item], jobs.made[number])
                results.append(jobs.delivered(JobResult(number, "done")))
            show(len(results), len(jobs.told))


def _graph(
    args: argparse.Namespace, path: Path, *inputs: str
) -> tuple[Graph, tuple[tuple[str, Any], ...]]:
    """The graph and what --set says; what cannot be set is said before anything is queued."""
    from ..batch.engines.comfyui import read_graph, split_setting, with_values

    graph = read_graph(path)
    settings = tuple(split_setting(text) for text in args.set)
    with_values(graph, [*((target, "") for target in inputs), *settings], stem="")
    return graph, settings


def _check(graph: Graph, run: GraphRun) -> None:
    """InputError where a run names what the graph has not."""
    from ..batch.engines.comfyui import with_values

    with_values(graph, run.settings, stem=run.stem)


def _run_of(
    job: dict[str, Any], made: Path, settings: tuple[tuple[str, Any], ...], args: argparse.Namespace
) -> GraphRun:
    from ..batch.engines.comfyui import GraphRun

    own = tuple((key, value) for key, value in job.items() if key not in FILES)
    source, driving = Path(job["source"]), Path(job["driving"])
    files = ((args.source_input, source), (args.input, driving))
    return GraphRun(made.name, driving.stem, files, (*settings, *own), made)
