"""What no shape and expression of the linear head explains: there its vertices follow the points.

A Gaussian process: the points' errors are noise, and what is left moves what lies near by, where
nearness is measured on a face with its mouth and eyes open, whose lips and lids lie apart.
Source: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, section 2.2.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from ...heads.expression import ACTIONS
from .fit import OVAL, HeadFit
from .head_model import Doubles, Floats, HeadModel
from .products import product, solved

_REACH = 0.12
"""Decimetres over which neighbouring places are off alike, as a standard deviation."""
_SIZE = 0.04
"""Decimetres by which places are off, as a standard deviation."""
_SLIDING = 1.0
"""Decimetres: the oval's points slide along the outline and tell nothing."""
_OPENED = ("jawOpen", "eyeWideLeft", "eyeWideRight")


def with_remainder(model: HeadModel, fit: HeadFit, points: Doubles, spread: Doubles) -> HeadFit:
    """The fit with vertices moved so that the mesh points come to lie where they were read.

    points: [468, 2] as the fit was made from. spread: [468] of them, in pixels.
    """
    turned = model.points(fit.shape, fit.coefficients) @ fit.rotation.T
    off = (points - fit.project(turned)) * (1, -1)
    off *= (1 - fit.nearness * turned[:, 2:]) / fit.scale  # decimetres
    noise = spread / fit.scale / np.sqrt(fit.weights.clip(1e-3))
    noise[list(OVAL)] = _SLIDING
    near, among = _nearness(model)
    pulls = solved(_SIZE**2 * among + np.diag(noise**2), np.c_[off, np.zeros(len(off))])
    moved = product(near, (_SIZE**2 * pulls @ fit.rotation).astype(np.float32))
    return replace(fit, remainder=moved)


@lru_cache(maxsize=2)
def _nearness(model: HeadModel) -> tuple[Floats, Doubles]:
    """[V, 468] of the vertices to the points and [468, 468] of these to each other, 0 to 1."""
    opened = np.zeros(len(ACTIONS))
    opened[[ACTIONS.index(name) for name in _OPENED]] = 1.0
    shape = np.zeros(len(model.shapes))
    points = model.points(shape, opened)

    def likeness(places: Doubles) -> Doubles:
        apart = (places**2).sum(1)[:, None] + (points**2).sum(1) - 2 * product(places, points.T)
        return np.exp(apart / (-2 * _REACH**2))

    return likeness(model.vertices(shape, opened).astype(np.float64)).astype(np.float32), likeness(
        points
    )
