"""Inversion encoder: face crop -> W+ codes of the generator.

A pyramid over the last three stages of an IR-SE body feeds one head per code; code 0 is the main
code, the others are offsets from it.

Source: Tov et al., "Designing an Encoder for StyleGAN Image Manipulation" (2021).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .irse import IRSEConfig, IRSETrunk
from .layers import check_image, initialise_convolutions
from .modulation import EqualLinear

_SLOPE = 0.01
_MAIN_START = 0.1
_OFFSET_START = 0.01
"""Weight scales of fresh heads: all codes start near one code, the same for all of a picture."""


@dataclass(frozen=True)
class E4EConfig:
    """Sizes of an encoder; the defaults are the published 256 px one.

    head_levels: pyramid level each head reads, one head a code; 0 is the coarsest map (last
        stage), 1 and 2 the next finer ones.
    head_width: channels inside a head; head_features: channels its last linear layer reads.
    offsets_from_main: codes 1.. are head outputs added to code 0, else they stand alone.
    """

    input_size: int = 256
    body: IRSEConfig = field(default_factory=IRSEConfig)
    head_levels: tuple[int, ...] = (0,) * 3 + (1,) * 4 + (2,) * 7
    latent_dim: int = 512
    head_width: int = 512
    head_features: int = 512
    offsets_from_main: bool = True

    @property
    def n_latent(self) -> int:
        """Number of W+ codes."""
        return len(self.head_levels)

    def level_size(self, level: int) -> int:
        """Side of a pyramid level in pixels."""
        return self.input_size // self.body.total_stride * 2**level

    def __post_init__(self) -> None:
        sides = [self.level_size(level) for level in sorted(set(self.head_levels))]
        if len(self.body.stages) < 3 or not set(self.head_levels) <= {0, 1, 2}:
            raise ValueError("the encoder needs three stages or more and head levels 0, 1 or 2")
        if any(side < 2 or side & (side - 1) for side in sides):
            raise ValueError(f"heads halve their map down to one pixel, got sides {sides}")


class CodeHead(nn.Module):
    """Halve a pyramid level down to one pixel, then a linear layer: map -> code."""

    def __init__(self, config: E4EConfig, index: int) -> None:
        super().__init__()
        map_size = config.level_size(config.head_levels[index])
        halvings = map_size.bit_length() - 1
        inner = [config.head_width] * (halvings - 1)
        widths = [config.body.out_channels, *inner, config.head_features]
        layers: list[nn.Module] = []
        for width_in, width_out in pairwise(widths):
            layers += [nn.Conv2d(width_in, width_out, 3, 2, 1), nn.LeakyReLU(_SLOPE)]
        self.convs = nn.Sequential(*layers)
        self.linear = EqualLinear(config.head_features, config.latent_dim)
        initialise_convolutions(self.convs, negative_slope=_SLOPE)
        is_offset = config.offsets_from_main and index > 0
        with torch.no_grad():
            self.linear.weight.mul_(_OFFSET_START if is_offset else _MAIN_START)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(self.convs(x).flatten(1))  # [B, C, H, H] -> [B, D]


class E4E(IRSETrunk):
    """Face crop [B, 3, S, S] RGB in [-1, 1] -> w_plus [B, n_latent, D] float32."""

    def __init__(self, config: E4EConfig) -> None:
        super().__init__(config.body)
        self.config = config
        channels = config.body.out_channels
        widths = [width for width, _ in config.body.stages]
        self.styles = nn.ModuleList(CodeHead(config, i) for i in range(config.n_latent))
        self.latlayer1 = nn.Conv2d(widths[-2], channels, 1)
        self.latlayer2 = nn.Conv2d(widths[-3], channels, 1)

    def start_from(self, latent_avg: Tensor) -> None:
        """Let a fresh encoder begin at a mean code [D] instead of zero."""
        with torch.no_grad():
            for index, head in enumerate(self.styles):
                is_offset = self.config.offsets_from_main and index > 0
                if isinstance(head, CodeHead) and not is_offset:
                    head.linear.bias.copy_(latent_avg)

    def forward(self, face: Tensor) -> Tensor:
        levels = self.pyramid(face)
        heads = zip(self.styles, self.config.head_levels, strict=True)
        codes = torch.stack([head(levels[level]).float() for head, level in heads], dim=1)
        if not self.config.offsets_from_main:
            return codes  # [B, n_latent, D]
        main, offsets = codes[:, :1], codes[:, 1:]
        return torch.cat([main, main + offsets], dim=1)

    def pyramid(self, face: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The maps the heads read, coarse to fine, all as wide as the last stage."""
        check_image(face, network="E4E", size=self.config.input_size)
        fine, middle, coarse = self.stage_maps(face)[-3:]
        level1 = _enlarge(coarse, like=middle) + self.latlayer1(middle)
        level2 = _enlarge(level1, like=fine) + self.latlayer2(fine)
        return coarse, level1, level2


def _enlarge(x: Tensor, *, like: Tensor) -> Tensor:
    """Bilinear with the corner pixels kept in place, as the published encoder was trained."""
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=True)
