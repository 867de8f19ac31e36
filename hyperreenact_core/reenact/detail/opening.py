"""Openings in a face, between lips or lids: as thin as they may be, and how their edges shade."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from .head_model import Floats

_TOP_SHADE, _EDGE_SHADE = (0.04, 0.12), (0.01, 0.45)
"""How far below its upper edge and within all edges these shade an opening, in decimetres, and how
much."""


def shade_within(mask: NDArray[np.uint8], unit: float, amount: float | Floats) -> Floats:
    """[H, W] what its edges leave of the light in an opening, 1 there; unit: pixels a decimetre."""
    below = np.cumsum(mask, axis=0, dtype=np.float32) / np.float32(unit)
    edges = np.pad(mask, 1)  # without any nothing would be off them
    within = np.asarray(cv2.distanceTransform(edges, cv2.DIST_L2, 5))[1:-1, 1:-1] / np.float32(unit)
    shade = 1 - amount * _TOP_SHADE[1] * np.exp(-below / _TOP_SHADE[0])
    shade *= 1 - amount * _EDGE_SHADE[1] * np.exp(-within / _EDGE_SHADE[0])
    return np.asarray(shade, np.float32)


def without_slits(mask: NDArray[np.uint8], thick: Sequence[float]) -> Floats:
    """[H, W] the opening, less where it is thinner than one of these, in pixels, or several."""
    shares = np.zeros(mask.shape, np.float32)
    for width in thick:
        size = max(round(width), 1)
        square = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        shares += np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, square), np.float32)
    return np.asarray(shares / len(thick), np.float32)
