"""Where a training step is computed: on one device, or on several that share its gradients.

One device needs nothing but torch. With the extra `train` installed, accelerate is used, and
under `accelerate launch` every process draws its own share of each batch (see `learner`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from typing import Protocol

import torch
from torch import Tensor, nn

from ...choices import Precision
from ...errors import TrainingError
from ...host import DTYPES, find_device

INSTALL_HINT = "pip install 'hyperreenact[train]'"


class Compute(Protocol):
    """The devices of a run, as one of its processes sees them."""

    @property
    def device(self) -> torch.device:
        """Where this process computes."""
        ...

    @property
    def rank(self) -> int:
        """Number of this process, from 0; process 0 alone writes files."""
        ...

    @property
    def processes(self) -> int:
        """How many processes train together."""
        ...

    def prepare(self, network: nn.Module) -> nn.Module:
        """The network as training calls it: on the device, its gradients averaged over all.

        Its `forward` must be the way in; other methods of the network bypass the averaging.
        """
        ...

    def gather(self, network: nn.Module, *, now: bool) -> AbstractContextManager[None]:
        """Around a prepared network's forward and backward; not `now` keeps gradients local."""
        ...

    def mean(self, values: Mapping[str, Tensor]) -> dict[str, float]:
        """Single numbers, averaged over all processes."""
        ...

    def wait(self) -> None:
        """Until all processes have come here."""
        ...

    def close(self) -> None:
        """Part from the other processes."""
        ...


class OneDevice:
    """A process by itself."""

    rank, processes = 0, 1

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def prepare(self, network: nn.Module) -> nn.Module:
        return network.to(self.device)

    def gather(self, network: nn.Module, *, now: bool) -> AbstractContextManager[None]:
        return nullcontext()

    def mean(self, values: Mapping[str, Tensor]) -> dict[str, float]:
        return {key: float(value.detach()) for key, value in values.items()}

    def wait(self) -> None:
        pass

    def close(self) -> None:
        pass


def choose_compute(device: str = "auto") -> Compute:
    """The devices that `--device` and the launcher ask for.

    device: auto, cpu, cuda, or one device by number such as cuda:1.
    Raises InputError for a device that is not there, TrainingError where several processes were
    started but accelerate is not installed.
    """
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    installed = find_spec("accelerate") is not None
    if processes > 1 and not installed:
        raise TrainingError(
            f"{processes} processes were started, which needs accelerate: {INSTALL_HINT}"
        )
    if ":" in device and processes > 1:
        raise TrainingError(
            f"--device {device} names one device, but {processes} processes were started; "
            "leave it out and let the launcher give each its own"
        )
    found = find_device(device)
    if installed and ":" not in device:
        from .accelerated import Accelerated

        return Accelerated(cpu=device == "cpu")
    return OneDevice(found)


def choose_precision(precision: Precision | None, device: torch.device) -> Precision:
    """The number format asked for; by default bf16 on a GPU and fp32 elsewhere.

    TrainingError for fp16 without a GPU: its gradients vanish without loss scaling.
    """
    if precision == "fp16" and device.type != "cuda":
        raise TrainingError("--precision fp16 needs a GPU; use bf16 or fp32")
    return precision or ("bf16" if device.type == "cuda" else "fp32")


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """Networks called inside compute in `precision`; weights stay in float32."""
    return torch.autocast(device.type, DTYPES[precision], enabled=precision != "fp32")
