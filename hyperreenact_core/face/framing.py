"""Squares of a picture, upright or turned with the face, as networks that read faces see them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

_MUCH = 1.5
"""Pictures that shrink by more than this are halved first, or thin lines would come and go."""


@dataclass(frozen=True)
class Frame:
    """A square of a picture, in its pixels. roll_deg: how far its content is turned, ccw."""

    centre: tuple[float, float]
    side: float
    roll_deg: float = 0.0
    mirrored: bool = False


def extent(points: Floats) -> tuple[NDArray[np.float32], float]:
    """[N, >= 2] -> middle xy of the box about the points, and the larger side of it."""
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    return (low + high) / 2, float((high - low).max())


def frame_matrix(frame: Frame, size: int) -> Floats:
    """[2, 3] crop pixel = matrix @ (x, y, 1) of the picture; the first pixel spans 0 to 1."""
    angle, scale = np.radians(frame.roll_deg), size / frame.side
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    turn = np.array([[cosine, sine], [-sine, cosine]])
    if frame.mirrored:
        turn[0] *= -1
    shift = size / 2 - turn @ np.array(frame.centre)
    return np.c_[turn, shift].astype(np.float32)


def cut(picture: Pixels, frame: Frame, size: int) -> Pixels:
    """The frame's pixels [size, size, ...]; what lies outside repeats the border."""
    matrix = frame_matrix(frame, size).astype(np.float64)
    shrink = frame.side / size
    while shrink > _MUCH:
        half = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        picture = np.asarray(half, np.uint8)
        matrix[:, :2] *= 2
        shrink /= 2
    # OpenCV counts from the middle of the first pixel.
    matrix[:, 2] += matrix[:, :2].sum(1) / 2 - 0.5
    warped = cv2.warpAffine(
        picture, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(warped, np.uint8)
