"""Improved residual network with squeeze-and-excitation: the body of ArcFace and e4e.

Source: Deng et al., "ArcFace" (2019), section 3.1, improved residual unit; Hu et al.,
"Squeeze-and-Excitation Networks" (2018). Parameter names are those of the published files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from .layers import initialise_convolutions

_PRELU_SLOPE = 0.25


@dataclass(frozen=True)
class IRSEConfig:
    """Sizes of a body; the defaults are the published 50-layer one with 24 units.

    stages: (width, units) each; the first unit of a stage halves the map.
    stem_stride: 2 halves the picture before the first stage, at a quarter of the cost.
    se_reduction: channels per hidden value of the squeeze-and-excitation gates.
    rectifier: "prelu" learns a slope a channel; "leaky_relu" keeps it fixed, which trains faster
        on a CPU.
    """

    stem_channels: int = 64
    stem_stride: int = 1
    stages: tuple[tuple[int, int], ...] = ((64, 3), (128, 4), (256, 14), (512, 3))
    se_reduction: int = 16
    rectifier: Literal["prelu", "leaky_relu"] = "prelu"

    @property
    def total_stride(self) -> int:
        """Side of the picture over side of the last map."""
        return self.stem_stride * 2 ** len(self.stages)

    @property
    def out_channels(self) -> int:
        """Width of the last stage."""
        return self.stages[-1][0]

    @property
    def stage_ends(self) -> tuple[int, ...]:
        """Number of the last unit of each stage, counted through the body."""
        ends, count = [], 0
        for _, units in self.stages:
            count += units
            ends.append(count - 1)
        return tuple(ends)


class SqueezeExcite(nn.Module):
    """Gate every channel by a small network that reads the channel means."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        hidden = max(1, channels // reduction)
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, hidden, 1, bias=False)
        self.relu = nn.ReLU()
        self.fc2 = nn.Conv2d(hidden, channels, 1, bias=False)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        gate = self.relu(self.fc1(self.avg_pool(x)))  # [B, hidden, 1, 1]
        return x * self.sigmoid(self.fc2(gate))


def _rectifier(config: IRSEConfig, channels: int) -> nn.Module:
    if config.rectifier == "prelu":
        return nn.PReLU(channels, init=_PRELU_SLOPE)
    return nn.LeakyReLU(_PRELU_SLOPE)


class ResidualUnit(nn.Module):
    """BN, conv, PReLU, conv, BN, gate; the second convolution strides."""

    def __init__(self, channels_in: int, channels: int, *, stride: int, config: IRSEConfig) -> None:
        super().__init__()
        self.shortcut_layer: nn.Module
        if channels_in == channels:
            # A 1x1 pool takes every stride-th pixel and has no parameters.
            self.shortcut_layer = nn.MaxPool2d(1, stride)
        else:
            self.shortcut_layer = nn.Sequential(
                nn.Conv2d(channels_in, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )
        self.res_layer = nn.Sequential(
            nn.BatchNorm2d(channels_in),
            nn.Conv2d(channels_in, channels, 3, 1, 1, bias=False),
            _rectifier(config, channels),
            nn.Conv2d(channels, channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(channels),
            SqueezeExcite(channels, config.se_reduction),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.res_layer(x) + self.shortcut_layer(x)


class IRSETrunk(nn.Module):
    """Stem and residual body; the networks that use it are subclasses and add their heads.

    They inherit rather than hold it because published files keep stem and body at the top level.
    """

    def __init__(self, config: IRSEConfig) -> None:
        super().__init__()
        width = config.stem_channels
        self.input_layer = nn.Sequential(
            nn.Conv2d(3, width, 3, config.stem_stride, 1, bias=False),
            nn.BatchNorm2d(width),
            _rectifier(config, width),
        )
        units: list[nn.Module] = []
        for channels, count in config.stages:
            for unit in range(count):
                stride = 2 if unit == 0 else 1
                units.append(ResidualUnit(width, channels, stride=stride, config=config))
                width = channels
        self.body = nn.Sequential(*units)
        self._stage_ends = config.stage_ends
        initialise_convolutions(self.input_layer, negative_slope=_PRELU_SLOPE)
        initialise_convolutions(self.body, negative_slope=_PRELU_SLOPE)

    def stage_maps(self, image: Tensor) -> list[Tensor]:
        """[B, 3, H, W] -> the map at the end of each stage, at 1/2, 1/4, 1/8 ... of the stem's."""
        x = self.input_layer(image)
        maps: list[Tensor] = []
        for index, unit in enumerate(self.body):
            x = unit(x)
            if index in self._stage_ends:
                maps.append(x)
        return maps
