"""The one training loop: schedule, EMA, progress, log, sample grids, checkpoints, resume."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from PIL import Image
from torch import Tensor
from torch.optim import Optimizer
from tqdm import tqdm

from ...imaging import ImageU8
from ...locks import only_run
from ...whole_files import whole_file, write_errors
from ..engine.compute import Compute, OneDevice
from ..engine.log import TrainingLog, open_board
from .run_state import RunState, Stateful


@dataclass(frozen=True)
class LoopConfig:
    """How long and how often; all counts are optimiser steps.

    warm_up: steps over which the learning rate rises from zero.
    decay_from: fraction of the run after which the rate falls to zero along a cosine.
    validate_every, checkpoint_every: in steps; None goes by the seconds below.
    log_every: rows of the log between validations; None for none.
    board: show the log in TensorBoard too, where that is installed.
    """

    steps: int
    warm_up: int = 50
    decay_from: float = 0.6
    validate_seconds: float = 120.0
    checkpoint_seconds: float = 180.0
    validate_every: int | None = None
    checkpoint_every: int | None = None
    log_every: int | None = None
    board: bool = False
    seed: int = 0


class Stage(Stateful, Protocol):
    """One network (or group) to be trained; the loop below drives it."""

    def step(self, step: int, random: torch.Generator) -> Mapping[str, Tensor]:
        """One update; returns the losses to be logged."""
        ...

    def validate(self) -> tuple[Mapping[str, float], ImageU8 | None]:
        """Figures on held-out data and a grid to look at."""
        ...

    def finish(self) -> None:
        """Write the finished network files."""
        ...


def train(stage: Stage, *, out: Path, config: LoopConfig, compute: Compute | None = None) -> None:
    """Run a stage to its last step, resuming from `out` if a checkpoint lies there.

    Writes `<name>.ckpt` (resume), `<name>.csv` (log) and `<name>.png` (latest grid) into `out`;
    of several processes the first one does. Raises TrainingError when a loss stops being a
    number; the last good checkpoint is kept.
    """
    compute = compute or OneDevice(torch.device("cpu"))
    with write_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    with only_run(out, stage.name) if compute.rank == 0 else nullcontext():
        _train(stage, out, config, compute)


def _train(stage: Stage, out: Path, config: LoopConfig, compute: Compute) -> None:
    random = torch.Generator().manual_seed(config.seed)
    writes = compute.rank == 0
    state = RunState(stage, random, out, writes=writes)
    base_rates = {n: [g["lr"] for g in o.param_groups] for n, o in state.optimisers.items()}
    first, numbers = state.load()
    compute.wait()  # nobody may write a checkpoint that another has yet to read

    writer = _Writer(stage, state, out, config, first, numbers) if writes else None
    for step in range(first, config.steps):
        _set_rate(state.optimisers, base_rates, _rate_factor(step, config))
        losses = compute.mean(stage.step(step, random))
        state.check(losses, step)
        if writer is not None:
            writer.after(step + 1, losses)
    if writer is not None:
        writer.close()
        stage.finish()
    compute.wait()


class _Writer:
    """All that the first process does between steps: progress, log, samples, checkpoints."""

    def __init__(
        self,
        stage: Stage,
        state: RunState,
        out: Path,
        config: LoopConfig,
        first: int,
        numbers: Mapping[str, float],
    ) -> None:
        self._stage, self._state, self._out, self._config = stage, state, out, config
        board = open_board(out / "tensorboard" / stage.name, first=first) if config.board else None
        self._log = TrainingLog(
            out / f"{stage.name}.csv", first=first, numbers=numbers, board=board
        )
        self._validation = _Schedule(config.validate_every, config.validate_seconds)
        self._saving = _Schedule(config.checkpoint_every, config.checkpoint_seconds)
        self._bar = tqdm(
            total=config.steps, initial=first, desc=stage.name, unit="step", mininterval=5
        )

    def after(self, step: int, losses: Mapping[str, float]) -> None:
        """What is due once `step` steps have been made."""
        every, last = self._config.log_every, step == self._config.steps
        self._log.add(losses)
        self._bar.update()
        if last or self._validation.due(step):
            self._validate(step)
            self._validation.restart()
        elif every is not None and step % every == 0:
            self._log.write(step, {})
        if last or self._saving.due(step):
            self._state.save(step, self._log.numbers(), last=last)
            self._saving.restart()

    def _validate(self, step: int) -> None:
        figures, grid = self._stage.validate()
        self._log.write(step, figures, grid)
        self._bar.set_postfix({k: f"{v:.4g}" for k, v in figures.items()}, refresh=False)
        if grid is not None:
            with whole_file(self._out / f"{self._stage.name}.png") as part:
                Image.fromarray(grid).save(part)

    def close(self) -> None:
        self._bar.close()
        self._log.close()


class _Schedule:
    """Something that is due every so many steps or, without their number, every so many seconds."""

    def __init__(self, steps: int | None, seconds: float) -> None:
        self._steps, self._seconds = steps, seconds
        self.restart()

    def due(self, step: int) -> bool:
        """Whether to do it after `step` steps; counted from the first, wherever a run resumed."""
        if self._steps is not None:
            return step % self._steps == 0
        return time.monotonic() - self._last > self._seconds

    def restart(self) -> None:
        """Count the seconds from now."""
        self._last = time.monotonic()


def _rate_factor(step: int, config: LoopConfig) -> float:
    fraction = step / config.steps
    factor = min(1.0, (step + 1) / max(1, config.warm_up))
    if fraction > config.decay_from:
        into = (fraction - config.decay_from) / (1 - config.decay_from)
        factor *= 0.5 * (1 + math.cos(math.pi * into)) + 0.01
    return factor


def _set_rate(
    optimisers: Mapping[str, Optimizer], base: Mapping[str, list[float]], factor: float
) -> None:
    for name, optimiser in optimisers.items():
        for group, rate in zip(optimiser.param_groups, base[name], strict=True):
            group["lr"] = rate * factor
