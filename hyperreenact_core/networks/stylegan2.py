"""StyleGAN2 generator whose convolutions take optional per-sample weight deltas.

Layer numbers ("slots") count the modulated convolutions in order of execution, toRGB included:
0 is the first convolution, 1 its toRGB, then an (up, plain, toRGB) triple for every block from 2.
Parameter names are those of the widely used checkpoint layout, so published files load as they are.

Source: Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020); weight
deltas as in HyperReenact (2023), section 3.2: weight * (1 + delta), before modulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..types import WeightDeltas
from .layers import normal
from .modulation import ConstantInput, EqualLinear, Standardise, StyledConv, ToRGB, mapping_network


@dataclass(frozen=True)
class StyleGAN2Config:
    """Shape of a generator; the defaults are the published 256 px model.

    channels: widths of the blocks at 4, 8, 16 ... px.
    upsample: "transposed" is StyleGAN2's strided transposed convolution and 4-tap filter,
        "bilinear" convolves before enlarging, which costs a quarter.
    output_shuffle: the last toRGB draws this many sub-pixels a side.
    mapping_input: "pixel_norm" for Gaussian z; "standardise" for z that are parameters of a
        scene, centred and scaled by stored statistics.
    mapping_residual: a linear map of z is added to the mapping network's output.
    """

    resolution: int = 256
    channels: tuple[int, ...] = (512, 512, 512, 512, 256, 128, 64)
    latent_dim: int = 512
    z_dim: int = 512
    mapping_layers: int = 8
    mapping_lr_multiplier: float = 0.01
    mapping_input: Literal["pixel_norm", "standardise"] = "pixel_norm"
    mapping_residual: bool = False
    upsample: Literal["transposed", "bilinear"] = "transposed"
    output_shuffle: int = 1
    noise: bool = True

    def __post_init__(self) -> None:
        drawn = 4 * 2 ** (len(self.channels) - 1) * self.output_shuffle
        if drawn != self.resolution:
            raise ValueError(
                f"{len(self.channels)} blocks and output_shuffle {self.output_shuffle} "
                f"draw {drawn} px, not {self.resolution}"
            )

    @property
    def n_latent(self) -> int:
        """Number of W+ codes."""
        return 2 * len(self.channels)


@dataclass(frozen=True)
class Slot:
    """One modulated convolution: its number, sizes and the W+ code that styles it."""

    index: int
    in_channels: int
    out_channels: int
    is_to_rgb: bool
    code: int


def slots_of(config: StyleGAN2Config) -> tuple[Slot, ...]:
    """All modulated convolutions of a generator in order of execution."""
    first, last = config.channels[0], len(config.channels) - 1
    sub_pixels = config.output_shuffle**2

    def rgb(block: int) -> int:
        return 3 * (sub_pixels if block == last else 1)

    slots = [Slot(0, first, first, False, 0), Slot(1, first, rgb(0), True, 1)]
    for block in range(1, len(config.channels)):
        narrow, wide = config.channels[block], config.channels[block - 1]
        index, code = 3 * block - 1, 2 * block - 1
        slots += [
            Slot(index, wide, narrow, False, code),
            Slot(index + 1, narrow, narrow, False, code + 1),
            Slot(index + 2, narrow, rgb(block), True, code + 2),
        ]
    return tuple(slots)


class Generator(nn.Module):
    """z -> w (`mapping`), then W+ codes and optional weight deltas -> image (`forward`)."""

    latent_avg: Tensor

    def __init__(self, config: StyleGAN2Config) -> None:
        super().__init__()
        self.config = config
        self.slots = slots_of(config)
        dim, channels, blocks = config.latent_dim, config.channels, len(config.channels)
        self.style = mapping_network(
            z_dim=config.z_dim,
            latent_dim=dim,
            layers=config.mapping_layers,
            lr_multiplier=config.mapping_lr_multiplier,
            input_kind=config.mapping_input,
        )
        self.style_residual = EqualLinear(config.z_dim, dim) if config.mapping_residual else None
        self.input = ConstantInput(channels[0])
        self.conv1 = StyledConv(channels[0], channels[0], dim, noise=config.noise)
        self.to_rgb1 = ToRGB(channels[0], self.slots[1].out_channels, dim, upsample=False)
        self.convs = nn.ModuleList()
        self.to_rgbs = nn.ModuleList()
        for block in range(1, blocks):
            wide, narrow = channels[block - 1], channels[block]
            self.convs.append(
                StyledConv(wide, narrow, dim, noise=config.noise, upsample=config.upsample)
            )
            self.convs.append(StyledConv(narrow, narrow, dim, noise=config.noise))
            rgb = self.slots[3 * block + 1].out_channels
            self.to_rgbs.append(ToRGB(narrow, rgb, dim, upsample=True))
        self.noises = nn.Module()
        if config.noise:
            for layer in range(2 * blocks - 1):
                side = 4 * 2 ** ((layer + 1) // 2)
                self.noises.register_buffer(f"noise_{layer}", normal(1, 1, side, side))
        self.register_buffer("latent_avg", torch.zeros(dim))

    def mapping(self, z: Tensor) -> Tensor:
        """z [B, z_dim] -> w [B, latent_dim]."""
        w = self.style(z)
        return w if self.style_residual is None else w + self.style_residual(self.standardise(z))

    def standardise(self, z: Tensor) -> Tensor:
        """z as the mapping network's first layer reads it."""
        return self.style[0](z)

    def set_input_statistics(self, mean: Tensor, deviation: Tensor) -> None:
        """Centre and scale [z_dim] of z, for `mapping_input` "standardise"."""
        scaling = self.style[0]
        if not isinstance(scaling, Standardise):
            raise TypeError("this generator reads Gaussian z and takes no statistics")
        scaling.mean.copy_(mean)
        scaling.deviation.copy_(deviation)

    def broadcast(self, w: Tensor) -> Tensor:
        """One code for all layers: w [B, D] -> w_plus [B, n_latent, D]."""
        return w[:, None].expand(-1, self.config.n_latent, -1)

    def truncate(self, w_plus: Tensor, psi: float) -> Tensor:
        """Pull codes toward the mean of W: latent_avg + psi * (w_plus - latent_avg)."""
        return self.latent_avg + psi * (w_plus - self.latent_avg)

    def forward(
        self,
        w_plus: Tensor,
        deltas: WeightDeltas | None = None,
        *,
        size: int | None = None,
    ) -> Tensor:
        """W+ codes [B, n_latent, D] and weight deltas -> image [B, 3, R, R], about [-1, 1].

        deltas: one entry a slot, [B, C_out, C_in] or None for an untouched layer.
        size: draw a smaller image, from the blocks up to this resolution only.
        """
        batch, n_latent, _ = w_plus.shape
        if n_latent != self.config.n_latent:
            raise ValueError(f"{n_latent} codes given, this generator takes {self.config.n_latent}")
        delta: Sequence[Tensor | None] = deltas or (None,) * len(self.slots)
        if len(delta) != len(self.slots):
            raise ValueError(f"{len(delta)} deltas given for {len(self.slots)} layers")
        size = size or self.config.resolution

        x = self.input(batch)  # [B, C, 4, 4]
        x = self.conv1(x, w_plus[:, 0], delta[0], self._noise(0))
        image = self.to_rgb1(x, w_plus[:, 1], None)
        for block, to_rgb in enumerate(self.to_rgbs, start=1):
            if image.shape[-1] >= size:
                break
            up, plain = self.convs[2 * block - 2], self.convs[2 * block - 1]
            code, slot = 2 * block - 1, 3 * block - 1
            x = up(x, w_plus[:, code], delta[slot], self._noise(2 * block - 1))
            x = plain(x, w_plus[:, code + 1], delta[slot + 1], self._noise(2 * block))
            image = to_rgb(x, w_plus[:, code + 2], image)
        return image if image.shape[-1] == size else F.avg_pool2d(image, image.shape[-1] // size)

    def styles(self, w_plus: Tensor) -> tuple[Tensor, ...]:
        """W+ codes [B, n_latent, D] -> per-layer styles [B, C_in], one a slot."""
        return tuple(
            layer.conv.modulation(w_plus[:, slot.code])
            for slot, layer in zip(self.slots, self.layers(), strict=True)
        )

    def kernels(self) -> tuple[Tensor, ...]:
        """Kernels without style or delta, [C_out, C_in, k, k], one a slot."""
        return tuple(layer.conv.weight[0] * layer.conv.scale for layer in self.layers())

    def layers(self) -> list[StyledConv | ToRGB]:
        """The modulated convolutions in order of execution, one a slot."""
        layers: list[nn.Module] = [self.conv1, self.to_rgb1]
        for block, to_rgb in enumerate(self.to_rgbs):
            layers += [self.convs[2 * block], self.convs[2 * block + 1], to_rgb]
        return [layer for layer in layers if isinstance(layer, StyledConv | ToRGB)]

    def _noise(self, layer: int) -> Tensor | None:
        return getattr(self.noises, f"noise_{layer}") if self.config.noise else None
