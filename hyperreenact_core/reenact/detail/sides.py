"""What covers the sides of a head that a picture does not show: hair that goes past its outline."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .drawn import Paint
from .flow import NOTHING, Drawing, depth_of
from .head_model import Floats, HeadModel

_BESIDE = 0.15
"""Decimetres off the head's outline where hair is looked for."""
_REACH = 0.5
"""Decimetres within the outline up to which it is taken to cover what is hidden there."""
_HIDDEN = 0.06
"""Decimetres behind what the picture shows."""
_BLUR = 0.04
"""Decimetres of the picture that make one colour of hair."""
_SIDES, _JAW = -0.45, -0.55
"""Decimetres behind the eyes where the sides of a head begin, with its ears, and below the eyes
where the jaw does: a collar or the neck is beside it.
"""


def hair_over_sides(
    model: HeadModel, drawing: Drawing, picture: NDArray[np.uint8], figure: Floats, paint: Paint
) -> Floats:
    """[V, 3] what is to be added to the paint of the skin where hair covers it.

    Hair that hangs beside a face covers the ear behind as well: painted as skin, the ear would come
    out of it as the head turns. picture: [S, S, 3] with the head drawn into it. figure: [S, S] 1 on
    the person, so that a dark wall is no hair; all 1 where that is not known, and nothing is hair.
    """
    if figure.min() == 1:
        return np.zeros_like(model.mean)
    unit = drawing.posed.scale * drawing.size / drawing.side  # pixels a decimetre
    xy = (drawing.posed.xy * (drawing.size / drawing.side)).astype(np.float32)
    outside, away = _beside_outline(drawing, xy, _BESIDE * unit)
    colours = cv2.GaussianBlur(picture, (0, 0), max(_BLUR * unit, 0.5))
    found = _looked_up(colours, outside)
    free = (drawing.region == NOTHING).astype(np.float32)
    person = _looked_up(free * figure, outside) > 0.5
    column, row = np.rint(xy).astype(np.int32).clip(0, drawing.size - 1).T
    hidden = depth_of(model, drawing.posed) > drawing.depth[row, column] + _HIDDEN
    near = np.exp(-((away / (_REACH * unit)) ** 2))
    sides = (model.mean[:, 2] < _SIDES) & (model.mean[:, 1] > _JAW)
    share = (hidden & person & sides) * near * _hairy(found, paint)
    return (share[:, None] * (found - np.array(paint.skin))).astype(np.float32)


def _beside_outline(drawing: Drawing, xy: Floats, beside: float) -> tuple[Floats, Floats]:
    """[V, 2] places so many pixels off the head's outline, the nearest to each of xy [V, 2], and
    [V] how far the outline is."""
    off = (drawing.region == NOTHING).astype(np.uint8)
    away, names = cv2.distanceTransformWithLabels(
        1 - off, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    rows, columns = np.nonzero(off)
    places = np.zeros((int(names.max()) + 1, 2), np.float32)
    places[names[rows, columns]] = np.stack([columns, rows], 1)
    column, row = np.rint(xy).astype(np.int32).clip(0, drawing.size - 1).T
    edge = places[names[row, column]]
    outwards = edge - xy
    length = np.maximum(np.linalg.norm(outwards, axis=1, keepdims=True), 1)
    outside = np.asarray(edge + outwards / length * beside, np.float32)
    return outside, np.asarray(away[row, column], np.float32)


def _looked_up(picture: NDArray[np.generic], xy: Floats) -> Floats:
    """[S, S, ...] at [V, 2] -> [V, ...], bilinear; 0 outside."""
    x, y = xy[:, :1], xy[:, 1:]
    found = cv2.remap(np.asarray(picture, np.float32), x, y, cv2.INTER_LINEAR, borderValue=0)
    return np.asarray(found, np.float32)[:, 0]


def _hairy(colours: Floats, paint: Paint) -> Floats:
    """[V, 3] -> [V] 1 for what looks like the hair, 0 for what looks more like the skin."""
    to_hair, to_skin = (
        np.linalg.norm(colours - np.array(colour), axis=1) for colour in (paint.hair, paint.skin)
    )
    apart = max(float(np.linalg.norm(np.subtract(paint.hair, paint.skin))), 1.0)
    return np.asarray((4 * (to_skin - to_hair) / apart).clip(0, 1), np.float32)
