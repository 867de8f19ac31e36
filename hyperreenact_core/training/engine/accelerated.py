"""`Compute` by way of accelerate: one process per device, gradients averaged by torch's DDP.

Only imported where accelerate is installed. Nothing here asks a network but the one that joins
the processes: no tracker, hub or telemetry call of accelerate is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import cast

import torch
from accelerate import Accelerator
from torch import Tensor, nn


class Accelerated:
    """The processes that `accelerate launch` (or torchrun) has started; one, if it was neither."""

    def __init__(self, *, cpu: bool = False) -> None:
        # Precision is ours (`compute.autocast`): accelerate keeps one per program, not per run.
        self._accelerator = Accelerator(cpu=cpu, mixed_precision="no")

    @property
    def device(self) -> torch.device:
        return self._accelerator.device

    @property
    def rank(self) -> int:
        return self._accelerator.process_index

    @property
    def processes(self) -> int:
        return self._accelerator.num_processes

    def prepare(self, network: nn.Module) -> nn.Module:
        return self._accelerator.prepare_model(network)

    def gather(self, network: nn.Module, *, now: bool) -> AbstractContextManager[None]:
        return nullcontext() if now else self._accelerator.no_sync(network)

    def mean(self, values: Mapping[str, Tensor]) -> dict[str, float]:
        stacked = torch.stack([v.detach().to(self.device, torch.float32) for v in values.values()])
        if self.processes > 1:
            # Typed as whatever it may be given; of a tensor it makes a tensor.
            stacked = cast("Tensor", self._accelerator.reduce(stacked, reduction="mean"))
        return dict(zip(values, stacked.tolist(), strict=True))

    def wait(self) -> None:
        self._accelerator.wait_for_everyone()

    def close(self) -> None:
        self._accelerator.end_training()
