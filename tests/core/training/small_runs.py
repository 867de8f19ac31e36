"""Clips and runs small enough for a test, and processes that train on them."""

from __future__ import annotations

import csv
import multiprocessing
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch.optim.optimizer import register_optimizer_step_post_hook

from hyperreenact_core.face.align import CropRule
from hyperreenact_core.training.engine.compute import choose_compute
from hyperreenact_core.training.engine.recipes import ClipKind, Recipe
from hyperreenact_core.training.heads.run import StarterRun
from hyperreenact_core.training.runs.clip_run import ClipRun, ClipTraining, train_on_clips
from hyperreenact_core.training.stages.clip_e4e import ClipE4ETraining
from hyperreenact_core.training.stages.clip_generator import ClipGeneratorTraining
from hyperreenact_core.training.stages.clip_hypernetwork import ClipHypernetworkTraining
from tests.core.reenact.tiny import SIZE, face_points
from tests.core.training.prepared import clip_crops, write_crops

RECIPE = Recipe(steps=6, batch_size=4, learning_rate=1e-3)
TRAININGS: dict[ClipKind, ClipTraining] = {
    "generator": ClipGeneratorTraining(RECIPE, r1_every=2, path_weight=1.0, path_every=2),
    "e4e": ClipE4ETraining(RECIPE),
    "hypernetwork": ClipHypernetworkTraining(RECIPE, inversion_steps=2, self_steps=2),
}


def write_clips(
    folder: Path,
    *,
    people: int = 4,
    clips: int = 1,
    frames: int = 4,
    size: int = SIZE,
    scale: float = 0.85,
) -> Path:
    """Blobs of colour that keep their hue within a person and drift from frame to frame."""
    random = torch.Generator().manual_seed(0)
    count = people * clips * frames
    coarse = torch.rand(people, 3, 4, 4, generator=random)
    coarse = coarse.repeat_interleave(clips * frames, 0)
    coarse = coarse + 0.3 * torch.rand(count, 3, 4, 4, generator=random)
    smooth = F.interpolate(coarse, size=(size, size), mode="bicubic").clamp(0, 1)
    images = (smooth * 255).byte().permute(0, 2, 3, 1).contiguous().numpy()
    landmarks = face_points() * size + torch.rand(count, 1, 2, generator=random) * size / 16
    parts = zip(images.reshape(-1, frames, size, size, 3), landmarks.split(frames), strict=True)
    taken = [
        clip_crops(f"{n // clips}/{n % clips}", pictures, points.numpy())
        for n, (pictures, points) in enumerate(parts)
    ]
    return write_crops(folder, taken, CropRule(size=size, scale=scale))


def run_of(kind: ClipKind, data: Path, base: Path, out: Path, **changes: Any) -> ClipRun:
    """A run of six steps that saves every third one; `changes` are of the recipe."""
    training = TRAININGS[kind]
    return ClipRun(
        data=data,
        base=base,
        out=out,
        training=replace(training, recipe=replace(training.recipe, **changes)),
        validate_every=1,
        checkpoint_every=3,
    )


def killed(target: Callable[..., None], *args: Any) -> int | None:
    """Run a function of this module in a process; its exit code, -9 where it was killed."""
    process = start(target, *args)
    process.join()
    return process.exitcode


def start(target: Callable[..., None], *args: Any) -> BaseProcess:
    """A process without the history of this one: torch must not be forked once it has run."""
    context = multiprocessing.get_context("forkserver")
    # What every process would otherwise import anew, the compiler included: torch brings it in
    # with the first network that is built without memory.
    context.set_forkserver_preload(["torch._dynamo", "tests.core.training.two_processes"])
    process = context.Process(target=target, args=args)
    process.start()
    return process


def train_clips_until_killed(run: ClipRun, steps: int) -> None:
    """Train on clips; the process dies at once, as by kill -9, in the middle of the n-th step."""
    _die_in(steps)
    train_on_clips(run, choose_compute("cpu"))


def train_stage_until_killed(run: StarterRun, kind: Any, steps: int) -> None:
    """The same for a stage of the starter set."""
    _die_in(steps)
    run.train_stage(kind)


def _die_in(steps: int) -> None:
    """Right after the n-th update by whichever optimiser comes first in a step."""
    torch.set_num_threads(1)
    first, left = None, steps

    def count(optimiser: torch.optim.Optimizer, *_: Any) -> None:
        nonlocal first, left
        first = first or optimiser
        left -= optimiser is first
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    register_optimizer_step_post_hook(count)


def rows_of(path: Path) -> list[dict[str, str]]:
    """The log without the clock."""
    with path.open(newline="") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
