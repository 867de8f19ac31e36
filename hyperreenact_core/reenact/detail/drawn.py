"""The head model itself as a guide: flat colours, shaded by the relief.

It stands in for a generator's picture where a set's own would err in the pose, which no network
could set right; what it shows is told anew in the source's colours in any case.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from .flow import NOTHING, Drawing
from .head_model import EYE, HAIR, MOUTH, SKIN, HeadModel
from .maps import relief

Colour = tuple[float, float, float]

_TEETH, _TONGUE = 10, 11
"""What triangles of the mouth show, beside the regions of head_model."""
_LAST_PIECE = 3


@dataclass(frozen=True)
class Paint:
    """Colours, 0 to 255, of the parts of a drawn head, and xy of where the light comes from."""

    skin: Colour = (190, 135, 105)
    eye: Colour = (230, 225, 220)
    mouth: Colour = (42, 16, 18)
    tongue: Colour = (150, 70, 75)
    teeth: Colour = (215, 208, 198)
    hair: Colour = (70, 55, 42)
    nothing: Colour = (128, 128, 128)
    light: tuple[float, float] = (0.4, 0.9)


def picture_of(model: HeadModel, drawing: Drawing, paint: Paint, size: int) -> NDArray[np.uint8]:
    """A drawing of a head -> [size, size, 3] RGB."""
    colours = np.zeros((256, 3), np.float32)
    parts = (paint.skin, paint.eye, paint.mouth, paint.hair, paint.nothing)
    colours[[SKIN, EYE, MOUTH, HAIR, NOTHING]] = parts
    colours[[_TEETH, _TONGUE]] = paint.teeth, paint.tongue
    shown = drawing.region.copy()
    covered = drawing.covered
    shown.reshape(-1)[covered.at] = _shown_by(model)[covered.triangle]
    depth = cv2.GaussianBlur(relief(drawing), (0, 0), len(drawing.depth) / 128)
    x, y = paint.light
    slope = x * cv2.Sobel(depth, cv2.CV_32F, 1, 0) + y * cv2.Sobel(depth, cv2.CV_32F, 0, 1)
    shade = 1 + 0.25 * np.tanh(3 * slope) - 0.15 * depth
    shade[drawing.region == NOTHING] = 1
    flat = (colours[shown] * shade[..., None]).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(flat, (size, size)), np.uint8)


@lru_cache(maxsize=2)
def _shown_by(model: HeadModel) -> NDArray[np.uint8]:
    """[F] what a triangle shows: as the model's region, but teeth and tongue apart from the mouth.

    Its mouth is the skin's inside, the upper teeth, the lower ones and the tongue, in this order.
    """
    shown = model.region.copy()
    inside = np.nonzero(model.region == MOUTH)[0]
    for piece, of in enumerate(_pieces(model.faces[inside])):
        if piece:
            shown[inside[of]] = _TONGUE if piece == _LAST_PIECE else _TEETH
    return shown


def _pieces(faces: NDArray[np.int32]) -> list[NDArray[np.int64]]:
    """Which triangles [F, 3] hang together, by their lowest vertices."""
    first = faces.min(1).astype(np.int64)
    names = np.arange(faces.max() + 1)
    while True:  # every vertex takes the lowest name around it
        lowest = names[faces].min(1)
        before = names.copy()
        np.minimum.at(names, faces.reshape(-1), np.repeat(lowest, 3))
        if (names == before).all():
            break
    of = names[first]
    return [np.nonzero(of == name)[0] for name in np.unique(of)]
