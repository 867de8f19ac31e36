"""What triangles of a drawn head show, finer than the head model's regions."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from .flow import Drawing
from .head_model import EYE, HAIR, MOUTH, SKIN, HeadModel

TEETH, TONGUE, LIP, IRIS = 10, 11, 12, 13
"""What triangles show, beside the regions of head_model."""
LAST_PIECE = 3
IRIS_REACH = 0.07
"""From an eyeball's front to where its iris ends, in decimetres."""
INSIDE = (MOUTH, TEETH, TONGUE)
_AROUND = 0.3
"""Skin so near to eyes and lips, in decimetres, is drawn finely with them."""
LIPS = (
    *(61, 185, 40, 39, 37, 0, 267, 269, 270, 409),
    *(291, 375, 321, 405, 314, 17, 84, 181, 91, 146),
)
"""Mesh points around the lips."""


def shown_in(model: HeadModel, drawing: Drawing) -> NDArray[np.uint8]:
    """[S, S] as the drawing's region, with lips, irises, teeth and tongue."""
    shown = drawing.region.copy()
    covered = drawing.covered
    shown.reshape(-1)[covered.at] = shown_by(model)[covered.triangle]
    shut = (drawing.region == SKIN) & np.isin(shown, INSIDE)
    return np.where(shut, np.uint8(LIP), shown)


@lru_cache(maxsize=2)
def shown_by(model: HeadModel) -> NDArray[np.uint8]:
    """[F] what a triangle shows: as the model's region, with lips, irises, teeth and tongue."""
    shown = model.region.copy()
    middle = model.mean[model.faces].mean(1)
    outline = model.point_mean[list(LIPS), :2].astype(np.float32)
    for triangle in np.nonzero((model.region == SKIN) & (middle[:, 2] > 0))[0]:
        x, y = middle[triangle, :2].tolist()
        if cv2.pointPolygonTest(outline, (x, y), measureDist=False) > 0:
            shown[triangle] = LIP
    eyes = np.nonzero(model.region == EYE)[0]
    for of in pieces(model.faces[eyes]):
        ball = eyes[of]
        corners = model.mean[model.faces[ball]]  # [F, 3, 3]
        front = corners.reshape(-1, 3)[corners[..., 2].argmax()]
        away = np.linalg.norm(corners - front, axis=2).max(1)
        shown[ball[away < IRIS_REACH]] = IRIS
    # The mouth is the skin's inside, the upper teeth, the lower ones and the tongue, in this order.
    inside = np.nonzero(model.region == MOUTH)[0]
    for piece, of in enumerate(pieces(model.faces[inside])):
        if piece:
            shown[inside[of]] = TONGUE if piece == LAST_PIECE else TEETH
    return shown


def pieces(faces: NDArray[np.int32]) -> list[NDArray[np.int64]]:
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


@lru_cache(maxsize=2)
def near_features(model: HeadModel) -> NDArray[np.int32]:
    """Triangles of lips, eyes and the mouth, and of the skin around them."""
    shown = shown_by(model)
    middle = model.mean[model.faces].mean(1)
    around = middle[(shown == LIP) | ((shown == EYE) & (middle[:, 2] > 0))]
    away = torch.cdist(torch.from_numpy(middle), torch.from_numpy(around)).amin(1).numpy()
    kept = ((shown != HAIR) & (away < _AROUND)) | ~np.isin(shown, (SKIN, HAIR))
    return np.nonzero(kept)[0].astype(np.int32)
