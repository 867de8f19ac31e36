"""Landmarks from a face box by the FAN network: the crop it reads, and points from its heat maps.

Follows the published program, whose crops are cut along whole pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import trunc

import torch
import torch.nn.functional as F
from torch import Tensor

_UP = 0.12
"""The crop's centre lies above that of the box by this share of the box's height."""
_BOX_PER_CROP = 195 / 200
"""Mean of the box's sides over half the crop's side."""
_TOWARDS_NEIGHBOUR = 0.25
"""How far a point moves towards the larger neighbour of its cell, in cells."""


@dataclass(frozen=True)
class FanSquare:
    """The square around a face that FAN reads: centre and side, pixels of the picture."""

    cx: float
    cy: float
    side: float


def fan_square(box: tuple[float, float, float, float]) -> FanSquare:
    """Square around a detector's box (left, top, right, bottom)."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    return FanSquare(
        cx=right - width / 2,
        cy=bottom - height / 2 - _UP * height,
        side=(width + height) / _BOX_PER_CROP,
    )


def fan_crop(picture: Tensor, square: FanSquare, *, size: int = 256) -> Tensor:
    """Cut a square from a picture [3, H, W]: [3, size, size] of the same range, zero outside.

    Reduced without antialiasing, as the network was trained.
    """
    # It begins a cell of the output late: the published corner is that of pixel 1, not 0.
    begin, end = (1 / size - 0.5) * square.side, square.side / 2
    x0, x1 = trunc(square.cx + begin), trunc(square.cx + end)
    y0, y1 = trunc(square.cy + begin), trunc(square.cy + end)
    if x0 >= x1 or y0 >= y1:
        raise ValueError(f"a square with a side of {square.side} pixels holds no face")
    inside = picture[:, max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)]
    left, top = min(max(-x0, 0), x1 - x0), min(max(-y0, 0), y1 - y0)
    right, bottom = x1 - x0 - left - inside.shape[2], y1 - y0 - top - inside.shape[1]
    cut = F.pad(inside, (left, right, top, bottom))
    return F.interpolate(cut[None], (size, size), mode="bilinear", align_corners=False)[0]


def points_from_heatmaps(heatmaps: Tensor) -> Tensor:
    """Heat maps [B, P, S, S] -> points [B, P, 2], x and y in cells, the first cell's centre at 0.5.

    The cell of the maximum, and a quarter of a cell towards the larger neighbour on each axis.
    """
    b, p, height, width = heatmaps.shape
    best = heatmaps.flatten(2).argmax(2)  # [B, P]
    x, y = best % width, best // width
    inner = (x > 0) & (x < width - 1) & (y > 0) & (y < height - 1)
    cx, cy = x.clamp(1, width - 2), y.clamp(1, height - 2)
    batch = torch.arange(b, device=best.device)[:, None]
    point = torch.arange(p, device=best.device)
    right, left = heatmaps[batch, point, cy, cx + 1], heatmaps[batch, point, cy, cx - 1]
    below, above = heatmaps[batch, point, cy + 1, cx], heatmaps[batch, point, cy - 1, cx]
    slope = torch.stack([right - left, below - above], dim=2)
    shift = slope.sign() * inner[..., None] * _TOWARDS_NEIGHBOUR
    return torch.stack([x, y], dim=2) + 0.5 + shift.float()


def points_in_picture(points: Tensor, square: FanSquare, *, map_size: int = 64) -> Tensor:
    """Points [..., 2] in cells of the heat maps -> pixels of the picture."""
    centre = torch.tensor([square.cx, square.cy]).to(points)
    return centre + (points / map_size - 0.5) * square.side
