"""What the camera sees of a posed figure, with lids, mouth and hair line cut out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .camera import Viewport, project
from .eyes import Lids, eye_coordinates
from .figure import HAIR, TEXTURE, PosedFigure
from .materials import hair_edge
from .rasterise import Discard, Fragments, rasterise
from .surfaces import Material
from .template import MOUTH_Y

_MOUTH_CUT_HALF_HEIGHT, _MOUTH_CUT_HALF_WIDTH = 0.005, 0.228
_EYE_RECESS, _MOUTH_RECESS = 0.06, 0.08
"""Eyeballs and teeth are drawn this much behind where they are, so that they never pierce the thin
skin before them."""


def visible_fragments(
    posed: PosedFigure, viewport: Viewport, *, lids: Lids, size: int
) -> tuple[Fragments, NDArray[np.uint8], NDArray[np.bool_]]:
    """The seen fragments, their materials, and whether their faces look away from the viewer."""
    figure = posed.figure
    screen = np.empty_like(posed.vertices)
    screen[:, :2] = viewport.pixels(project(posed.vertices), size=size)
    screen[:, 2] = posed.vertices[:, 2]
    for eye in figure.eyes:
        screen[eye.span, 2] -= _EYE_RECESS
    for part in figure.mouth:
        screen[part.span, 2] -= _MOUTH_RECESS
    fragments, looks_away = rasterise(
        screen,
        figure.faces,
        size=size,
        two_sided=figure.two_sided,
        cut=figure.cut,
        discard=_holes(posed, lids),
    )
    material = figure.material[fragments.face]
    away = looks_away[fragments.face]
    material[away & (material == Material.SKIN)] = Material.CAVITY
    return fragments, material, away


def _holes(posed: PosedFigure, lids: Lids) -> Discard:
    """The test for fragments that are cut away."""
    figure, attributes = posed.figure, posed.attributes
    texture_x, texture_y = attributes[:, TEXTURE][:, 0], attributes[:, TEXTURE][:, 1]
    hair = np.ascontiguousarray(attributes[:, HAIR])

    def holes(fragments: Fragments) -> NDArray[np.bool_]:
        x = fragments.interpolate(texture_x, figure.faces)
        y = fragments.interpolate(texture_y, figure.faces)
        is_hair = figure.material[fragments.face] == Material.HAIR
        cut = np.empty(len(x), bool)
        at = np.flatnonzero(is_hair)
        cut[at] = fragments[at].interpolate(hair, figure.faces) < hair_edge(x[at], y[at])
        at = np.flatnonzero(~is_hair)
        cut[at] = _in_mouth(x[at], y[at]) | _between_lids(x[at], y[at], lids)
        return cut

    return holes


def _in_mouth(x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.bool_]:
    return (np.abs(y - MOUTH_Y) < _MOUTH_CUT_HALF_HEIGHT) & (np.abs(x) < _MOUTH_CUT_HALF_WIDTH)


def _between_lids(x: NDArray[np.float32], y: NDArray[np.float32], lids: Lids) -> NDArray[np.bool_]:
    u, v = eye_coordinates(x, y)
    upper, lower = lids.edges(u, opening=lids.openness(x))
    return (v < upper) & (v > lower)
