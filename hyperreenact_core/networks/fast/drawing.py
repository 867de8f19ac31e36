"""Drawing many frames of one source: everything its codes alone decide is computed once.

A tuned convolution's kernel is W * scale * style * (1 + delta) / norm, with one delta a pair of
channels. `style_generator` multiplies the first three once per source and measures their length
over the taps, so that a frame costs one norm of [C_out, C_in] numbers and one product with the
kernel; delta is never repeated over the taps. Frames are drawn one after the other: each has
kernels of its own, so a batch would gain nothing, and no frame depends on its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor

from ...types import WeightDeltas
from ..modulation import FIRUpsample, StyledConv, ToRGB, laid_over
from ..stylegan2 import Generator
from .convolutions import Convolution, convolution_for

_GAIN = sqrt(2)
"""Of the rectifiers; applied to what goes in, where it costs no pass over the map."""


@dataclass(frozen=True)
class StyledConvolution:
    """A convolution with its kernel made for one source.

    kernel: W * scale * style, as `convolve` wants it laid out.
    magnitude: its length over the taps, [O, I] float32.
    bias: [O]. noise: [1, 1, H, W] or None. Both times the rectifier's gain.
    """

    kernel: Tensor
    magnitude: Tensor
    bias: Tensor
    noise: Tensor | None
    convolve: Convolution

    def __call__(self, x: Tensor, delta: Tensor | None) -> Tensor:
        """x [1, I, H, W], delta [O, I] or None -> [1, O, H', W']."""
        factor = self._factor(delta).to(self.kernel.dtype)  # [O, I]
        x = self.convolve(x, self.kernel, factor, self.bias)
        if self.noise is not None:
            x += self.noise
        return F.leaky_relu_(x, 0.2)

    def _factor(self, delta: Tensor | None) -> Tensor:
        """(1 + delta) / norm, times the rectifier's gain: [O, I] float32."""
        change = torch.ones_like(self.magnitude) if delta is None else 1 + delta.float()
        length = torch.linalg.vector_norm(change * self.magnitude, dim=1, keepdim=True)
        return change.mul_(_GAIN * torch.rsqrt(length.square() + 1e-8))


@dataclass(frozen=True)
class StyledToRGB:
    """A toRGB layer with its kernel [3, I, 1, 1] made for one source; bias [1, 3, 1, 1] float32."""

    kernel: Tensor
    bias: Tensor
    sub_pixels: int
    upsample: FIRUpsample | None

    def __call__(self, x: Tensor, image: Tensor | None) -> Tensor:
        """x [1, I, H, W] and the image so far -> the image, float32."""
        rgb = F.conv2d(x, self.kernel).float() + self.bias
        return laid_over(rgb, image, sub_pixels=self.sub_pixels, upsample=self.upsample)


@dataclass(frozen=True)
class StyledGenerator:
    """A generator made ready for one source.

    start: the map all frames begin with, [1, C, 4, 4]. layers: one a slot.
    """

    start: Tensor
    layers: tuple[StyledConvolution | StyledToRGB, ...]


def style_generator(generator: Generator, w_plus: Tensor, *, dtype: torch.dtype) -> StyledGenerator:
    """Compute what the codes of one source [1, n_latent, D] decide; images are drawn in `dtype`."""
    styles = generator.styles(w_plus.float())  # [1, I] each
    noises = iter(generator.noises.buffers())
    layers: list[StyledConvolution | StyledToRGB] = []
    side = generator.input.input.shape[-1]
    for layer, style in zip(generator.layers(), styles, strict=True):
        kernel = layer.conv.weight[0] * layer.conv.scale * style[0, None, :, None, None]
        if isinstance(layer, ToRGB):
            layers.append(_styled_to_rgb(layer, kernel, dtype))
        else:
            convolve = convolution_for(layer.conv, side=side, dtype=dtype)
            layers.append(_styled_convolution(layer, kernel, next(noises, None), convolve, dtype))
            side *= 1 if layer.conv.upsample is None else 2
    start = generator.input.input.to(dtype).contiguous(memory_format=torch.channels_last)
    return StyledGenerator(start=start, layers=tuple(layers))


def draw(styled: StyledGenerator, deltas: WeightDeltas | None, *, frames: int) -> Tensor:
    """One image a frame, [frames, 3, R, R] float32, about [-1, 1].

    deltas: one entry a slot, [frames, C_out, C_in] or None; None = the source as it is.
    """
    entries = deltas or (None,) * len(styled.layers)
    images = [
        _draw_one(styled, [None if delta is None else delta[frame] for delta in entries])
        for frame in range(frames)
    ]
    return torch.cat(images)


def _draw_one(styled: StyledGenerator, deltas: list[Tensor | None]) -> Tensor:
    x, image = styled.start, None
    for layer, delta in zip(styled.layers, deltas, strict=True):
        if isinstance(layer, StyledToRGB):
            image = layer(x, image)
        else:
            x = layer(x, delta)
    if image is None:
        raise ValueError("a generator without toRGB layers draws nothing")
    return image


def _styled_convolution(
    layer: StyledConv,
    kernel: Tensor,
    noise: Tensor | None,
    convolve: Convolution,
    dtype: torch.dtype,
) -> StyledConvolution:
    strength = None if layer.noise is None else layer.noise.weight
    return StyledConvolution(
        kernel=convolve.lay_out(kernel).to(dtype).contiguous(),
        magnitude=kernel.square().sum((2, 3)).sqrt(),
        bias=(layer.activate.bias * _GAIN).to(dtype),
        noise=None if noise is None or strength is None else (strength * noise * _GAIN).to(dtype),
        convolve=convolve,
    )


def _styled_to_rgb(layer: ToRGB, kernel: Tensor, dtype: torch.dtype) -> StyledToRGB:
    return StyledToRGB(
        kernel=kernel.to(dtype).contiguous(memory_format=torch.channels_last),
        bias=layer.bias,
        sub_pixels=layer.sub_pixels,
        upsample=layer.upsample,
    )
