"""Building blocks of StyleGAN2: equalised layers, modulated convolutions, toRGB.

A modulated convolution computes, for every sample b,
    weight_b = scale * W * (1 + delta_b) * style_b        (style over input channels)
    y_b = conv(x_b, weight_b / ||weight_b||)              (norm over all but output channels)
The style is applied to the input and the norm to the output, which is the same sum in another
order and lets samples without deltas share one convolution.
"""

from __future__ import annotations

from itertools import pairwise
from math import sqrt
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from .layers import fill_normal, normal

FIR = (1.0, 3.0, 3.0, 1.0)
"""Taps of StyleGAN2's resampling filter."""

_GROUPED_MAX_SIDE = 32
"""Up to this side one grouped convolution is faster than a loop over the samples."""


class PixelNorm(nn.Module):
    """Scale every z to unit mean square."""

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-8)


class EqualLinear(nn.Module):
    """Linear layer whose scale is applied at run time (equalised learning rate)."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        bias: float = 0.0,
        lr_multiplier: float = 1.0,
        activate: bool = False,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(out_features, in_features))
        fill_normal(self.weight, 1 / lr_multiplier)
        self.bias = nn.Parameter(torch.full((out_features,), bias / lr_multiplier))
        self.scale = lr_multiplier / sqrt(in_features)
        self.lr_multiplier = lr_multiplier
        self.activate = activate

    def forward(self, x: Tensor) -> Tensor:
        y = F.linear(x, self.weight * self.scale, self.bias * self.lr_multiplier)
        return F.leaky_relu(y, 0.2) * sqrt(2) if self.activate else y


class Standardise(nn.Module):
    """Centre and scale scene parameters by stored statistics; outliers end at 4 deviations."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("deviation", torch.ones(features))

    def forward(self, x: Tensor) -> Tensor:
        return ((x - self.mean) / self.deviation).clamp(-4, 4)


def mapping_network(
    *,
    z_dim: int,
    latent_dim: int,
    layers: int,
    lr_multiplier: float,
    input_kind: Literal["pixel_norm", "standardise"],
) -> nn.Sequential:
    """z -> w: input scaling, then `layers` equalised layers with leaky slope 0.2."""
    widths = [z_dim] + [latent_dim] * layers
    stack: list[nn.Module] = [PixelNorm() if input_kind == "pixel_norm" else Standardise(z_dim)]
    for width_in, width_out in pairwise(widths):
        stack.append(EqualLinear(width_in, width_out, lr_multiplier=lr_multiplier, activate=True))
    return nn.Sequential(*stack)


class FIRFilter(nn.Module):
    """Depthwise 4-tap filter, zero border; the kernel is stored as published files store it."""

    kernel: Tensor

    def __init__(self, *, gain: float, padding: tuple[int, int], up: int = 1) -> None:
        super().__init__()
        taps = np.array(FIR, np.float32)
        kernel = np.outer(taps, taps)
        self.register_buffer("kernel", torch.from_numpy(kernel / kernel.sum() * np.float32(gain)))
        self.padding = padding
        self.up = up

    def forward(self, x: Tensor) -> Tensor:
        channels = x.shape[1]
        kernel = self.kernel.to(x.dtype).flip(0, 1).expand(channels, 1, 4, 4)
        if self.up == 1:
            before, after = self.padding
            return F.conv2d(F.pad(x, (before, after, before, after)), kernel, groups=channels)
        # Zero insertion and filtering in one: the transposed convolution of the same kernel.
        return F.conv_transpose2d(x, kernel, stride=self.up, padding=1, groups=channels)


