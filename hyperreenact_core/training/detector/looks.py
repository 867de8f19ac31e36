"""What cameras, codecs and painters do to a scene, never so much that its faces are lost."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ..reader.photometry import blur, codec, hue, noise, paint, saturation, shade, tones

Pixels = NDArray[np.uint8]

_LEAST = 11.0
"""Sides of faces, in pixels that are worth the name, that can still be told from a stain."""

_CHANGES: tuple[tuple[float, float, Callable[[Pixels, Generator], Pixels]], ...] = (
    (0.25, 0, shade),
    (0.75, 0, tones),
    (0.4, 0, saturation),
    (0.2, 0, hue),
    (0.2, 60, paint),
    (0.3, 70, blur),
    (0.4, 24, noise),
    (0.45, 24, codec),
)
"""Chance, and the least side of a face that bears it."""


def worn(picture: Pixels, rng: Generator, *, least: float) -> Pixels:
    """A scene [S, S, 3] as it might have been taken. least: side of its smallest face, pixels."""
    if rng.random() < 0.3:
        picture = fewer(picture, rng, least)
    for share, side, change in _CHANGES:
        if rng.random() < share and least >= side:
            picture = change(picture, rng)
    return picture


def fewer(picture: Pixels, rng: Generator, least: float) -> Pixels:
    """Fewer pixels, enlarged again."""
    size = picture.shape[0]
    most = max(1.0, min(least / _LEAST, 6.0))
    few = max(8, int(size / np.exp(rng.uniform(0, np.log(most)))))
    small = cv2.resize(picture, (few, few), interpolation=cv2.INTER_AREA)
    way = (cv2.INTER_LINEAR, cv2.INTER_CUBIC)[int(rng.integers(2))]
    return np.asarray(cv2.resize(small, (size, size), interpolation=way), np.uint8)
