"""What the camera sees of a posed figure, with lids, mouth and hair line cut out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .camera import Viewport, project
from .curves import FloatArray
from .eyes import Lids, eye_coordinates
from .figure import HAIR, TEXTURE, PosedFigure
from .materials import hair_edge
from .rasterise import Fragments, Recess, rasterise
from .surfaces import Material
from .template import MOUTH_Y

_MOUTH_CUT_HALF_HEIGHT, _MOUTH_CUT_HALF_WIDTH = 0.005, 0.228
_EYE_RECESS, _TEETH_RECESS = 0.06, 0.08
"""Eyeballs and teeth are drawn this much behind where they are, so that they never pierce the thin
skin before them."""
_SOCKET_RECESS, _THROAT_RECESS = 0.16, 0.45
"""The skin that lids and lips cut out is not removed but drawn this much farther back, as the flesh
behind eyeballs and teeth: so nothing is ever seen through the head, from any side."""


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
        screen[part.span, 2] -= _TEETH_RECESS
    fragments, looks_away = rasterise(
        screen,
        figure.faces,
        size=size,
        two_sided=figure.two_sided,
        cut=figure.cut,
        recess=_cuts(posed, lids),
    )
    material = figure.material[fragments.face]
    at = np.flatnonzero(figure.cut[fragments.face] & (material == Material.SKIN))
    material[at[_openings(posed, fragments[at], lids) > 0]] = Material.CAVITY
    return fragments, material, looks_away[fragments.face]


def _cuts(posed: PosedFigure, lids: Lids) -> Recess:
    """Holes beyond the hair line, recesses in mouth and eyes."""
    figure = posed.figure
    hair = np.ascontiguousarray(posed.attributes[:, HAIR])

    def recess(fragments: Fragments) -> FloatArray:
        depth = np.zeros(len(fragments.face), np.float32)
        is_hair = figure.material[fragments.face] == Material.HAIR
        at = np.flatnonzero(is_hair)
        x, y = _texture(posed, fragments[at])
        beyond = fragments[at].interpolate(hair, figure.faces) < hair_edge(x, y)
        depth[at[beyond]] = np.inf
        at = np.flatnonzero(~is_hair)
        depth[at] = _openings(posed, fragments[at], lids)
        return depth

    return recess


def _texture(posed: PosedFigure, fragments: Fragments) -> tuple[FloatArray, FloatArray]:
    """Texture x and y of the fragments."""
    texture = posed.attributes[:, TEXTURE]
    x = fragments.interpolate(texture[:, 0], posed.figure.faces)
    return x, fragments.interpolate(texture[:, 1], posed.figure.faces)


def _openings(posed: PosedFigure, fragments: Fragments, lids: Lids) -> FloatArray:
    """How deep the mouth or the eye is at fragments of skin; 0 where the skin is whole."""
    x, y = _texture(posed, fragments)
    depth = np.where(_between_lids(x, y, lids), np.float32(_SOCKET_RECESS), np.float32(0))
    depth[_in_mouth(x, y)] = _THROAT_RECESS
    return depth


def _in_mouth(x: FloatArray, y: FloatArray) -> NDArray[np.bool_]:
    return (np.abs(y - MOUTH_Y) < _MOUTH_CUT_HALF_HEIGHT) & (np.abs(x) < _MOUTH_CUT_HALF_WIDTH)


def _between_lids(x: FloatArray, y: FloatArray, lids: Lids) -> NDArray[np.bool_]:
    u, v = eye_coordinates(x, y)
    upper, lower = lids.edges(u, opening=lids.openness(x))
    return (v < upper) & (v > lower)
