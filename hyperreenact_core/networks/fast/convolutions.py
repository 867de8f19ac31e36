"""Convolutions of one frame, whose kernel is made anew for it: a source's kernel times a factor.

Which way is fastest depends on the size of the map, the number format and the device;
`convolution_for` chooses. All ways of enlarging a map give the same: for StyleGAN2's own layers
a transposed convolution of stride 2 and the 4-tap filter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from ..modulation import ModulatedConv

_SMALL_SIDE = 32
"""Up to this side, in pixels, `Scattered` enlarges fastest on a CPU."""


class Convolution(Protocol):
    """One way to convolve a map."""

    def lay_out(self, kernel: Tensor) -> Tensor:
        """A kernel [O, I, 3, 3] in the order of dimensions that the call wants."""
        ...

    def __call__(self, x: Tensor, kernel: Tensor, factor: Tensor, bias: Tensor) -> Tensor:
        """x [1, I, H, W], kernel as laid out, times factor [O, I], bias [O] -> [1, O, H', W']."""
        ...


def convolution_for(conv: ModulatedConv, *, side: int, dtype: torch.dtype) -> Convolution:
    """The fastest way for maps of that side, in pixels, where the layer's weights are."""
    if conv.upsample is None:
        return Plain()
    if conv.upsample == "bilinear":
        return Bilinear()
    fir: Tensor = conv.blur.kernel
    blur = fir.flip(0, 1).to(dtype).expand(conv.weight.shape[1], 1, 4, 4).contiguous()
    if fir.device.type != "cpu":
        return Transposed(blur)
    if side <= _SMALL_SIDE:
        return Scattered(blur)
    return Transposed(blur) if dtype == torch.float32 else Phases(blur)


@dataclass(frozen=True)
class Plain:
    """The map keeps its size."""

    def lay_out(self, kernel: Tensor) -> Tensor:
        return kernel.permute(0, 2, 3, 1)  # [O, 3, 3, I]

    def __call__(self, x: Tensor, kernel: Tensor, factor: Tensor, bias: Tensor) -> Tensor:
        made = (kernel * factor[:, None, None, :]).permute(0, 3, 1, 2)
        return F.conv2d(x, made, bias, padding=made.shape[-1] // 2)


@dataclass(frozen=True)
class Bilinear(Plain):
    """Convolve, then enlarge; the bias may come first because the weights add up to 1."""

    def __call__(self, x: Tensor, kernel: Tensor, factor: Tensor, bias: Tensor) -> Tensor:
        x = super().__call__(x, kernel, factor, bias)
        return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


@dataclass(frozen=True)
class Transposed:
    """A strided transposed convolution, then the filter `blur` [O, 1, 4, 4]."""

    blur: Tensor

    def lay_out(self, kernel: Tensor) -> Tensor:
        return kernel.permute(1, 2, 3, 0)  # [I, 3, 3, O]

    def __call__(self, x: Tensor, kernel: Tensor, factor: Tensor, bias: Tensor) -> Tensor:
        made = (kernel * factor.t().contiguous()[:, None, None, :]).permute(0, 3, 1, 2)
        x = F.conv_transpose2d(x, made, stride=2)  # [1, O, 2H + 1, 2W + 1]
        return F.conv2d(x, self.blur, bias, padding=1, groups=len(bias))


@dataclass(frozen=True)
class Scattered:
    """One matrix product for all taps, each then added where it belongs, and the filter `blur`.

    For small maps, where the kernel is larger than the map.
    """

    blur: Tensor

    def lay_out(self, kernel: Tensor) -> Tensor:
        return kernel.permute(2, 3, 0, 1)  # [3, 3, O, I]

    def __call__(self, x: Tensor, kernel: Tensor, factor: Tensor, bias: Tensor) -> Tensor:
        _, _, height, width = x.shape
        made = (kernel * factor).flatten(0, 2)
        taps = F.linear(x.permute(0, 2, 3, 1), made).unflatten(3, (3, 3, -1))  # [1, H, W, 3, 3, O]
        spread = x.new_zeros(1, 2 * height + 3, 2 * width + 3, len(bias))  # one pixel of border
        for row in range(3):
            rows = spread[:, 1 + row : 1 + row + 2 * height : 2]
            for column in range(3):
                rows[:, :, 1 + column : 1 + column + 2 * width : 2] += taps[:, :, :, row, column]
        return F.conv2d(spread.permute(0, 3, 1, 2), self.blur, bias, groups=len(bias))


@dataclass(frozen=True)
class Phases:
    """The four results around each input pixel as channels of one plain 2x2 convolution, filtered.

    The CPU's half precision convolutions are fast, but not the transposed ones. Along one axis,
    even results read two neighbours through taps 2 and 0, odd ones a single pixel through tap 1.
    `blur`: the filter, [O, 1, 4, 4].
    """

    blur: Tensor

    def lay_out(self, kernel: Tensor) -> Tensor:
        columns = _phases(kernel.permute(0, 2, 3, 1), dim=2)  # [2, O, 3, 2, I]
        return _phases(columns, dim=2)  # [2 of rows, 2 of columns, O, 2, 2, I]

    def __call__(self, x: Tensor, kernel: Tensor, factor: Tensor, bias: Tensor) -> Tensor:
        _, _, height, width = x.shape
        made = (kernel * factor[:, None, None, :]).flatten(0, 2).permute(0, 3, 1, 2)
        phases = F.conv2d(x, made, padding=1).permute(0, 2, 3, 1).unflatten(3, (2, 2, -1))
        # [1, H + 1, W + 1, 2, 2, O] -> [1, 2H + 2, 2W + 2, O], behind a row and a column of zeros
        spread = x.new_empty(1, 2 * height + 3, 2 * width + 3, len(bias))
        spread[:, 0], spread[:, :, 0] = 0, 0
        inner = spread[:, 1:, 1:].unflatten(1, (-1, 2)).unflatten(3, (-1, 2))
        inner.copy_(phases.transpose(2, 3))
        return F.conv2d(spread.permute(0, 3, 1, 2), self.blur, bias, groups=len(bias))


def _phases(kernel: Tensor, *, dim: int) -> Tensor:
    """Split three taps along `dim` into the two of even and of odd results: [2, ..., 2, ...]."""
    first, middle, last = kernel.unbind(dim)
    even = torch.stack([last, first], dim)
    odd = torch.stack([torch.zeros_like(middle), middle], dim)
    return torch.stack([even, odd])
