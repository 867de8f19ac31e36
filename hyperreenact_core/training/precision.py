"""The one place that says in which precision and memory order training computes."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def autocast(device: torch.device) -> torch.autocast:
    """bfloat16 where it pays; master weights, losses and optimisers stay in float32."""
    return torch.autocast(device.type, torch.bfloat16)


def channels_last(network: Network) -> Network:
    """Store kernels in the order in which convolutions are fastest."""
    network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    return network
