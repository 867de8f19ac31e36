"""Carries the source's own pixels to a new pose: refines a coarse flow, and paints what it lacks.

A U-Net sees the source, the source moved by the coarse flow, and two simple pictures of the result
and of the source moved alike: the guides, which need neither the source's looks nor its colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..imaging import displace, pixel_places, softened
from .detail_inputs import MOUTH, REGIONS, CoarseMaps, DetailInputs, enlarged
from .layers import fill_bias, initialise_convolutions

_SURE = 4.0
"""The logit of the layer that the coarse maps speak for."""
_STEP = 0.05
"""Of the learned offset, in half sides: some pixels."""
_EDGE = 2
"""Pixels within the face's outline over which the network's word comes to count."""
_LEAST = 0.1
"""Weights below this are taken for none, so that what is not moved stays as it is to the bit."""
_BAND = 32
"""Rows of a result that a processor makes at once."""

_GROUPS = 8


@dataclass(frozen=True)
class DetailConfig:
    """Sizes of a detail network.

    widths: channels at 1/2, 1/4 and so on of the picture's side, multiples of 8. marks: channels
    that the two guides are compared by, at 1/4; reach: by how many pixels of that map they may be
    apart.
    """

    widths: tuple[int, ...] = (32, 48, 96, 128, 160)
    marks: int = 16
    reach: int = 2


@dataclass(frozen=True)
class DetailPlan:
    """How a result is made, [B, ..., S, S].

    offset: [B, 2, ...] as in CoarseMaps, refined. logits: [B, 3, ...] of the layers: the source
    moved, the source as it is, painted. painted: [B, 3, ...] RGB in about [-1, 1].
    """

    offset: Tensor
    logits: Tensor
    painted: Tensor

    @property
    def weights(self) -> Tensor:
        """[B, 3, S, S] shares of the layers, one in all."""
        return self.logits.softmax(1)


class DetailNetwork(nn.Module):
    """DetailInputs, S a multiple of 32 -> DetailPlan. A fresh one plans what the maps say."""

    def __init__(self, config: DetailConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.widths
        steps = list(pairwise(widths))
        self.marks = nn.Sequential(
            nn.PixelUnshuffle(4),
            nn.Conv2d(48, 2 * config.marks, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(2 * config.marks, config.marks, 3, padding=1),
        )
        # The second map takes the comparison of the guides along.
        found = (2 * config.reach + 1) ** 2
        passed = [width + found * (level == 1) for level, width in enumerate(widths)]
        self.stem = Stage(4 * 12 + REGIONS + 4, widths[0])
        self.down = nn.ModuleList(
            Stage(wide, deep, stride=2) for wide, deep in zip(passed, widths[1:], strict=False)
        )
        self.up = nn.ModuleList(
            Stage(deep + more, wide)
            for (wide, deep), more in reversed(list(zip(steps, passed, strict=False)))
        )
        self.out = nn.Conv2d(widths[0], 4 * 8, 3, padding=1)
        initialise_convolutions(self, negative_slope=0.0)
        for module in self.modules():
            if isinstance(module, Stage):
                module.calm()
        nn.init.zeros_(self.out.weight)
        fill_bias(self.out, 0.0)

    def forward(self, inputs: DetailInputs) -> DetailPlan:
        _check(inputs)
        maps = inputs.maps
        pictures = [inputs.source, inputs.moved, inputs.draft, inputs.guide_moved]
        known = torch.cat([maps.offset * 4, maps.hidden, maps.region, maps.depth], 1)
        halved = [F.pixel_unshuffle(torch.cat(pictures, 1), 2), F.avg_pool2d(known, 2)]
        x = torch.cat(halved, 1)
        x = self.stem(x.contiguous(memory_format=torch.channels_last))
        passed: list[Tensor] = []
        for level, stage in enumerate(self.down):
            if level == 1:
                x = torch.cat([x, self._compared(inputs)], 1)
            passed.append(x)
            x = stage(x)
        for stage in self.up:
            x = stage(torch.cat([F.interpolate(x, scale_factor=2.0), passed.pop()], 1))
        learned = F.pixel_shuffle(self.out(x), 2).float()
        offset, logits, correction = learned.split((2, 3, 3), 1)
        # Off the face nothing is learned, nor in a mouth: rendered hair and walls would cut real
        # hair, and rendered mouths are darker than people's.
        inside = _inside(maps)
        return DetailPlan(
            offset=maps.offset + inside * _STEP * offset,
            logits=_SURE * _layers(maps) * (3 - 2 * inside) + inside * logits,
            painted=inputs.draft + correction,
        )

    def _compared(self, inputs: DetailInputs) -> Tensor:
        """[B, (2 reach + 1)^2, S / 4, S / 4] how alike the guides are, so far apart."""
        both = self.marks(torch.cat([inputs.guide, inputs.guide_moved]))
        mine, theirs = F.normalize(both, dim=1).chunk(2)
        reach, (height, width) = self.config.reach, both.shape[-2:]
        theirs = F.pad(theirs, (reach,) * 4)
        alike = [
            (mine * theirs[..., down : down + height, right : right + width]).sum(1)
            for down in range(2 * reach + 1)
            for right in range(2 * reach + 1)
        ]
        return torch.stack(alike, 1)


class Stage(nn.Module):
    """Two convolutions, the second around the identity; the first may halve the sides.

    Without the norm between them the deep maps die out: what they add is only noise at first.
    """

    def __init__(self, channels_in: int, channels: int, *, stride: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.norm = nn.GroupNorm(_GROUPS, channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.norm(self.first(x)), inplace=True)
        return F.relu(self.second(x) + x, inplace=True)

    @torch.no_grad()
    def calm(self) -> None:
        """Let a fresh stage hardly enlarge what passes it."""
        self.second.weight *= 0.3


def unasked(maps: CoarseMaps) -> DetailPlan:
    """What the maps alone plan, where no network is asked."""
    none = maps.offset.new_zeros(len(maps.offset), 3, *maps.offset.shape[-2:])
    return DetailPlan(maps.offset.clone(), 3 * _SURE * _layers(maps), none)


def compose(source: Tensor, plan: DetailPlan, part: tuple[slice, slice] | None = None) -> Tensor:
    """Make the result [B, 3, R, R] from the source [B, 3, R, R], R >= S.

    part: rows and columns that are made; the others are the source's. All if None. Where the plan
    leaves the source as it is, so is the result, to the bit.
    """
    small = torch.cat([plan.weights, plan.offset, plan.painted], 1)  # one pass over all of them
    side = source.shape[-1]
    large, places = enlarged(small, side), pixel_places(side, side, like=small)
    # A processor is done sooner with what its cache holds.
    height = _BAND if source.device.type == "cpu" else side
    rows, columns = (slice(0, side), slice(0, side)) if part is None else part
    result = source.clone()
    for top in range(rows.start, rows.stop, height):
        band = (..., slice(top, min(top + height, rows.stop)), columns)
        weights, offset, painted = large[band].split((3, 2, 3), 1)
        moved = displace(source, offset, places=places[band])
        result[band] = blended(settled(weights), moved, source[band], painted)
    return result


def blended(weights: Tensor, moved: Tensor, source: Tensor, painted: Tensor) -> Tensor:
    """Mix the three layers [B, 3, R, R] by their weights [B, 3, R, R]."""
    first, second, third = weights.split(1, 1)
    return first * moved + second * source + third * painted


def settled(weights: Tensor) -> Tensor:
    """Small weights become none, those beside them one."""
    kept = (weights - _LEAST).clamp_min(0)
    return kept / kept.sum(1, keepdim=True)


def _layers(maps: CoarseMaps) -> Tensor:
    """[B, 3, S, S] in 0..1: which layer the maps speak for."""
    moved = (1 - maps.hidden) * (1 - maps.still)
    return torch.cat([moved, maps.still, maps.hidden], 1)


def _inside(maps: CoarseMaps) -> Tensor:
    """[B, 1, S, S] 1 well inside the face, 0 off it and in the mouth, smoothly between."""
    off = F.max_pool2d(1 - maps.face, 2 * _EDGE + 1, 1, _EDGE)
    well = 1 - F.avg_pool2d(off, 2 * _EDGE + 1, 1, _EDGE, count_include_pad=False)
    return well * (1 - softened(maps.region[:, MOUTH : MOUTH + 1].float()))


def _check(inputs: DetailInputs) -> None:
    b, c, height, width = inputs.source.shape
    sides = tuple(inputs.maps.offset.shape[-2:])
    if c != 3 or height != width or height % 32 or sides != (height, width):
        raise ValueError(
            f"detail is carried for pictures [B, 3, S, S], S a multiple of 32, with maps of their "
            f"side, got {[b, c, height, width]} and maps of {list(sides)}"
        )
