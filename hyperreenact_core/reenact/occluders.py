"""What lies before a face, found in its picture: hands, microphones, hair.

The reader tells of every mesh point whether it is seen, and frames with nothing before the face
tell what colour it has there. Points that face the camera and are hidden, or look like something
else, lie behind something; where that ends is looked for in the picture.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..imaging import ImageU8, smoothstep
from ..types import FaceReading
from .detail.fit import OVAL, HeadFit
from .detail.head_model import Doubles, Floats, HeadModel

_SIDE = 128
"""Of the pictures in which things are looked for."""
_SKULL = np.array([0.0, -0.4, -1.0])
"""The skin of the face looks away from here."""
_FACING = (0.3, 0.55)
"""Cosines between which a point faces the camera more and more."""
_BESIDE, _BEHIND = 0.15, 0.2
"""Decimetres to the side within which a point of the face hides one that lies so far behind it."""
_FEWEST = 0.03
"""Share of the points that face the camera from which on something lies before them."""
_PATCH = 0.06
"""Decimetres, as a standard deviation, over which the colour of a point is measured."""
_TREMBLE = np.array([14.0, 5.0, 5.0])
"""By how much the colours of a face change by themselves: light, and both of colour."""
_OTHER, _UNLIKE = (2.0, 3.5), (0.15, 0.45)
"""So many of these apart, a point shows something else; and one may, if the reader says so."""
_ENOUGH, _FOLLOWS = 3, 0.1
"""Frames after which colours are known, and how much of them a later one tells."""
_SEEN = 0.2
"""Share up to which a point counts as seen while something lies before others."""
_REACH = 0.09
"""Decimetres, as a standard deviation, over which a point tells of what is around it."""
_GRID = 48
_SURE = 0.9
"""Share of what is told from which on it is not doubted."""
_ROUNDS = 2
"""Of telling colours apart."""
_EDGE = 1.0
"""Pixels, as a standard deviation, over which what lies before the face ends."""


class Occluders:
    """Finds what lies before one face, frame after frame; knows the face's colours in a scene."""

    def __init__(self, model: HeadModel) -> None:
        self._model = model
        self._colours: Doubles | None = None
        self._frames = self._scene = 0

    def before(
        self, picture: ImageU8, reading: FaceReading, fit: HeadFit, *, scene: int = 0
    ) -> Floats | None:
        """[S, S] in 0..1: how much of each pixel lies before the face; None where nothing does.

        picture: [S, S, 3]. reading, fit: of the face, in pixels of the picture. scene: its number;
        behind a cut nothing is known. What is told beyond the face means nothing.
        """
        if reading.visible is None:
            return None
        if scene != self._scene:
            self._colours, self._frames, self._scene = None, 0, scene
        side = len(picture)
        scale = _SIDE / side
        size = (_SIDE, _SIDE)
        small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        places = self._model.points(fit.shape, fit.coefficients) @ fit.rotation.T
        points, unit = fit.project(places) * scale, fit.scale * scale
        facing = _facing(fit, places)
        hidden = 1 - reading.visible.double().numpy()
        colours = _colours_at(small, points, unit)
        off = self._off(colours, facing)
        if off is not None:
            hidden = np.maximum(_rise(off, *_OTHER), hidden * _rise(off, *_UNLIKE))
        free = float(facing @ (hidden > 0.5)) < _FEWEST * facing.sum()
        self._learn(colours, hidden, free=free)
        if free:
            return None
        face = np.zeros((_SIDE, _SIDE), np.uint8)
        cv2.fillConvexPoly(face, cv2.convexHull(points[list(OVAL)].astype(np.int32)), 1)
        if not face.any():
            return None
        part = _told_apart(small, _spread(points, hidden, facing, unit), face)
        part = cv2.GaussianBlur(part, (0, 0), _EDGE)
        return np.asarray(cv2.resize(part, (side, side)), np.float32)

    def _off(self, colours: Doubles, facing: Doubles) -> Doubles | None:
        """[468] how far colours are from what is known of them, but for all the light's change."""
        if self._colours is None or self._frames < _ENOUGH:
            return None
        change = colours - self._colours
        light = np.median(change[facing > 0.5], axis=0) if (facing > 0.5).any() else 0
        return np.linalg.norm((change - light) / _TREMBLE, axis=1)

    def _learn(self, colours: Doubles, hidden: Doubles, *, free: bool) -> None:
        """free: whether nothing lies before the face; else only points that are seen count."""
        if free:
            self._frames += 1
        if self._colours is None:
            self._colours = colours if free else None
            return
        share = max(1 / self._frames, _FOLLOWS)
        seen = np.where(free, 1.0, hidden < _SEEN)[:, None]
        self._colours = self._colours + share * seen * (colours - self._colours)


