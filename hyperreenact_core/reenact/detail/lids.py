"""Eyelids: where their edges are, and that they close when a driver's do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...heads.expression import ACTIONS
from ...imaging import smoothstep
from .fit import HeadFit
from .head_model import Doubles, HeadModel, Indices
from .pose import PosedHead
from .products import product

_UPPER = (
    (33, 246, 161, 160, 159, 158, 157, 173, 133),
    (263, 466, 388, 387, 386, 385, 384, 398, 362),
)
_LOWER = ((33, 7, 163, 144, 145, 153, 154, 155, 133), (263, 249, 390, 373, 374, 380, 381, 382, 362))
"""Mesh points along the edges of lids, from corner to corner; first the eye on viewers' left."""
_MIDDLE = slice(3, 6)
_BLINKS = (ACTIONS.index("eyeBlinkRight"), ACTIONS.index("eyeBlinkLeft"))
_NARROWING = ("eyeBlink", "eyeSquint", "eyeLookDown", "cheekSquint")
_SHUT, _OPEN = 0.27, 0.6
"""What is left of an eye's opening where a reader of faces sees it shut, and from where on it is as
it is read: points of lids that meet are read a little apart."""

_APART = (0.5, 0.65)
"""How open the wider eye is up to which both are alike, and from which on each is as it is."""


@dataclass(frozen=True, eq=False)
class LidEdges:
    """Vertices along the edges of the lids of one eye, from corner to corner."""

    upper: Indices
    lower: Indices


@lru_cache(maxsize=2)
def lid_edges(model: HeadModel) -> tuple[LidEdges, LidEdges]:
    """Of both eyes, that on the viewer's left first."""

    first, second = (
        LidEdges(model.vertices_at(upper), model.vertices_at(lower))
        for upper, lower in zip(_UPPER, _LOWER, strict=True)
    )
    return first, second


def openings(model: HeadModel, posed: PosedHead) -> tuple[float, float]:
    """Decimetres between the lids of both eyes, in their middle."""
    between = (
        (posed.vertices[edges.upper[_MIDDLE]] - posed.vertices[edges.lower[_MIDDLE]]).mean(0)
        for edges in lid_edges(model)
    )
    first, second = (float(np.linalg.norm(gap)) for gap in between)
    return first, second


def with_shut_lids(model: HeadModel, fit: HeadFit, coefficients: Doubles) -> Doubles:
    """[52] coefficients whose blinks close the lids of this head as far as they should.

    What closes one person's eyes leaves those of another a slit, or lets lids pass through each
    other; and what a reader sees of shut eyes is never quite shut. A source's own expression stays.
    """
    wide = coefficients.copy()
    wide[_narrowing()] = 0
    free, own, now = (_heights(model, fit, face) for face in (wide, fit.coefficients, coefficients))
    free = np.maximum(free, 1e-3)
    own = own / free
    blinks = list(_BLINKS)
    rates = -_between(model)[(0, 1), [len(fit.shape) + blink for blink in blinks]]
    result = coefficients.copy()
    result[blinks] = (coefficients[blinks] + (now - free * _told(now / free, own)) / rates).clip(0)
    return result


def _told(openness: Doubles, own: Doubles) -> Doubles:
    """[2] how open eyes are, of those read so open and of a source whose own are so open."""
    whole = np.minimum(_OPEN, own)
    # One eye shuts alone; two that are nearly shut are so alike, however they are read.
    alike = smoothstep((_APART[1] - openness.max()) / (_APART[1] - _APART[0]))
    level = openness + alike * (openness.mean() - openness)
    lower = ((level - _SHUT) * (whole / np.maximum(whole - _SHUT, 0.05))).clip(0)
    told = np.where((openness < whole) & (own > _SHUT), np.minimum(lower, openness), openness)
    return np.maximum(told, 0)


def _heights(model: HeadModel, fit: HeadFit, coefficients: Doubles) -> Doubles:
    """[2] decimetres from the lower to the upper lids; less than none where they overlap."""
    heights = product(_between(model), np.concatenate([fit.shape, coefficients, [1.0]]))
    if fit.remainder is not None:
        heights = heights + [_height(fit.remainder, edges) for edges in lid_edges(model)]
    return heights


@lru_cache(maxsize=2)
def _between(model: HeadModel) -> Doubles:
    """[2, K + 52 + 1] what shapes, actions and the mean head add to the openings of the eyes."""
    actions = np.zeros((len(ACTIONS), *model.mean.shape), np.float32)
    actions[:, model.moved] = model.actions
    every = np.concatenate([model.shapes, actions, model.mean[None]])
    return np.array([[_height(values, edges) for values in every] for edges in lid_edges(model)])


def _height(vertices: np.ndarray[tuple[int, ...], np.dtype[np.floating]], edges: LidEdges) -> float:
    """Of the opening in its middle, from lower to upper lid."""
    return float((vertices[edges.upper[_MIDDLE], 1] - vertices[edges.lower[_MIDDLE], 1]).mean())


@lru_cache(maxsize=1)
def _narrowing() -> Indices:
    """Actions that narrow an eye."""
    return np.array([i for i, name in enumerate(ACTIONS) if name.startswith(_NARROWING)], np.int32)
