"""Asks the detail network about the face of every result, in windows like those it learned from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...imaging import pixel_places
from ...networks.detail import DetailNetwork, DetailPlan, unasked
from ...networks.detail_inputs import CoarseMaps, detail_inputs

_AROUND = 6
"""Pixels around a face that a window shows at least."""
_WINDOWS = (0.75, 0.875, 1.0)
"""Sides of windows over that of the pictures that the network has learned from,"""
_STEP = 32
"""rounded up to a multiple of this."""


@dataclass(frozen=True)
class _Window:
    """A square of maps, in pixels; even corners, as pixels are seen as one by two and two."""

    top: int
    left: int
    side: int

    @property
    def part(self) -> tuple[slice, slice, slice]:
        """Of values [C, S, S]."""
        rows = slice(self.top, self.top + self.side)
        return slice(None), rows, slice(self.left, self.left + self.side)


def planned(
    network: DetailNetwork,
    carried: Tensor,
    guides: Tensor,
    maps: CoarseMaps,
    *,
    size: int,
) -> DetailPlan:
    """Plan B results of side S; what lies around their faces is as the maps have it.

    carried: [B, 6, S, S] the source and its guide. guides: [B, 3, S, S] of the results. size: side
    in pixels of the pictures that the network has learned from.
    """
    whole = unasked(maps)
    windows = [_window_about(face, size) for face in maps.face[:, 0].cpu().numpy() > 0]
    # A result is the same whatever it is drawn together with: those of one size are asked at once.
    for side in sorted({window.side for window in windows}):
        rows = [row for row, window in enumerate(windows) if window.side == side]
        plan = _asked(network, carried, guides, maps, {row: windows[row] for row in rows}, size)
        for at, row in enumerate(rows):
            part = (row, *windows[row].part)
            whole.offset[part] = plan.offset[at]
            whole.logits[part] = plan.logits[at]
            whole.painted[part] = plan.painted[at].to(whole.painted)
    return whole


def _asked(
    network: DetailNetwork,
    carried: Tensor,
    guides: Tensor,
    maps: CoarseMaps,
    windows: Mapping[int, _Window],
    size: int,
) -> DetailPlan:
    """Plans of windows of one side, by the rows that they are of."""
    whole = maps.face.shape[-1]

    def cut(values: Tensor) -> Tensor:
        every = values.expand(len(guides), -1, -1, -1)
        return torch.stack([every[row][window.part] for row, window in windows.items()])

    near = CoarseMaps(**{name: cut(value) for name, value in vars(maps).items()})
    guide = cut(guides)
    inputs = detail_inputs(
        cut(carried[:, :3]),
        guide,
        carried[list(windows)],
        near,
        places=cut(pixel_places(whole, whole, like=carried)),
        span=guide.shape[-1] / size,
    )
    # The network knows offsets in half sides of pictures of its own size.
    span = whole / size
    plan = network(replace(inputs, maps=replace(near, offset=near.offset * span)))
    return replace(plan, offset=plan.offset / span)


def _window_about(face: NDArray[np.bool_], size: int) -> _Window:
    """The smallest window that holds a face [S, S]; all of the picture where none does."""
    whole = len(face)
    extents = [np.nonzero(face.any(axis))[0] for axis in (1, 0)]
    sides = [math.ceil(share * size / _STEP) * _STEP for share in _WINDOWS]
    if whole <= sides[0] or not len(extents[0]):
        return _Window(0, 0, min(whole, sides[0]))
    long = max(int(np.ptp(at)) + 1 for at in extents) + 2 * _AROUND
    side = next((side for side in sides if long <= side <= whole), whole)
    top, left = (
        int(np.clip((int(at[0]) + int(at[-1]) + 1 - side) // 2, 0, whole - side)) // 2 * 2
        for at in extents
    )
    return _Window(top, left, side)
