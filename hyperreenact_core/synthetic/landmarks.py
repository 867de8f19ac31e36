"""The 68 landmarks as places on the template grid.

iBUG order; the first of each pair is the subject's right, at the picture's left: jaw 0-16,
brows 17-26, nose 27-35, eyes 36-47 (outer corner first on the subject's right, inner corner first
on the left), outer lips 48-59, inner lips 60-67. They are points of the surface: those of the far
side are given as if the head were glass.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .curves import FloatArray
from .eyes import Lids
from .mouth import lower_lip_edge, upper_lip_edge
from .parameters import Brows, Lips
from .skin import brow_line
from .template import (
    EYE_RADIUS,
    EYE_X,
    EYE_Y,
    MOUTH_HALF_WIDTH,
    MOUTH_Y,
    head_template,
    longitude_of,
    sample_grid,
)

LANDMARKS = 68


def surface_landmarks(
    vertices: NDArray[np.float32], *, lids: Lids, brows: Brows, lips: Lips
) -> NDArray[np.float32]:
    """[N, 3] head vertices in whatever pose -> [68, 3] points on them."""
    jaw_longitude, jaw_y = _jaw()
    x, y = (
        np.concatenate(parts)
        for parts in zip(_brows(brows), _nose(), _eyes(lids), _mouth(lips), strict=True)
    )
    longitude = np.concatenate([jaw_longitude, longitude_of(x, y)])
    grid = vertices.reshape(head_template().rows, -1, 3)
    return sample_grid(grid, longitude, np.concatenate([jaw_y, y])).astype(np.float32)


def _jaw() -> tuple[FloatArray, FloatArray]:
    """Longitude and height of the 17 points from ear to ear under the chin."""
    place = np.linspace(-1, 1, 17)
    return place * np.radians(86), 0.02 - 0.985 * np.cos(place * np.pi / 2) ** 0.85


def _brows(brows: Brows) -> tuple[FloatArray, FloatArray]:
    along = np.linspace(0, 1, 5)
    x, y = 0.11 + 0.40 * along, brow_line(along, brows)
    return np.concatenate([-x[::-1], x]), np.concatenate([y[::-1], y])


def _nose() -> tuple[FloatArray, FloatArray]:
    x = np.array([0, 0, 0, 0, -0.11, -0.055, 0, 0.055, 0.11])
    y = np.array([0.10, -0.02, -0.14, -0.26, -0.35, -0.385, -0.385, -0.385, -0.35])
    return x, y


def _eyes(lids: Lids) -> tuple[FloatArray, FloatArray]:
    xs, ys = [], []
    upper_u, lower_u = np.array([0.9, 0.35, -0.35, -0.9]), np.array([-0.35, 0.35])
    for side, opening in ((-1.0, lids.open_right), (1.0, lids.open_left)):
        # From the picture's left along the upper lid, back along the lower one.
        order = slice(None) if side < 0 else slice(None, None, -1)
        up, low = upper_u[order], lower_u[order]
        upper, _ = lids.edges(up, opening=opening)
        _, lower = lids.edges(low, opening=opening)
        xs.append(side * (EYE_X + EYE_RADIUS * np.concatenate([up, low])))
        ys.append(EYE_Y + EYE_RADIUS * np.concatenate([upper, lower]))
    return np.concatenate(xs), np.concatenate(ys)


def _mouth(lips: Lips) -> tuple[FloatArray, FloatArray]:
    corner = np.array([MOUTH_HALF_WIDTH])
    upper = np.array([-0.14, -0.05, 0, 0.05, 0.14])
    lower = np.array([0.14, 0.06, 0, -0.06, -0.14])
    inner_upper, inner_lower = np.array([-0.2, -0.08, 0, 0.08, 0.2]), np.array([0.08, 0, -0.08])
    x = np.concatenate([-corner, upper, corner, lower, inner_upper, inner_lower])
    middle = np.array([MOUTH_Y])
    y = np.concatenate(
        [
            middle,
            upper_lip_edge(upper, lips),
            middle,
            lower_lip_edge(lower, lips),
            np.full(5, MOUTH_Y + 0.005),
            np.full(3, MOUTH_Y - 0.005),
        ]
    )
    return x, y
