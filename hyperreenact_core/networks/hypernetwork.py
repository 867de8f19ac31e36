"""Hypernetwork: appearance map and pose map -> weight deltas for the generator.

The Reenactment Module fuses both maps; one refinement block a tuned convolution turns the fused
map into that layer's delta. Layers of one size share the generator that does so, the others own
theirs.

Source: Bounareli et al., "HyperReenact" (2023), section 3.2 and equation 1. Parameter names are
those of the published file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import Literal

import torch
from torch import Tensor, nn

from ..types import WeightDeltas
from .layers import (
    check_map,
    fill_bias,
    fill_normal,
    initialise_convolutions,
    initialise_projection,
)
from .stylegan2 import Slot, StyleGAN2Config, slots_of

_SLOPE = 0.01
GAMMA_START = 0.35
"""Size of fresh scale maps, about their bias."""
DELTA_START = 0.005
"""Size of the deltas of a fresh network: too small to see, large enough for gradients to pass."""

Fusion = Literal["matmul", "hadamard"]


@dataclass(frozen=True)
class TunedSlot:
    """One convolution of the generator that receives a delta [out_channels, in_channels]."""

    index: int
    out_channels: int
    in_channels: int
    shared: bool


def tuned_slots(slots: Sequence[Slot]) -> tuple[TunedSlot, ...]:
    """All convolutions of a generator but its toRGB layers; the square widest ones are shared."""
    convolutions = [slot for slot in slots if not slot.is_to_rgb]
    widest = max(slot.in_channels for slot in convolutions)
    return tuple(
        TunedSlot(
            index=slot.index,
            out_channels=slot.out_channels,
            in_channels=slot.in_channels,
            shared=slot.out_channels == slot.in_channels == widest,
        )
        for slot in convolutions
    )


_PUBLISHED_SLOTS = slots_of(StyleGAN2Config())


@dataclass(frozen=True)
class HypernetworkConfig:
    """Sizes of a hypernetwork; the defaults are the published one.

    channels: width of the appearance map, and of the pose map after its projection.
    fusion: "matmul" multiplies the 7x7 matrices of each channel, "hadamard" their values. The
        paper writes the latter, the published weights were made with the former.
    slots: the tuned convolutions; n_slots: all convolutions of the generator, toRGB included.
    shared_width, own_width: channels inside the refinement blocks of each kind.
    shared_features, own_features: channels their convolutions end in.
    code_dim, shared_hidden: sizes inside the shared weight generator.
    """

    pose_channels: int = 2048
    channels: int = 512
    map_size: int = 7
    fusion: Fusion = "matmul"
    slots: tuple[TunedSlot, ...] = tuned_slots(_PUBLISHED_SLOTS)
    n_slots: int = len(_PUBLISHED_SLOTS)
    shared_width: int = 128
    shared_features: int = 512
    code_dim: int = 512
    shared_hidden: int = 512
    own_width: int = 256
    own_features: int = 512

    def __post_init__(self) -> None:
        sizes = {(slot.out_channels, slot.in_channels) for slot in self.slots if slot.shared}
        if len(sizes) > 1:
            raise ValueError(f"shared slots must have one size, got {sorted(sizes)}")
        if self.map_size % 2 == 0 or self.map_size < 3:
            raise ValueError(f"map_size must be odd and at least 3, got {self.map_size}")
        if any(slot.index >= self.n_slots for slot in self.slots):
            raise ValueError(f"slot numbers must lie below n_slots = {self.n_slots}")


class ScaleShift(nn.Module):
    """Scale and shift maps read from a map, applied to the same map."""

    def __init__(self, channels: int, fusion: Fusion) -> None:
        super().__init__()
        self.conv_gamma = nn.Conv2d(channels, channels, 1)
        self.conv_beta = nn.Conv2d(channels, channels, 1)
        self.fusion = fusion
        initialise_projection(self.conv_gamma, gain=GAMMA_START)
        initialise_projection(self.conv_beta)
        if fusion == "hadamard":
            fill_bias(self.conv_gamma, 1.0)

    def forward(self, x: Tensor) -> Tensor:
        gamma, beta = self.conv_gamma(x), self.conv_beta(x)  # [B, C, 7, 7]
        scaled = torch.matmul(gamma, x) if self.fusion == "matmul" else gamma * x
        return scaled + beta


class ReenactmentModule(nn.Module):
    """Equation 1: scaled and shifted pose map plus scaled and shifted appearance map."""

    def __init__(self, channels: int, fusion: Fusion) -> None:
        super().__init__()
        self.spade_pose = ScaleShift(channels, fusion)
        self.spade_app = ScaleShift(channels, fusion)

    def forward(self, appearance_terms: Tensor, pose: Tensor) -> Tensor:
        """`appearance_terms` = spade_app(appearance), of batch 1 or that of `pose`."""
        return self.spade_pose(pose) + appearance_terms


class SharedWeightGenerator(nn.Module):
    """code -> delta by two factors: h = code @ w2 + b2 as a matrix, then h @ w1 + b1."""

    def __init__(self, *, out_channels: int, in_channels: int, code_dim: int, hidden: int) -> None:
        super().__init__()
        self.w1 = nn.Parameter(torch.empty(hidden, in_channels))
        self.b1 = nn.Parameter(torch.zeros(in_channels))
        self.w2 = nn.Parameter(torch.empty(code_dim, out_channels * hidden))
        self.b2 = nn.Parameter(torch.zeros(out_channels * hidden))
        self.hidden = hidden
        # Only the last factor starts small: a product of two small ones would get no gradient.
        fill_normal(self.w1, DELTA_START / sqrt(hidden))
        fill_normal(self.w2, 1 / sqrt(code_dim))

    def forward(self, codes: Tensor) -> Tensor:
        """codes [N, code_dim] -> deltas [N, out_channels, in_channels]."""
        h = torch.addmm(self.b2, codes, self.w2).unflatten(1, (-1, self.hidden))
        return h @ self.w1 + self.b1


class SharedBlock(nn.Module):
    """Fused map -> code for the shared weight generator."""

    def __init__(self, config: HypernetworkConfig, generator: SharedWeightGenerator) -> None:
        super().__init__()
        self.convs = _shrink_to_pixel(config, config.shared_width, config.shared_features)
        self.linear = nn.Linear(config.shared_features, config.code_dim)
        # Registered here too because published files repeat it under every block that uses it.
        self.hypernet = generator
        initialise_projection(self.linear)

    def forward(self, fused: Tensor) -> Tensor:
        return self.linear(self.convs(fused).flatten(1))  # [B, code_dim]


class OwnBlock(nn.Module):
    """Fused map -> delta of one layer."""

    def __init__(self, config: HypernetworkConfig, slot: TunedSlot) -> None:
        super().__init__()
        self.size = (slot.out_channels, slot.in_channels)
        self.convs = _shrink_to_pixel(config, config.own_width, config.own_features)
        self.output = nn.Conv2d(config.own_features, slot.out_channels * slot.in_channels, 1)
        initialise_projection(self.output, gain=DELTA_START)

    def forward(self, fused: Tensor) -> Tensor:
        return self.output(self.convs(fused)).view(-1, *self.size)  # [B, C_out, C_in]


def _shrink_to_pixel(config: HypernetworkConfig, width: int, features: int) -> nn.Sequential:
    """3x3 convolutions 7 -> 7 -> 5 -> 3 -> 1, a leaky rectifier after each, also the last."""
    count = 1 + config.map_size // 2
    widths = [config.channels] + [width] * (count - 1) + [features]
    layers: list[nn.Module] = []
    for index, (width_in, width_out) in enumerate(pairwise(widths)):
        padding = 1 if index == 0 else 0
        layers += [nn.Conv2d(width_in, width_out, 3, padding=padding), nn.LeakyReLU(_SLOPE)]
    convs = nn.Sequential(*layers)
    initialise_convolutions(convs, negative_slope=_SLOPE)
    return convs


class Hypernetwork(nn.Module):
    """Appearance map [B or 1, C, 7, 7] and pose map [B, C_pose, 7, 7] -> WeightDeltas.

    What depends on the source alone is computed once by `source_terms`; `deltas` does the rest
    for every frame.
    """

    def __init__(self, config: HypernetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.conv_transf = nn.Conv2d(config.pose_channels, config.channels, 1)
        initialise_projection(self.conv_transf)
        self.blend_module = ReenactmentModule(config.channels, config.fusion)
        self.shared_weight_hypernet: SharedWeightGenerator | None = None
        self._shared = [slot for slot in config.slots if slot.shared]
        self._own = [slot for slot in config.slots if not slot.shared]
        blocks: dict[int, nn.Module] = {slot.index: OwnBlock(config, slot) for slot in self._own}
        if self._shared:
            self.shared_weight_hypernet = SharedWeightGenerator(
                out_channels=self._shared[0].out_channels,
                in_channels=self._shared[0].in_channels,
                code_dim=config.code_dim,
                hidden=config.shared_hidden,
            )
            for slot in self._shared:
                blocks[slot.index] = SharedBlock(config, self.shared_weight_hypernet)
        self.refinement_blocks = nn.ModuleDict({str(i): blocks[i] for i in sorted(blocks)})

    def forward(self, appearance: Tensor, pose: Tensor) -> WeightDeltas:
        return self.deltas(self.source_terms(appearance), pose)

    def source_terms(self, appearance: Tensor) -> Tensor:
        """The part of the fused map that depends on the source alone: [B, C, 7, 7]."""
        size, channels = self.config.map_size, self.config.channels
        check_map(appearance, network="Hypernetwork (appearance)", channels=channels, size=size)
        return self.blend_module.spade_app(appearance)

    def deltas(self, source_terms: Tensor, pose: Tensor) -> WeightDeltas:
        """Source terms [B or 1, C, 7, 7] and pose map -> one entry a slot of the generator.

        Each entry is [B, C_out, C_in], or None for a layer that is not tuned.
        """
        fused = self.fuse(source_terms, pose)
        entries: list[Tensor | None] = [None] * self.config.n_slots
        if self.shared_weight_hypernet is not None:
            # One product for all shared layers: the large factor is read once, not once a layer.
            codes = torch.cat([self._block(slot)(fused) for slot in self._shared])
            shared = self.shared_weight_hypernet(codes)  # [slots * B, C_out, C_in]
            chunks = shared.chunk(len(self._shared))
            for slot, delta in zip(self._shared, chunks, strict=True):
                entries[slot.index] = delta
        for slot in self._own:
            entries[slot.index] = self._block(slot)(fused)
        return tuple(entries)

    def fuse(self, source_terms: Tensor, pose: Tensor) -> Tensor:
        """Source terms and pose map [B, C_pose, 7, 7] -> fused map [B, C, 7, 7]."""
        size, channels = self.config.map_size, self.config.pose_channels
        check_map(pose, network="Hypernetwork (pose)", channels=channels, size=size)
        return self.blend_module(source_terms, self.conv_transf(pose))

    def _block(self, slot: TunedSlot) -> nn.Module:
        return self.refinement_blocks[str(slot.index)]
