"""The one place that says in which precision and memory order training computes."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import nn

from ...host import multiplies_in

Network = TypeVar("Network", bound=nn.Module)


def working_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the device multiplies in it, else float32."""
    return torch.bfloat16 if multiplies_in(device, torch.bfloat16) else torch.float32


def autocast(device: torch.device) -> torch.autocast:
    """The working precision; master weights, losses and optimisers stay in float32."""
    wanted = working_dtype(device) == torch.bfloat16
    return torch.autocast(device.type, torch.bfloat16, enabled=wanted)


def steady_norms(network: Network, *, momentum: float = 0.01) -> Network:
    """Let batch norms remember more than a small batch or two."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.momentum = momentum
    return network


def channels_last(network: Network) -> Network:
    """Store kernels in the order in which convolutions are fastest."""
    network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    return network
