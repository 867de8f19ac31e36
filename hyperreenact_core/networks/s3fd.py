"""S3FD face detector: picture -> class logits and box offsets on six levels.

Source: Zhang et al., "S3FD: Single Shot Scale-invariant Face Detector" (2017). Parameter names are
those of the published file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .layers import initialise_convolutions, initialise_projection

_NORM_START = (10.0, 8.0, 5.0)
"""Fresh scales of the normalised maps, as the paper sets them."""
_BACKGROUNDS = 3
"""Background logits of the finest level, of which the largest counts."""


@dataclass(frozen=True)
class S3FDConfig:
    """Sizes of a detector; the defaults are the published one.

    widths, depths: channels and 3x3 convolutions of the five stages; a pool halves between them.
        The last three are levels 0 to 2.
    fc_width: channels of the two layers that stand for VGG's first fully connected ones, level 3.
    extra: (inner, outer) channels of the two blocks that halve further, levels 4 and 5.
    """

    widths: tuple[int, int, int, int, int] = (64, 128, 256, 512, 512)
    depths: tuple[int, int, int, int, int] = (2, 2, 3, 3, 3)
    fc_width: int = 1024
    extra: tuple[tuple[int, int], tuple[int, int]] = ((256, 512), (128, 256))


@dataclass(frozen=True)
class LevelMaps:
    """What the detector says on one level.

    logits: [B, 2, h, w], not a face and face.
    offsets: [B, 4, h, w], centre x and y, log width and height, relative to the prior box.
    """

    logits: Tensor
    offsets: Tensor


class ChannelNorm(nn.Module):
    """Scale every pixel's vector to unit length, then each channel by its own factor."""

    def __init__(self, channels: int, start: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), start))

    def forward(self, x: Tensor) -> Tensor:
        length = x.square().sum(1, keepdim=True).sqrt() + 1e-10
        return x / length * self.weight[:, None, None]


class S3FD(nn.Module):
    """Picture [B, 3, H, W] RGB in 0..255 (no mean removed) -> LevelMaps of six levels, fine first.

    Any size from 32 px. Level l has a stride of 4 * 2**l pixels.
    """

    def __init__(self, config: S3FDConfig) -> None:
        super().__init__()
        self.config = config
        width = 3
        for stage, (channels, depth) in enumerate(zip(config.widths, config.depths, strict=True)):
            for index in range(depth):
                self.add_module(_conv_name(stage, index), nn.Conv2d(width, channels, 3, 1, 1))
                width = channels
        # This padding enlarges the map: an eighth of its 256 px picture is 12 cells wide, not 8.
        self.fc6 = nn.Conv2d(width, config.fc_width, 3, 1, 3)
        self.fc7 = nn.Conv2d(config.fc_width, config.fc_width, 1)
        width = config.fc_width
        for block, (inner, outer) in enumerate(config.extra, start=6):
            self.add_module(f"conv{block}_1", nn.Conv2d(width, inner, 1))
            self.add_module(f"conv{block}_2", nn.Conv2d(inner, outer, 3, 2, 1))
            width = outer
        normed = zip(self._normed_names(), config.widths[2:], _NORM_START, strict=True)
        for name, channels, start in normed:
            self.add_module(name, ChannelNorm(channels, start))
        initialise_convolutions(self, negative_slope=0.0)
        widths = (*config.widths[2:], config.fc_width, *(outer for _, outer in config.extra))
        for level, (name, channels) in enumerate(zip(self._level_names(), widths, strict=True)):
            classes = _BACKGROUNDS + 1 if level == 0 else 2
            for suffix, outputs in (("conf", classes), ("loc", 4)):
                head = nn.Conv2d(channels, outputs, 3, 1, 1)
                initialise_projection(head)
                self.add_module(f"{name}_mbox_{suffix}", head)

    def forward(self, picture: Tensor) -> tuple[LevelMaps, ...]:
        return tuple(
            self._read_level(name, x)
            for name, x in zip(self._level_names(), self._level_maps(picture), strict=True)
        )

    def _level_maps(self, picture: Tensor) -> Iterator[Tensor]:
        """The maps the heads read, fine to coarse."""
        x = picture
        for stage, depth in enumerate(self.config.depths):
            for index in range(depth):
                x = F.relu(self._layer(_conv_name(stage, index))(x))
            if stage >= 2:
                yield self._layer(f"{_conv_name(stage, depth - 1)}_norm")(x)
            x = F.max_pool2d(x, 2)
        x = F.relu(self.fc7(F.relu(self.fc6(x))))
        yield x
        for block in (6, 7):
            x = F.relu(self._layer(f"conv{block}_1")(x))
            x = F.relu(self._layer(f"conv{block}_2")(x))
            yield x

    def _read_level(self, name: str, x: Tensor) -> LevelMaps:
        logits = self._layer(f"{name}_mbox_conf")(x)
        background, face = logits[:, :-1], logits[:, -1:]
        logits = torch.cat([background.amax(1, keepdim=True), face], dim=1)
        return LevelMaps(logits=logits, offsets=self._layer(f"{name}_mbox_loc")(x))

    def _normed_names(self) -> tuple[str, ...]:
        return tuple(f"{_conv_name(s, self.config.depths[s] - 1)}_norm" for s in (2, 3, 4))

    def _level_names(self) -> Iterator[str]:
        return chain(self._normed_names(), ("fc7", "conv6_2", "conv7_2"))

    def _layer(self, name: str) -> nn.Module:
        return self.get_submodule(name)


def _conv_name(stage: int, index: int) -> str:
    return f"conv{stage + 1}_{index + 1}"
