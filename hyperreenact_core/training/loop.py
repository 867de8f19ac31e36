"""The one training loop: schedule, EMA, progress, CSV log, sample grids, checkpoints, resume."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from PIL import Image
from torch import Tensor, nn
from torch.optim import Optimizer
from tqdm import tqdm

from ..errors import TrainingError
from ..imaging import ImageU8
from .checkpoint import load_checkpoint, save_checkpoint


@dataclass(frozen=True)
class LoopConfig:
    """How long and how often; all counts are optimiser steps.

    warm_up: steps over which the learning rate rises from zero.
    decay_from: fraction of the run after which the rate falls to zero along a cosine.
    """

    steps: int
    warm_up: int = 50
    decay_from: float = 0.6
    validate_seconds: float = 120.0
    checkpoint_seconds: float = 180.0
    seed: int = 0


class Stage(Protocol):
    """One network (or group) to be trained; the loop below drives it."""

    @property
    def name(self) -> str:
        """Stem of the files the stage writes."""
        ...

    def networks(self) -> Mapping[str, nn.Module]:
        """Everything with state that a resumed run needs."""
        ...

    def optimisers(self) -> Mapping[str, Optimizer]: ...

    def step(self, step: int, random: torch.Generator) -> Mapping[str, Tensor]:
        """One update; returns the losses to be logged."""
        ...

    def validate(self) -> tuple[Mapping[str, float], ImageU8 | None]:
        """Figures on held-out data and a grid to look at."""
        ...

    def finish(self) -> None:
        """Write the finished network files."""
        ...


def train(stage: Stage, *, out: Path, config: LoopConfig) -> None:
    """Run a stage to its last step, resuming from `out` if a checkpoint lies there.

    Writes `<name>.ckpt` (resume), `<name>.csv` (log) and `<name>.png` (latest grid) into `out`.
    Raises TrainingError when a loss stops being a number; the last checkpoint is kept.
    """
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / f"{stage.name}.ckpt"
    random = torch.Generator().manual_seed(config.seed)
    networks, optimisers = stage.networks(), stage.optimisers()
    base_rates = {n: [g["lr"] for g in o.param_groups] for n, o in optimisers.items()}
    first = 0
    if checkpoint.exists():
        first = load_checkpoint(checkpoint, networks=networks, optimisers=optimisers, random=random)

    def save(step: int) -> None:
        save_checkpoint(
            checkpoint, step=step, networks=networks, optimisers=optimisers, random=random
        )

    log = _Log(out / f"{stage.name}.csv")
    last_save = last_check = time.monotonic()
    bar = tqdm(total=config.steps, initial=first, desc=stage.name, unit="step", mininterval=5)
    for step in range(first, config.steps):
        _set_rate(optimisers, base_rates, _rate_factor(step, config))
        losses = {key: float(value.detach()) for key, value in stage.step(step, random).items()}
        if not all(math.isfinite(value) for value in losses.values()):
            raise TrainingError(
                f"{stage.name}: loss is not a number at step {step} ({losses}); "
                f"the last good state is {checkpoint}: lower the learning rate and resume"
            )
        log.add(losses)
        bar.update()
        now = time.monotonic()
        done = step + 1 == config.steps
        if done or now - last_check > config.validate_seconds:
            figures, grid = stage.validate()
            log.write(step + 1, figures)
            bar.set_postfix({k: f"{v:.4g}" for k, v in figures.items()}, refresh=False)
            if grid is not None:
                Image.fromarray(grid).save(out / f"{stage.name}.png")
            last_check = time.monotonic()
        if done or now - last_save > config.checkpoint_seconds:
            save(step + 1)
            last_save = time.monotonic()
    bar.close()
    stage.finish()


def update_average(average: nn.Module, network: nn.Module, step: int, decay: float) -> None:
    """Exponential moving average of weights, quick at first; buffers are copied."""
    decay = min(decay, (step + 1) / (step + 20))
    with torch.no_grad():
        pairs = zip(average.parameters(), network.parameters(), strict=True)
        for mine, theirs in pairs:
            mine.lerp_(theirs, 1 - decay)
        for mine, theirs in zip(average.buffers(), network.buffers(), strict=True):
            mine.copy_(theirs)


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


class _Log:
    """CSV of mean losses since the last row, beside the validation figures."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sums: dict[str, float] = {}
        self._counts: dict[str, int] = {}
        self._start = time.monotonic()

    def add(self, losses: Mapping[str, float]) -> None:
        for key, value in losses.items():
            self._sums[key] = self._sums.get(key, 0.0) + value
            self._counts[key] = self._counts.get(key, 0) + 1

    def write(self, step: int, figures: Mapping[str, float]) -> None:
        row: dict[str, float] = {"step": step, "seconds": round(time.monotonic() - self._start, 1)}
        row |= {key: round(value / self._counts[key], 6) for key, value in self._sums.items()}
        row |= {f"held_out_{key}": round(value, 6) for key, value in figures.items()}
        rows = [*self._rows(), {key: str(value) for key, value in row.items()}]
        # Losses come and go with the phases, so the header is the union of all rows.
        columns = list(dict.fromkeys(key for row in rows for key in row))
        with self._path.open("w", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
        self._sums.clear()
        self._counts.clear()

    def _rows(self) -> list[dict[str, str]]:
        if not self._path.exists():
            return []
        with self._path.open(newline="") as file:
            return list(csv.DictReader(file))
