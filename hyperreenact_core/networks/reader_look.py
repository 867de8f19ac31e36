"""The second look: a small network on a square of the picture round an eye or the mouth."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .efficientnet_lite import Bottleneck, ConvNorm
from .layers import initialise_projection
from .reader_votes import Votes


@dataclass(frozen=True)
class LookConfig:
    """Sizes of a second look.

    near, far: channels at 1/4 and 1/8 of the square. context: values of what the first look knows.
    code: values that coefficients are read from.
    """

    near: int = 40
    far: int = 64
    context: int = 64
    code: int = 96


@dataclass(frozen=True)
class Look:
    """What a square shows.

    points: [B, N, 2], the square's sides run from -1 to 1. log_spread: [B, N] of the same units.
    coefficients: [B, columns], to be added to the first look's. directions: [B, 3 * D].
    """

    points: Tensor
    log_spread: Tensor
    coefficients: Tensor
    directions: Tensor


class SecondLook(nn.Module):
    """Map [B, C, S / 4, S / 4] of a square of side S = 64, context [B, context] -> Look."""

    def __init__(
        self, config: LookConfig, channels: int, *, points: int, columns: int, directions: int = 0
    ) -> None:
        super().__init__()
        self.columns = columns
        near, far = config.near, config.far
        self.near = Bottleneck(channels, near, kernel=3, stride=1, expansion=4)
        self.down = Bottleneck(near, far, kernel=3, stride=2, expansion=4)
        self.told = nn.Linear(config.context, far)
        self.far = nn.Sequential(
            *(Bottleneck(far, far, kernel=3, stride=1, expansion=4) for _ in range(2))
        )
        self.up = ConvNorm(far, near, linear=True)
        self.merge = Bottleneck(near, near, kernel=3, stride=1, expansion=2)
        self.votes = Votes(near, points)
        self.reduce = ConvNorm(far, 16)
        self.code = nn.Linear(16 * 64 + 2 * points + config.context, config.code)
        self.out = nn.Linear(config.code, points + columns + directions)
        initialise_projection(self.out, gain=0.1)
        with torch.no_grad():
            self.out.bias[:points] = -2.0

    def forward(self, feature_map: Tensor, context: Tensor) -> Look:
        near = self.near(feature_map)
        far = self.far(self.down(near) + self.told(context)[:, :, None, None])
        near = self.merge(near + F.interpolate(self.up(far), scale_factor=2.0))
        points = self.votes(near)
        shape = (points - points.mean(1, keepdim=True)).detach().flatten(1)
        seen = self.reduce(far).flatten(1)
        code = F.relu(self.code(torch.cat([seen, shape, context], 1)))
        rest = points.shape[1], self.columns
        spread, coefficients, directions = self.out(code).tensor_split((rest[0], sum(rest)), 1)
        return Look(points, spread, coefficients, directions)
