"""Pictures as the stages see them: a head before its own background or before one colour."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ...imaging import resize
from ..data.augment import jitter_colours, jitter_frame
from .crops import HeadCrops
from .perception import picture_weights

_CELL = 16
"""Side in pixels of what is left of a background."""
_FLOOR = 0.02
"""Weight of the whole background's mean in every patch, for patches that show none of it."""


def soft_background(face: Tensor, cover: Tensor) -> Tensor:
    """The face [B, 3, S, S] before what is left of its background: patches of a mean colour.

    A guide is not asked for more. cover: [B, 1, S, S].
    """
    shown = 1 - cover
    mean = (face * shown).mean((2, 3), keepdim=True)
    near = F.avg_pool2d(face * shown, _CELL) + _FLOOR * mean
    patches = near / (F.avg_pool2d(shown, _CELL) + _FLOOR * shown.mean((2, 3), keepdim=True) + 1e-6)
    behind = F.interpolate(patches, size=face.shape[-2:], mode="bilinear", align_corners=False)
    return face * cover + behind * shown


def flat_background(face: Tensor, cover: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """The face before a random colour, and the colour [B, 3, 1, 1]."""
    colour = torch.rand(len(face), 3, 1, 1, generator=random).to(face) * 1.8 - 0.9
    return face * cover + colour * (1 - cover), colour


_SPOILT = 0.4
_LEAST = 0.4
_NOISE = 0.08


def spoilt(face: Tensor, random: torch.Generator) -> Tensor:
    """Pictures as they are found: a little out of place, some of them coarse and noisy."""
    draw = torch.rand(2, generator=random).tolist()
    moved = jitter_frame(face, random)
    if draw[0] > _SPOILT:
        return moved
    size = moved.shape[-1]
    side = round(size * (_LEAST + (1 - _LEAST) * draw[1]))
    noise = torch.randn(len(face), 3, side, side, generator=random).to(face)
    coarse = resize(moved, side) + noise * (_NOISE * draw[1])
    whole = F.interpolate(coarse, size=size, mode="bilinear", align_corners=False)
    return whole.contiguous(memory_format=torch.channels_last)


@dataclass(frozen=True)
class Pairs:
    """source: what the encoder sees. truth: what is to be drawn; weight: how much it counts."""

    source: Tensor
    truth: Tensor
    weight: Tensor


def pictures_of(
    heads: HeadCrops, source: Tensor, target: Tensor, random: torch.Generator, *, flat: float
) -> Pairs:
    """Pairs of rows [B] as pictures in other colours than rendered, the source a little spoilt.

    flat: share of the pairs before one colour; the rest is before what is left of the background.
    """
    both = torch.cat([heads.batch(source), heads.batch(target)], 3)
    face, truth = jitter_colours(both, random).chunk(2, 3)
    cover, target_cover = heads.cover(source), heads.cover(target)
    plain, colour = flat_background(face, cover, random)
    chosen = (torch.rand(len(face), generator=random) < flat).to(face.device)[:, None, None, None]
    before_colour = truth * target_cover + colour * (1 - target_cover)
    return Pairs(
        source=spoilt(torch.where(chosen, plain, face), random),
        truth=torch.where(chosen, before_colour, soft_background(truth, target_cover)),
        weight=picture_weights(heads.landmarks[target], target_cover),
    )
