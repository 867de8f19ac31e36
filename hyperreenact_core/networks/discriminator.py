"""StyleGAN2-style residual discriminator, conditioned on scene parameters by projection.

Only training uses it; it is never part of a model set.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .layers import normal
from .modulation import EqualLinear


@dataclass(frozen=True)
class DiscriminatorConfig:
    """channels: widths from the full (folded) resolution down to 4 px.

    fold: the image is folded into fold x fold sub-pixels first, which quarters the cost.
    condition_dim: length of the scene parameters, 0 for none.
    """

    resolution: int
    channels: tuple[int, ...]
    fold: int = 1
    condition_dim: int = 0

    def __post_init__(self) -> None:
        side = 4 * 2 ** (len(self.channels) - 1) * self.fold
        if side != self.resolution:
            raise ValueError(f"{len(self.channels)} widths fit {side} px, not {self.resolution}")


class EqualConv(nn.Module):
    """Convolution with run-time scale; optional 2x averaging before, leaky ReLU after."""

    def __init__(
        self, wide: int, narrow: int, kernel: int, *, down: bool = False, activate: bool = True
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(normal(narrow, wide, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(narrow))
        self.scale = 1 / sqrt(wide * kernel**2)
        self.down, self.activate, self.padding = down, activate, kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        if self.down:
            x = F.avg_pool2d(x, 2)
        x = F.conv2d(x, self.weight * self.scale, self.bias, padding=self.padding)
        return F.leaky_relu(x, 0.2) * sqrt(2) if self.activate else x


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a 1x1 one, halving the side."""

    def __init__(self, wide: int, narrow: int) -> None:
        super().__init__()
        self.first = EqualConv(wide, wide, 3)
        self.second = EqualConv(wide, narrow, 3, down=True)
        self.skip = EqualConv(wide, narrow, 1, down=True, activate=False)

    def forward(self, x: Tensor) -> Tensor:
        return (self.second(self.first(x)) + self.skip(x)) * (1 / sqrt(2))


class Discriminator(nn.Module):
    """Image [B, 3, R, R] (and scene parameters [B, P]) -> logits [B]."""

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        first, last = config.channels[0], config.channels[-1]
        self.stem = EqualConv(3 * config.fold**2, first, 1)
        pairs = zip(config.channels, config.channels[1:], strict=False)
        self.blocks = nn.Sequential(*(ResidualBlock(wide, narrow) for wide, narrow in pairs))
        self.final = EqualConv(last + 1, last, 3)
        self.hidden = EqualLinear(last * 16, 256, activate=True)
        self.output = EqualLinear(256, 1)
        dim = config.condition_dim
        self.project = EqualLinear(dim, 256) if dim else None

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        x = F.pixel_unshuffle(image, self.config.fold) if self.config.fold > 1 else image
        x = self.blocks(self.stem(x.contiguous(memory_format=torch.channels_last)))
        spread = _batch_deviation(x).expand(x.shape[0], 1, *x.shape[2:])
        hidden = self.hidden(self.final(torch.cat([x, spread], 1)).flatten(1))  # [B, 256]
        logits = self.output(hidden)[:, 0]
        if self.project is not None and condition is not None:
            logits = logits + (hidden * self.project(condition)).sum(1) / 16
        return logits


def _batch_deviation(x: Tensor) -> Tensor:
    """Mean standard deviation over the batch, [1, 1, 1, 1]: betrays too uniform batches."""
    deviation = x.float().var(0, unbiased=False).add(1e-8).sqrt().mean()
    return deviation.to(x.dtype).view(1, 1, 1, 1)
