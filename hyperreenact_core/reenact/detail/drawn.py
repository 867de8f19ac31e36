"""The head model itself as a guide: flat colours, shaded by the relief.

It stands in for a generator's picture where a set's own would err in the pose, which no network
could set right; what it shows is told anew in the source's colours in any case.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .flow import NOTHING, Drawing
from .head_model import EYE, HAIR, MOUTH, SKIN
from .maps import relief

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Paint:
    """Colours, 0 to 255, of the parts of a drawn head, and xy of where the light comes from."""

    skin: Colour = (190, 135, 105)
    eye: Colour = (230, 225, 220)
    mouth: Colour = (120, 40, 45)
    hair: Colour = (70, 55, 42)
    nothing: Colour = (128, 128, 128)
    light: tuple[float, float] = (0.4, 0.9)


def picture_of(drawing: Drawing, paint: Paint, size: int) -> NDArray[np.uint8]:
    """A drawing of a head -> [size, size, 3] RGB."""
    colours = np.zeros((256, 3), np.float32)
    parts = (paint.skin, paint.eye, paint.mouth, paint.hair, paint.nothing)
    colours[[SKIN, EYE, MOUTH, HAIR, NOTHING]] = parts
    depth = cv2.GaussianBlur(relief(drawing), (0, 0), len(drawing.depth) / 128)
    x, y = paint.light
    slope = x * cv2.Sobel(depth, cv2.CV_32F, 1, 0) + y * cv2.Sobel(depth, cv2.CV_32F, 0, 1)
    shade = 1 + 0.25 * np.tanh(3 * slope) - 0.15 * depth
    shade[drawing.region == NOTHING] = 1
    flat = (colours[drawing.region] * shade[..., None]).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(flat, (size, size)), np.uint8)
