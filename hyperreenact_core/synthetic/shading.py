"""Colour of the seen fragments: each material paints its points, then one light falls on all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from . import materials
from .curves import FloatArray
from .eyes import Lids
from .figure import ATTRIBUTES, GRAIN, HAIR, NORMAL, TEXTURE, PosedFigure
from .lighting import catchlight, light
from .paint import Paint, Points
from .parameters import Environment, Expression, Identity
from .rasterise import Fragments
from .skin import paint_skin
from .surfaces import Material


def shade(
    posed: PosedFigure,
    fragments: Fragments,
    *,
    material: NDArray[np.uint8],
    away: NDArray[np.bool_],
    expression: Expression,
    environment: Environment,
    lids: Lids,
) -> FloatArray:
    """[K] seen fragments, their materials and whether their faces look away -> [3, K] colours."""
    values = _interpolate(posed, fragments)
    normal = values[NORMAL]
    normal *= 1 / np.sqrt((normal * normal).sum(0) + 1e-9)
    whole = Paint.plain(len(material), (0.0, 0.0, 0.0), gloss=0.0)
    present = np.flatnonzero(np.bincount(material, minlength=len(Material)))
    for kind in present:
        at = np.flatnonzero(material == kind)
        points = _points(values[:, at], away[at])
        paint = _paint(Material(kind), points, posed.figure.identity, expression, lids)
        normal[:, at] = points.normal
        whole.albedo[:, at] = paint.albedo
        for name in ("gloss", "sharpness", "openness", "softness"):
            getattr(whole, name)[at] = getattr(paint, name)
    colour = light(normal, whole, environment)
    at = np.flatnonzero(material == Material.EYE)
    colour[:, at] += (1 - colour[:, at]) * catchlight(normal[:, at], environment)
    return colour


def _interpolate(posed: PosedFigure, fragments: Fragments) -> FloatArray:
    """[8, K] vertex attributes at the fragments."""
    faces, table = posed.figure.faces[fragments.face], posed.attributes
    values = table[faces[:, 0]] * fragments.weight_a[:, None]
    values += table[faces[:, 1]] * fragments.weight_b[:, None]
    values += table[faces[:, 2]] * fragments.weight_c[:, None]
    return np.ascontiguousarray(values.reshape(-1, ATTRIBUTES).T)


def _points(values: FloatArray, away: NDArray[np.bool_]) -> Points:
    x, y, z = values[TEXTURE]
    return Points(
        normal=values[NORMAL], x=x, y=y, z=z, hair=values[HAIR], grain=values[GRAIN], away=away
    )


def _paint(
    material: Material, points: Points, identity: Identity, expression: Expression, lids: Lids
) -> Paint:
    match material:
        case Material.SKIN:
            return paint_skin(points, identity, expression, lids)
        case Material.EYE:
            return materials.paint_eye(points, identity.eyes)
        case Material.TEETH:
            return materials.paint_teeth(points)
        case Material.TONGUE:
            return materials.paint_tongue(points)
        case Material.HAIR:
            return materials.paint_hair(points, identity)
        case Material.EAR:
            return materials.paint_ear(points, identity)
        case Material.NECK:
            return materials.paint_neck(points, identity)
        case Material.CLOTH:
            return materials.paint_cloth(points, identity.clothing)
        case Material.GLASSES:
            assert identity.glasses is not None
            return materials.paint_glasses(points, identity.glasses)
        case Material.CAVITY:
            return materials.paint_cavity(points)
