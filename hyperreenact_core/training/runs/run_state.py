"""The state of a run on disk: where it resumes, and which checkpoint is known to be good."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import torch
from torch import nn
from torch.optim import Optimizer

from ...errors import TrainingError
from ...whole_files import put_in_place, write_errors
from ..engine.checkpoint import load_checkpoint, save_checkpoint, stored_numbers


class Stateful(Protocol):
    """What has state: a stage of the training."""

    @property
    def name(self) -> str:
        """Stem of the files the stage writes."""
        ...

    def networks(self) -> Mapping[str, nn.Module]:
        """Everything with state that a resumed run needs."""
        ...

    def optimisers(self) -> Mapping[str, Optimizer]: ...


class RunState:
    """Loads and saves `<folder>/<name>.ckpt`.

    A new checkpoint replaces the one before it only when a further step has come to finite losses:
    otherwise a run that has just burst would leave burst weights as its last good state.

    writes: whether this process is the one that writes files.
    """

    def __init__(
        self, stage: Stateful, random: torch.Generator, folder: Path, *, writes: bool
    ) -> None:
        self._writes = writes
        self._name, self._random = stage.name, random
        self._networks, self.optimisers = stage.networks(), stage.optimisers()
        self._path = folder / f"{stage.name}.ckpt"
        self._unproven = folder / f".{stage.name}.ckpt.new"

    def load(self) -> tuple[int, dict[str, float]]:
        """Restore the last checkpoint: (step to go on from, its numbers); (0, {}) if none.

        TrainingError where it is damaged or belongs to other networks.
        """
        # One that a kill left unproven is newer, and nothing speaks against it.
        path = self._unproven if self._unproven.exists() else self._path
        if not path.exists():
            return 0, {}
        step = load_checkpoint(
            path, networks=self._networks, optimisers=self.optimisers, random=self._random
        )
        return step, stored_numbers(path)

    def check(self, losses: Mapping[str, float], step: int) -> None:
        """Raise TrainingError if a loss is not a number; otherwise the last save was good."""
        if not all(math.isfinite(value) for value in losses.values()):
            if self._writes:
                with write_errors(self._unproven):
                    self._unproven.unlink(missing_ok=True)
            shown = ", ".join(f"{key} {value:.4g}" for key, value in losses.items())
            raise self._burst(f"loss is not a number at step {step} ({shown})")
        if self._writes and self._unproven.exists():
            self._prove()

    def save(self, step: int, numbers: Mapping[str, float], *, last: bool) -> None:
        """Write a checkpoint; `last`: no further step will prove it good.

        TrainingError if a weight is not a number.
        """
        for name, network in self._networks.items():
            for key, weight in network.state_dict().items():
                if weight.is_floating_point() and not bool(weight.isfinite().all()):
                    raise self._burst(f"{name}.{key} is not a number after step {step}")
        save_checkpoint(
            self._unproven,
            step=step,
            networks=self._networks,
            optimisers=self.optimisers,
            random=self._random,
            numbers=numbers,
        )
        if last:
            self._prove()

    def _prove(self) -> None:
        put_in_place(self._unproven, self._path)

    def _burst(self, what: str) -> TrainingError:
        kept = f"the last good state is {self._path}" if self._path.exists() else "nothing is kept"
        return TrainingError(f"{self._name}: {what}; {kept}: lower the learning rate and resume")