def _colours_at(picture: ImageU8, points: Doubles, unit: float) -> Doubles:
    """[468, 3] the Lab colours of points; unit: pixels a decimetre."""
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    even = cv2.GaussianBlur(lab, (0, 0), max(_PATCH * unit, 0.5))
    x, y = points.astype(np.float32).T[:, None] - 0.5
    return cv2.remap(even, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0].astype(float)


def _facing(fit: HeadFit, places: Doubles) -> Doubles:
    """[468] how much each point, turned, faces the camera and lies behind no other of the face."""
    outwards = places - _SKULL @ fit.rotation.T
    cosines = outwards[:, 2] / np.linalg.norm(outwards, axis=1)
    off = places[:, None] - places[None]
    behind = (np.hypot(off[..., 0], off[..., 1]) < _BESIDE) & (off[..., 2] < -_BEHIND)
    return _rise(cosines, *_FACING) * ~behind.any(1)


def _rise(values: Doubles, low: float, high: float) -> Doubles:
    """0 up to `low`, 1 from `high` on."""
    return smoothstep((values - low) / (high - low))


def _spread(points: Doubles, hidden: Doubles, weights: Doubles, unit: float) -> Floats:
    """[_SIDE, _SIDE] the share that is hidden, from what points tell; unit: pixels a decimetre."""
    at = (np.arange(_GRID) + 0.5) * (_SIDE / _GRID)
    reach = 2 * (_REACH * unit) ** 2
    apart = ((points[:, None] - points[None]) ** 2).sum(-1)
    weights = weights / np.exp(-apart / reach).sum(1)  # mouth and eyes have most of the points
    down, across = (np.exp(-((at[:, None] - points[:, axis]) ** 2) / reach) for axis in (1, 0))
    told = (down * weights) @ across.T
    share = (down * (weights * hidden)) @ across.T / np.maximum(told, 1e-6)
    return np.asarray(cv2.resize(share.astype(np.float32), (_SIDE, _SIDE)), np.float32)


def _told_apart(picture: ImageU8, share: Floats, face: NDArray[np.uint8]) -> Floats:
    """[S, S] 1 where colours are rather those of what hides than those of the face.

    Rother, Kolmogorov and Blake, GrabCut, 2004. Beyond the face its nearest pixels go on.
    """
    _, labels = cv2.distanceTransformWithLabels(
        1 - face, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    nearest = np.asarray(labels, int)
    y, x = np.nonzero(face)
    order = np.zeros(len(y) + 1, int)
    order[nearest[y, x]] = np.arange(len(y))
    at = order[nearest]
    inside, told = picture[y[at], x[at]], share[y[at], x[at]]
    mask = np.where(told > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    mask[told < 1 - _SURE] = cv2.GC_BGD
    mask[told > _SURE] = cv2.GC_FGD
    if not (np.any(mask == cv2.GC_BGD) and np.any(mask == cv2.GC_FGD)):
        return (told > 0.5).astype(np.float32)
    state = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    cv2.grabCut(inside, mask, (0, 0, 0, 0), *state, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    return np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
