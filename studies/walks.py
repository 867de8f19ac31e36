"""The rooms that four values pass in a checkout, and how often they climb back up.

python -m studies.walks CHECKOUT [--climbs]: the checkout may be an older one; what it is asked to
draw and to train on are the samples of this one.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from .traced import Tracer, Tree, is_picture

SAMPLES = Path(__file__).resolve().parents[1] / "workflows" / "samples"
SOURCE, CLIP = SAMPLES / "redbeard.png", SAMPLES / "talk.mp4"

Work = Callable[[], Any]
Told = Callable[[Any], bool]


def part(name: str) -> Any:
    """A module of the checkout that is walked through."""
    return importlib.import_module(name)


def command(*line: str | Path) -> None:
    """`hyperreenact` with these arguments, in this process."""
    if part("hyperreenact_core.cli.main").main([str(word) for word in line]):
        raise RuntimeError(f"hyperreenact {line[0]} came to nothing")


def named(path: Path) -> Told:
    """Whether a value is this path."""
    return lambda value: isinstance(value, str | Path) and Path(value) == path


def sized(height: int, width: int) -> Told:
    """Whether a value is a picture of this size, or several."""

    def told(value: Any) -> bool:
        shape = tuple(value.shape) if is_picture(value) else ()
        return (height, width) in (shape[:2], shape[1:3], shape[-2:])

    return told


def reenacting(folder: Path) -> Work:
    return lambda: command(
        "reenact", SOURCE, CLIP, "--frames", "3", "--paste-back", "-o", folder / "drawn"
    )


def training(folder: Path) -> Work:
    """A step on clips; makes the shards first."""
    for person in ("one", "two", "three", "four"):
        (folder / "people" / person).mkdir(parents=True)
        shutil.copy(CLIP, folder / "people" / person)
    few = ["--max-frames", "6", "--min-frames", "2", "--every", "10", "--min-sharpness", "0"]
    command("data", "prepare", folder / "people", "-o", folder / "shards", *few, "--workers", "0")
    brief = ["--steps", "1", "--batch-size", "2", "--held-out", "2"]
    return lambda: command(
        "train", "e4e", "--data", folder / "shards", "-o", folder / "run", *brief
    )


def node(folder: Path, source: torch.Tensor) -> Work:
    """Reenact Video in a host that is none."""
    imported, runner, host = (part(f"tests.nodes.{n}") for n in ("imported", "runner", "fake_host"))

    def work() -> None:
        with imported.imported(folder) as pack, torch.inference_mode():
            run = runner.Runner(pack)
            given = {**runner.ALL_IN_ONE, "models": run.models(), "source": source, "detail": 1.0}
            run("ReenactVideo", driving=host.FakeVideo(str(CLIP), duration=0.1), **given)

    return work


def walks(root: Path) -> Iterator[tuple[str, Tracer]]:
    """What each of the four values passes in a checkout, which is imported."""
    sys.path.insert(0, str(root.resolve()))
    tree = Tree(root)
    frame = part("hyperreenact_core.video.reader").open_frames(CLIP)
    source = torch.from_numpy(part("hyperreenact_core.video.pictures").read_image(SOURCE))[None]
    source = source / 255
    with TemporaryDirectory() as kept:
        folder = Path(kept)
        followed: list[tuple[str, Told, Work]] = [
            ("a driving frame", sized(frame.height, frame.width), reenacting(folder / "first")),
            ("SOURCE of reenact", named(SOURCE), reenacting(folder / "second")),
            ("source of Reenact Video", lambda value: value is source, node(folder / "h", source)),
            ("--data of train", named(folder / "shards"), training(folder)),
        ]
        for name, told, work in followed:
            tracer = Tracer(tree, told)
            tracer.run(work)
            yield name, tracer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--climbs", action="store_true", help="name every call that climbs")
    wanted = parser.parse_args()
    lines = ["| walk | rooms | modules | calls | climbs |", "| --- | --- | --- | --- | --- |"]
    for name, tracer in walks(wanted.checkout):
        climbs, modules = tracer.climbs(), {call.called for call in tracer.calls}
        rooms = {module.rpartition(".")[0] for module in modules}
        counts = (len(rooms), len(modules), len(tracer.calls), len(climbs))
        lines.append(f"| {name} | {' | '.join(map(str, counts))} |")
        lines += [f"  {call}" for call in climbs if wanted.climbs]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
