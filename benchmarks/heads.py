"""How fast heads are drawn: pictures and people a second, by size and processes, and memory.

    python -m benchmarks.heads

A picture is posed, drawn, measured (labels, depth, flow) and photographed; a person is fitted and
painted once for every `--each` pictures. See README.md beside this file.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

from hyperreenact_core.whole_files import write_whole

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "LP_NUM_THREADS": "0"}


def main() -> None:
    args = _parser().parse_args()
    os.environ.update(ONE_THREAD)
    figures = [
        run(size, processes, args.pictures, args.each)
        for size in args.size
        for processes in args.processes
    ]
    memory = None if args.flat == 0 else run(args.size[0], 1, args.flat, args.each)["memory"]
    sys.stdout.write(report(figures, memory))
    if args.json is not None:
        text = json.dumps({"figures": figures, "memory": memory}, indent=1)
        write_whole(args.json, (text + "\n").encode())


def run(size: int, processes: int, pictures: int, each: int) -> dict[str, Any]:
    """Figures of so many processes that draw `pictures` each, all at once."""
    context = multiprocessing.get_context("spawn")
    ready, results = context.Barrier(processes), context.SimpleQueue()
    workers = [
        context.Process(target=_work, args=(size, pictures, each, number, ready, results))
        for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    found = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    stages = found[0]["stages"]
    return {
        "device": found[0]["device"],
        "size": size,
        "processes": processes,
        "pictures_a_second": sum(one["pictures_a_second"] for one in found),
        "people_a_second": sum(one["people_a_second"] for one in found),
        "ms": {name: 1000 * seconds / pictures for name, seconds in stages.items()},
        "memory": found[0]["memory"],
    }


def _work(size: int, pictures: int, each: int, number: int, ready: Any, results: Any) -> None:
    """Draw in this process; the clock starts when all processes have drawn a first person."""
    import numpy as np

    from hyperreenact_core.heads.assets import Assets
    from hyperreenact_core.heads.camera import Framing
    from hyperreenact_core.heads.figure import make_figure
    from hyperreenact_core.heads.people import sample_person
    from hyperreenact_core.heads.performance import sample_performance
    from hyperreenact_core.heads.picture import clip_of, develop, flow_between, sample_scene
    from hyperreenact_core.heads.shards import FINER
    from hyperreenact_core.heads.stage import Stage
    from hyperreenact_core.heads.wardrobe import Wardrobe

    wardrobe, stage = Wardrobe(Assets()), Stage(size, finer=FINER)
    stages = dict.fromkeys(("person", "scene and poses", "pictures", "flow"), 0.0)

    def lap(name: str, since: float) -> float:
        now = time.perf_counter()
        stages[name] += now - since
        return now

    def draw(seed: int) -> None:
        clock = time.perf_counter()
        rng = np.random.default_rng(seed)
        figure = make_figure(sample_person(seed, wardrobe), wardrobe)
        clock = lap("person", clock)
        scene = sample_scene(rng, figure, Framing())
        shots = clip_of(figure, [sample_performance(rng) for _ in range(each)], scene)
        clock = lap("scene and poses", clock)
        for first, second in zip(shots[::2], shots[1::2], strict=True):
            _, here = develop(stage, first, scene, rng, other=second)
            _, there = develop(stage, second, scene, rng, other=first)
            clock = lap("pictures", clock)
            flow_between(here, there)
            flow_between(there, here)
            clock = lap("flow", clock)

    # Every texture and mesh that is read once has been read after some people.
    for seed in range(24):
        make_figure(sample_person(seed, wardrobe), wardrobe)
    draw(1000 * number)
    stages.update(dict.fromkeys(stages, 0.0))
    ready.wait()
    before, begun = _megabytes(), time.perf_counter()
    for person in range(pictures // each):
        draw(1000 * number + person + 1)
    seconds = time.perf_counter() - begun
    results.put(
        {
            "device": stage.device,
            "pictures_a_second": pictures / seconds,
            "people_a_second": pictures / each / max(stages["person"], 1e-9),
            "stages": stages,
            "memory": [before, _megabytes()],
        }
    )


def _megabytes() -> float:
    """The most that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(figures: list[dict[str, Any]], memory: list[float] | None) -> str:
    """The figures as markdown."""
    names = list(figures[0]["ms"])
    lines = [
        f"Drawn by {figures[0]['device']}.",
        "",
        f"| px | processes | pictures a second | people a second | ms: {', '.join(names)} |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in figures:
        parts = ", ".join(f"{row['ms'][name]:.0f}" for name in names)
        lines.append(
            f"| {row['size']} | {row['processes']} | {row['pictures_a_second']:.1f} "
            f"| {row['people_a_second']:.1f} | {parts} |"
        )
    if memory is not None:
        lines += [
            "",
            f"Peak memory: {memory[0]:.0f} MB before, {memory[1]:.0f} MB after all pictures.",
        ]
    return "\n".join(lines) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, nargs="+", default=[256, 512], help="of the pictures")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--pictures", type=int, default=96, help="of every process")
    parser.add_argument("--each", type=int, default=8, help="pictures a person, an even number")
    parser.add_argument("--flat", type=int, default=500, help="pictures for the memory; 0: none")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    return parser


if __name__ == "__main__":
    main()
