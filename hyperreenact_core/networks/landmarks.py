"""Small landmark network: picture or crop -> 68 points and whether a face is there.

Every cell of a coarse grid votes for each point with a weight and an offset from its centre; the
point is the weighted mean of the votes. It moves with the picture like a heat map's maximum, has
no quantisation, and may lie outside the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .layers import check_image, fill_normal, initialise_convolutions


@dataclass(frozen=True)
class LandmarkConfig:
    """Sizes of a landmark network.

    widths: channels at 1/2, 1/4, 1/8, 1/16 ... of the picture; depths: residual blocks there.
    vote_level: the level whose cells vote; coarser levels are added to it on the way up.
    vote_width: channels of the map the votes are read from.
    """

    input_size: int = 128
    points: int = 68
    widths: tuple[int, ...] = (24, 40, 64, 96, 96)
    depths: tuple[int, ...] = (0, 1, 2, 2, 1)
    vote_level: int = 2
    vote_width: int = 64

    def __post_init__(self) -> None:
        levels = len(self.widths)
        if len(self.depths) != levels or not 0 <= self.vote_level < levels:
            raise ValueError("widths and depths must be of one length, vote_level below it")
        if self.input_size % 2**levels:
            raise ValueError(f"input_size {self.input_size} cannot be halved {levels} times")


@dataclass(frozen=True)
class LandmarkPrediction:
    """Points of one face a picture.

    points: [B, 68, 2] float32, x and y as fractions of the picture's side, iBUG order.
    score: [B] float32 logit that a face is there.
    """

    points: Tensor
    score: Tensor


class ConvBNReLU(nn.Sequential):
    """3x3 convolution, batch norm, rectifier."""

    def __init__(self, channels_in: int, channels: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        )


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions around the identity; starts as the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvBNReLU(channels, channels)
        self.conv = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        nn.init.zeros_(self.norm.weight)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.norm(self.conv(self.first(x))))


class LandmarkNet(nn.Module):
    """Picture [B, 3, S, S] RGB in [-1, 1] -> LandmarkPrediction."""

    centres: Tensor

    def __init__(self, config: LandmarkConfig) -> None:
        super().__init__()
        self.config = config
        self.levels = nn.ModuleList()
        channels = 3
        for width, depth in zip(config.widths, config.depths, strict=True):
            blocks = [ResidualBlock(width) for _ in range(depth)]
            self.levels.append(nn.Sequential(ConvBNReLU(channels, width, stride=2), *blocks))
            channels = width
        self.laterals = nn.ModuleList(
            nn.Conv2d(width, config.vote_width, 1) for width in config.widths[config.vote_level :]
        )
        self.merge = ConvBNReLU(config.vote_width, config.vote_width)
        self.votes = nn.Conv2d(config.vote_width, 3 * config.points, 1)
        self.score = nn.Linear(config.widths[-1], 1)
        grid = config.input_size // 2 ** (config.vote_level + 1)
        self.register_buffer("centres", _cell_centres(grid), persistent=False)
        initialise_convolutions(self, negative_slope=0.0)
        # Fresh votes: nearly even weights, no offset; every point starts in the middle.
        fill_normal(self.votes.weight, 0.01)

    def forward(self, picture: Tensor) -> LandmarkPrediction:
        check_image(picture, network="LandmarkNet", size=self.config.input_size)
        x = picture
        maps: list[Tensor] = []
        for level in self.levels:
            x = level(x)
            maps.append(x)
        merged = self._merge(maps[self.config.vote_level :])
        # Half precision would move the points by half a pixel.
        with torch.autocast(picture.device.type, enabled=False):
            dtype = self.votes.weight.dtype
            points = self._points(self.votes(merged.to(dtype)).float())
            score = self.score(x.to(dtype).mean((2, 3)))[:, 0].float()
        return LandmarkPrediction(points=points, score=score)

    def _merge(self, maps: list[Tensor]) -> Tensor:
        """Maps from the vote level to the coarsest -> [B, vote_width, grid, grid]."""
        merged: Tensor | None = None
        for lateral, level in zip(list(self.laterals)[::-1], maps[::-1], strict=True):
            projected = lateral(level)
            if merged is not None:
                projected = projected + F.interpolate(merged, scale_factor=2.0, mode="nearest")
            merged = projected
        return self.merge(merged)

    def _points(self, votes: Tensor) -> Tensor:
        """Votes [B, 3 * points, grid, grid] -> points [B, points, 2]."""
        grid = votes.shape[-1]
        votes = votes.flatten(2).unflatten(1, (3, self.config.points))  # [B, 3, points, cells]
        weights = votes[:, 0].softmax(-1)  # [B, points, cells]
        offsets = votes[:, 1:] / grid  # [B, 2, points, cells], learned in cells
        voted = self.centres[:, None] + offsets
        return (weights[:, None] * voted).sum(-1).transpose(1, 2)


def _cell_centres(grid: int) -> Tensor:
    """[2, grid * grid] x and y of the cell centres, as fractions of the side."""
    centres = (np.arange(grid, dtype=np.float32) + np.float32(0.5)) / np.float32(grid)
    y, x = np.meshgrid(centres, centres, indexing="ij")
    return torch.from_numpy(np.stack([x.ravel(), y.ravel()]))
