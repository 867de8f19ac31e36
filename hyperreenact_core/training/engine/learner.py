"""One network being trained: its share of each batch, accumulation, clipping, moving average."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from math import inf

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from .compute import Compute, autocast
from .precision import Network
from .recipes import Recipe

LossesOfPart = Callable[[int, slice], Mapping[str, Tensor]]
"""(number of the part, its place in the whole batch) -> weighted losses, each a mean over it."""


class Shares:
    """Which rows of a step's whole batch this process works on, part by part.

    Every process draws the same whole batch (of indices, or of random codes) and takes its own
    rows, so that n processes see together what one would with n times the batch.
    """

    def __init__(self, recipe: Recipe, compute: Compute) -> None:
        self._size, self._parts = recipe.batch_size, recipe.accumulate
        self._rank, self._processes = compute.rank, compute.processes

    @property
    def total(self) -> int:
        """Rows of the whole batch."""
        return self._size * self._parts * self._processes

    def __iter__(self) -> Iterator[slice]:
        """The slices of this process."""
        for part in range(self._parts):
            first = (part * self._processes + self._rank) * self._size
            yield slice(first, first + self._size)


class Learner:
    """Updates one network from losses that are given part by part."""

    def __init__(
        self, network: nn.Module, optimiser: Optimizer, *, recipe: Recipe, compute: Compute
    ) -> None:
        self._recipe, self._compute = recipe, compute
        self.network, self.optimiser = network, optimiser
        self.model = compute.prepare(network)
        self._scaler = torch.amp.GradScaler(compute.device.type, enabled=recipe.precision == "fp16")

    def autocast(self) -> torch.autocast:
        """The recipe's number format on this process's device."""
        return autocast(self._compute.device, self._recipe.precision)

    def update(self, shares: Shares, losses_of: LossesOfPart) -> dict[str, Tensor]:
        """One step of the optimiser; returns the mean of each loss over this process's parts.

        `gradient`, the length before clipping, stands beside them (not in fp16, where a step may
        be left out because of it).
        """
        parts = list(shares)
        sums: dict[str, Tensor] = {}
        self.optimiser.zero_grad(set_to_none=True)
        for number, rows in enumerate(parts):
            with self._compute.gather(self.model, now=number + 1 == len(parts)):
                losses = losses_of(number, rows)
                total = torch.stack(list(losses.values())).sum() / len(parts)
                self._scaler.scale(total).backward()
            for key, value in losses.items():
                sums[key] = sums.get(key, 0) + value.detach() / len(parts)
        self._scaler.unscale_(self.optimiser)
        length = nn.utils.clip_grad_norm_(self.network.parameters(), self._recipe.clip_norm or inf)
        self._scaler.step(self.optimiser)
        self._scaler.update()
        return sums if self._scaler.is_enabled() else sums | {"gradient": length.detach()}


def frozen_copy(network: Network) -> Network:
    """A copy that is no longer trained, to become a moving average."""
    copy = deepcopy(network)
    copy.requires_grad_(requires_grad=False)
    return copy


def update_average(average: nn.Module, network: nn.Module, step: int, decay: float) -> None:
    """Exponential moving average of weights, quick at first; buffers are copied."""
    decay = min(decay, (step + 1) / (step + 20))
    with torch.no_grad():
        pairs = zip(average.parameters(), network.parameters(), strict=True)
        for mine, theirs in pairs:
            mine.lerp_(theirs, 1 - decay)
        for mine, theirs in zip(average.buffers(), network.buffers(), strict=True):
            mine.copy_(theirs)
