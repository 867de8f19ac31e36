"""Asks the detail network about the face of every result, in windows like those it learned from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ...imaging import pixel_places
from ...networks.detail import DetailNetwork, DetailPlan, unasked
from ...networks.detail_inputs import CoarseMaps, detail_inputs

_AROUND = 12
"""Pixels around a face that a window shows at least."""


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
    side = maps.face.shape[-1]
    corners = _corners(maps.face, size)
    window = side if corners is None else min(side, size)

    def cut(values: Tensor) -> Tensor:
        rows = values.expand(len(guides), -1, -1, -1)
        return torch.stack(
            [
                row[:, top : top + window, left : left + window]
                for row, (top, left) in zip(rows, corners or [(0, 0)] * len(rows), strict=True)
            ]
        )

    near = CoarseMaps(**{name: cut(value) for name, value in vars(maps).items()})
    places = cut(pixel_places(side, side, like=carried))
    inputs = detail_inputs(cut(carried[:, :3]), cut(guides), carried, near, places=places)
    # The network knows offsets in half sides of pictures of its own size.
    span = side / size
    plan = network(replace(inputs, maps=replace(near, offset=near.offset * span)))
    whole = unasked(maps)
    for row, (top, left) in enumerate(corners or [(0, 0)] * len(guides)):
        part = (row, slice(None), slice(top, top + window), slice(left, left + window))
        whole.offset[part] = plan.offset[row] / span
        whole.logits[part] = plan.logits[row]
        whole.painted[part] = plan.painted[row].to(whole.painted)
    return whole


def _corners(face: Tensor, size: int) -> list[tuple[int, int]] | None:
    """Top and left of a window of this size about each face [B, 1, S, S]; None where one is larger.

    Even, so that windows begin where pixels that are seen as one do.
    """
    side = face.shape[-1]
    if side <= size:
        return [(0, 0)] * len(face)
    found: list[tuple[int, int]] = []
    for shown in face[:, 0].cpu().numpy() > 0:
        corner: list[int] = []
        for axis in (1, 0):
            at = np.nonzero(shown.any(axis))[0]
            low, high = (int(at[0]), int(at[-1]) + 1) if len(at) else (0, side)
            if len(at) and high - low + 2 * _AROUND > size:
                return None
            corner.append(int(np.clip((low + high - size) // 2, 0, side - size)) // 2 * 2)
        found.append((corner[0], corner[1]))
    return found