class ModulatedConv(nn.Module):
    """Convolution with a style per input channel and an optional delta per kernel (see above)."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        latent_dim: int,
        *,
        demodulate: bool = True,
        upsample: Literal["transposed", "bilinear"] | None = None,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(normal(1, out_channels, in_channels, kernel_size, kernel_size))
        self.modulation = EqualLinear(latent_dim, in_channels, bias=1.0)
        self.scale = 1 / sqrt(in_channels * kernel_size**2)
        self.demodulate = demodulate
        self.upsample = upsample
        self.padding = kernel_size // 2
        if upsample == "transposed":
            self.blur = FIRFilter(gain=4.0, padding=(1, 1))

    def forward(
        self, x: Tensor, w: Tensor, delta: Tensor | None = None, *, gain: float = 1.0
    ) -> Tensor:
        """x [B, I, H, W], w [B, D], delta [B, O, I] or None -> gain * [B, O, H', W'].

        Demodulated convolutions take the gain for free.
        """
        style = self.modulation(w).float()  # [B, I]
        weight = self.weight[0] * self.scale  # [O, I, k, k]
        x = x * style[:, :, None, None].to(x.dtype)
        if delta is None:
            y = self._convolve(x, weight.to(x.dtype))
        else:
            # In float32, as in the norm: next to one, half precision has no room for small deltas.
            factor = 1 + delta.float()[..., None, None]  # [B, O, I, 1, 1]
            y = self._convolve_each(x, (weight * factor).to(x.dtype))
        if self.demodulate:
            norm = self._norm(style, weight.float(), delta) * gain  # [B, O]
            y = y * norm[:, :, None, None].to(y.dtype)
        if self.upsample == "bilinear":
            y = F.interpolate(y, scale_factor=2.0, mode="bilinear", align_corners=False)
        elif self.upsample == "transposed":
            y = self.blur(y)
        return y

    def _convolve(self, x: Tensor, weight: Tensor, groups: int = 1) -> Tensor:
        """Plain or strided transposed convolution; weight [groups * O, I, k, k]."""
        if self.upsample != "transposed":
            return F.conv2d(x, weight, padding=self.padding, groups=groups)
        stacked = rearrange(weight, "(g o) i h w -> (g i) o h w", g=groups)
        return F.conv_transpose2d(x, stacked, stride=2, groups=groups)

    def _convolve_each(self, x: Tensor, weight: Tensor) -> Tensor:
        """Every sample with a kernel of its own; weight [B, O, I, k, k]."""
        batch, _, height, width = x.shape
        if height > _GROUPED_MAX_SIDE:
            return torch.cat([self._convolve(x[b : b + 1], weight[b]) for b in range(batch)])
        y = self._convolve(x.reshape(1, -1, height, width), weight.flatten(0, 1), groups=batch)
        return y.view(batch, -1, y.shape[-2], y.shape[-1])

    @staticmethod
    def _norm(style: Tensor, weight: Tensor, delta: Tensor | None) -> Tensor:
        """1 / ||weight * (1 + delta) * style|| per output channel: [B, O]."""
        energy = weight.square().sum((2, 3))  # [O, I]
        if delta is None:
            # Autocast would sum in half precision here, but not below.
            with torch.autocast(style.device.type, enabled=False):
                return torch.rsqrt(style.square() @ energy.t() + 1e-8)
        scaled = (1 + delta.float()) * style[:, None]  # [B, O, I]
        return torch.rsqrt((scaled.square() * energy).sum(2) + 1e-8)


class NoiseInjection(nn.Module):
    """Add a fixed noise plane, scaled by one learned strength and by a gain."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor, noise: Tensor, *, gain: float) -> Tensor:
        return x + (self.weight * noise * gain).to(x.dtype)


class BiasedLeakyReLU(nn.Module):
    """leaky_relu(x + gain * bias, 0.2)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, *, gain: float) -> Tensor:
        return F.leaky_relu(x + (self.bias * gain)[:, None, None].to(x.dtype), 0.2)


class ConstantInput(nn.Module):
    """The learned 4x4 map every image starts from."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.input = nn.Parameter(normal(1, channels, 4, 4))

    def forward(self, batch: int) -> Tensor:
        start = self.input.expand(batch, -1, -1, -1)
        if torch.is_autocast_enabled(start.device.type):
            start = start.to(torch.get_autocast_dtype(start.device.type))
        return start.contiguous(memory_format=torch.channels_last)


class StyledConv(nn.Module):
    """Modulated 3x3 convolution, noise, bias and leaky ReLU."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        latent_dim: int,
        *,
        noise: bool,
        upsample: Literal["transposed", "bilinear"] | None = None,
    ) -> None:
        super().__init__()
        self.conv = ModulatedConv(in_channels, out_channels, 3, latent_dim, upsample=upsample)
        self.noise = NoiseInjection() if noise else None
        self.activate = BiasedLeakyReLU(out_channels)

    def forward(self, x: Tensor, w: Tensor, delta: Tensor | None, noise: Tensor | None) -> Tensor:
        # The rectifier's gain of sqrt(2) is applied before it, where it costs no pass over x.
        x = self.conv(x, w, delta, gain=sqrt(2))
        if self.noise is not None and noise is not None:
            x = self.noise(x, noise, gain=sqrt(2))
        return self.activate(x, gain=sqrt(2))


class ToRGB(nn.Module):
    """1x1 modulated convolution to RGB, added to the enlarged image so far.

    With more than three output channels each pixel is drawn as a square of sub-pixels.
    """

    def __init__(
        self, in_channels: int, out_channels: int, latent_dim: int, *, upsample: bool
    ) -> None:
        super().__init__()
        self.conv = ModulatedConv(in_channels, out_channels, 1, latent_dim, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(1, out_channels, 1, 1))
        self.sub_pixels = int(sqrt(out_channels // 3))
        self.upsample = FIRUpsample() if upsample else None

    def forward(self, x: Tensor, w: Tensor, image: Tensor | None) -> Tensor:
        rgb = self.conv(x, w).float() + self.bias
        return laid_over(rgb, image, sub_pixels=self.sub_pixels, upsample=self.upsample)


def laid_over(
    rgb: Tensor, image: Tensor | None, *, sub_pixels: int, upsample: FIRUpsample | None
) -> Tensor:
    """What a toRGB layer draws [B, 3 * sub_pixels^2, H, W], added to the image so far."""
    if sub_pixels > 1:
        rgb = F.pixel_shuffle(rgb, sub_pixels)
    if image is None or upsample is None:
        return rgb
    skip: Tensor = image
    while skip.shape[-1] < rgb.shape[-1]:
        skip = upsample(skip)
    return rgb + skip


class FIRUpsample(FIRFilter):
    """Enlarge twice with the 4-tap filter, zero border."""

    def __init__(self) -> None:
        super().__init__(gain=4.0, padding=(2, 1), up=2)
