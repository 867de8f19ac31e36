"""One person's face on another one's head: in its place, its turn and within its outline."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np

from ...imaging import smoothstep
from .fit import OVAL, HeadFit
from .flow import NOTHING, Drawing
from .head_model import Floats, HeadModel
from .pose import PosedHead, pose_head, vertices_of

_INWARDS = 0.45
"""Decimetres from the outline of the face from which on its features are the wearer's own."""
_OWN = 0.7
"""How much of their shape these keep there."""
_DEEPEST = -0.9
"""Decimetres behind the eyes; what lies deeper is no face."""
_ALIGNED = 0.2
"""Weight from which on a vertex tells how two shapes lie to each other."""
_BROWS, _FOREHEAD = 0.25, 0.6
"""Decimetres above the eyes where brows end, and the share of the forehead above that is worn:
hair hangs over the rest."""
_SOFT = 0.28
"""Decimetres over which what is worn fades towards the outline."""


def worn_on(model: HeadModel, own: HeadFit, other: HeadFit) -> PosedHead:
    """The head `other` as it is held in its picture, whose features have the shape of `own`.

    Seen at rest and within the outline of the face, where they are laid over the other's as well as
    a change of size and place allows.
    """
    weights = _inner(model)
    rest = np.zeros_like(other.coefficients)
    mine, theirs = (model.vertices(fit.shape, rest) for fit in (own, other))
    told = weights > _ALIGNED
    a, b = mine[told], theirs[told]
    size = float(((a - a.mean(0)) * (b - b.mean(0))).sum() / ((a - a.mean(0)) ** 2).sum())
    laid = (vertices_of(model, own, other.coefficients) - a.mean(0)) * size + b.mean(0)
    acting = model.vertices(other.shape, other.coefficients)
    mixed = acting + (laid - acting) * (_OWN * weights[:, None])
    return pose_head(model, other, vertices=np.asarray(mixed, np.float32))


def worn_part(model: HeadModel, fit: HeadFit, drawing: Drawing, side: int) -> Floats:
    """[side, side] 1 on the face of a head that is drawn as `fit` holds it, softly 0 outside.

    From the forehead to the chin, within what is seen of the head.
    """
    outline = model.points(fit.shape, fit.coefficients)[list(OVAL)]
    above = outline[:, 1] > _BROWS
    outline[above, 1] = _BROWS + _FOREHEAD * (outline[above, 1] - _BROWS)
    scale = side / drawing.side
    hull = cv2.convexHull((fit.project(outline @ fit.rotation.T) * scale).astype(np.float32))
    face = np.zeros((side, side), np.uint8)
    cv2.fillConvexPoly(face, np.rint(hull).astype(np.int32), 1)
    head = (drawing.region != NOTHING).astype(np.uint8)
    face &= np.asarray(cv2.resize(head, (side, side), interpolation=cv2.INTER_NEAREST), np.uint8)
    soft = max(_SOFT * fit.scale * scale, 1.0)
    inwards = cv2.distanceTransform(np.pad(face, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    part = smoothstep(np.asarray(inwards / soft, np.float32))
    return np.asarray(cv2.GaussianBlur(part, (0, 0), soft / 6) * (face > 0), np.float32)


def placed_in(fit: HeadFit, matrix: Floats) -> HeadFit:
    """The same head in a picture that is enlarged and moved by a [3, 3] pixel matrix."""
    scale = float(matrix[0, 0])
    return replace(fit, centre=fit.centre * scale + matrix[:2, 2], scale=fit.scale * scale)


@lru_cache(maxsize=2)
def _inner(model: HeadModel) -> Floats:
    """[V] how far within the outline of the face a vertex lies, 0 to 1."""
    outline = model.point_mean[list(OVAL)][:, :2].astype(np.float32)
    inwards = [
        cv2.pointPolygonTest(outline, (x, y), measureDist=True)
        for x, y in model.mean[:, :2].astype(float).tolist()
    ]
    weights = smoothstep(np.array(inwards, np.float32) / np.float32(_INWARDS))
    return np.where(model.mean[:, 2] < _DEEPEST, 0, weights).astype(np.float32)
