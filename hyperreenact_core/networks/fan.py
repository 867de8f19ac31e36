"""FAN: face crop -> one heat map a landmark, refined by a stack of hourglasses.

Source: Bulat & Tzimiropoulos, "How far are we from solving the 2D & 3D Face Alignment problem?"
(2017). Parameter names are those of the published file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .layers import check_image, initialise_convolutions


@dataclass(frozen=True)
class FANConfig:
    """Sizes of a landmark network; the defaults are the published FAN-4 for 68 points.

    stem_channels: width of the first convolution; twice that after the stem's first block.
    channels: width of everything after the stem.
    stacks: hourglasses in a row; depth: how often each one halves its map.
    """

    input_size: int = 256
    points: int = 68
    stem_channels: int = 64
    channels: int = 256
    stacks: int = 4
    depth: int = 4

    @property
    def map_size(self) -> int:
        """Side of the heat maps."""
        return self.input_size // 4

    def __post_init__(self) -> None:
        if self.input_size % (4 * 2**self.depth):
            raise ValueError(
                f"input_size {self.input_size} cannot be halved {self.depth + 2} times"
            )
        if self.stem_channels % 2 or self.channels % 4:
            raise ValueError("stem_channels must be even and channels divide by four")


class ConvBlock(nn.Module):
    """Three 3x3 convolutions of 1/2, 1/4 and 1/4 of the width, joined, around a shortcut."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        half, quarter = channels // 2, channels // 4
        self.bn1 = nn.BatchNorm2d(channels_in)
        self.conv1 = nn.Conv2d(channels_in, half, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(half)
        self.conv2 = nn.Conv2d(half, quarter, 3, 1, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(quarter)
        self.conv3 = nn.Conv2d(quarter, quarter, 3, 1, 1, bias=False)
        self.downsample: nn.Sequential | None = None
        if channels_in != channels:
            self.downsample = nn.Sequential(
                nn.BatchNorm2d(channels_in),
                nn.ReLU(),
                nn.Conv2d(channels_in, channels, 1, bias=False),
            )

    def forward(self, x: Tensor) -> Tensor:
        y1 = self.conv1(F.relu(self.bn1(x)))
        y2 = self.conv2(F.relu(self.bn2(y1)))
        y3 = self.conv3(F.relu(self.bn3(y2)))
        shortcut = x if self.downsample is None else self.downsample(x)
        return torch.cat([y1, y2, y3], dim=1) + shortcut


class Hourglass(nn.Module):
    """Halve a map `depth` times and enlarge it again, with a side path at every size."""

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        self.depth = depth
        for level in range(depth, 0, -1):
            self.add_module(f"b1_{level}", ConvBlock(channels, channels))
            self.add_module(f"b2_{level}", ConvBlock(channels, channels))
            if level == 1:
                self.add_module("b2_plus_1", ConvBlock(channels, channels))
            self.add_module(f"b3_{level}", ConvBlock(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        return self._level(self.depth, x)

    def _level(self, level: int, x: Tensor) -> Tensor:
        low = self.get_submodule(f"b2_{level}")(F.avg_pool2d(x, 2))
        low = self._level(level - 1, low) if level > 1 else self.get_submodule("b2_plus_1")(low)
        low = self.get_submodule(f"b3_{level}")(low)
        side = self.get_submodule(f"b1_{level}")(x)
        return side + F.interpolate(low, scale_factor=2, mode="nearest")


class FAN(nn.Module):
    """Face crop [B, 3, S, S] RGB in [0, 1] -> heat maps [B, points, S / 4, S / 4]."""

    def __init__(self, config: FANConfig) -> None:
        super().__init__()
        self.config = config
        stem, channels = config.stem_channels, config.channels
        self.conv1 = nn.Conv2d(3, stem, 7, 2, 3)
        self.bn1 = nn.BatchNorm2d(stem)
        self.conv2 = ConvBlock(stem, 2 * stem)
        self.conv3 = ConvBlock(2 * stem, 2 * stem)
        self.conv4 = ConvBlock(2 * stem, channels)
        for stack in range(config.stacks):
            self.add_module(f"m{stack}", Hourglass(channels, config.depth))
            self.add_module(f"top_m_{stack}", ConvBlock(channels, channels))
            self.add_module(f"conv_last{stack}", nn.Conv2d(channels, channels, 1))
            self.add_module(f"bn_end{stack}", nn.BatchNorm2d(channels))
            self.add_module(f"l{stack}", nn.Conv2d(channels, config.points, 1))
            if stack < config.stacks - 1:
                self.add_module(f"bl{stack}", nn.Conv2d(channels, channels, 1))
                self.add_module(f"al{stack}", nn.Conv2d(config.points, channels, 1))
        initialise_convolutions(self, negative_slope=0.0)

    def forward(self, face: Tensor) -> Tensor:
        *_, last = self.stages(face)
        return last

    def stages(self, face: Tensor) -> Iterator[Tensor]:
        """The heat maps after each hourglass, each better than the one before."""
        check_image(face, network="FAN", size=self.config.input_size)
        x = F.relu(self.bn1(self.conv1(face)))
        x = F.avg_pool2d(self.conv2(x), 2)
        x = self.conv4(self.conv3(x))  # [B, C, S / 4, S / 4]
        for stack in range(self.config.stacks):
            y = self._layer(f"top_m_{stack}")(self._layer(f"m{stack}")(x))
            y = F.relu(self._layer(f"bn_end{stack}")(self._layer(f"conv_last{stack}")(y)))
            heatmaps = self._layer(f"l{stack}")(y)
            yield heatmaps
            if stack < self.config.stacks - 1:
                x = x + self._layer(f"bl{stack}")(y) + self._layer(f"al{stack}")(heatmaps)

    def _layer(self, name: str) -> nn.Module:
        return self.get_submodule(name)
