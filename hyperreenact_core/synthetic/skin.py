"""The painted face: blush, freckles, lids, brows, nostrils, lips, beard and hair line.

Every feature lies at fixed template positions and is worked out only for the points near it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .curves import FloatArray, smoothstep
from .eyes import Lids, eye_coordinates
from .mouth import lip_profile, lower_lip_edge, upper_lip_edge
from .noise import cell_noise, value_noise
from .paint import Paint, Points
from .parameters import Beard, Brows, Expression, Eyes, Hair, Identity, Lips, Skin
from .template import MOUTH_Y

_BROW_START, _BROW_LENGTH = 0.11, 0.40


def brow_line(along: FloatArray, brows: Brows) -> FloatArray:
    """Template height of the brow, `along` 0 at the nose to 1 at the temple."""
    arch = 1.0 - ((along - 0.62) * (1 / 0.62)) ** 2
    return brows.height + brows.arch * arch + brows.slope * along


def paint_skin(points: Points, identity: Identity, expression: Expression, lids: Lids) -> Paint:
    """All skin of the head; the ears and the neck are simpler and have their own."""
    skin = identity.skin
    paint = Paint.plain(len(points), skin.colour, gloss=0.16, sharpness=14.0, softness=1.0)
    paint.albedo *= 1 + 0.05 * points.grain
    across = np.abs(points.x)
    front = points.z > 0
    _blush(paint, points, skin, across=across)
    _freckles_and_moles(paint, points, skin)
    _lids(paint, points, identity.eyes, lids=lids, across=across)
    _brows(paint, points, identity.brows, across=across)
    folds = skin.age + 0.5 * expression.smile
    _nose_and_folds(paint, points, folds, across=across)
    mouth = np.flatnonzero(front & (across < 0.26) & (np.abs(points.y - MOUTH_Y) < 0.16))
    lip_cover = np.zeros(len(points), np.float32)
    lip_cover[mouth] = _lip_cover(points.x[mouth], points.y[mouth], identity.lips)
    _beard(paint, points, identity.beard, across=across, lip_cover=lip_cover)
    _lips(paint, points, identity.lips, at=mouth, cover=lip_cover[mouth])
    _hair_line(paint, points, identity.hair)
    return paint


def _box(
    points: Points, across: FloatArray, *, x: tuple[float, float], y: tuple[float, float]
) -> NDArray[np.intp]:
    """Indices of the points on the front with |x| and y in the open intervals."""
    inside = (across > x[0]) & (across < x[1]) & (points.y > y[0]) & (points.y < y[1])
    return np.flatnonzero(inside & (points.z > 0))


def _blush(paint: Paint, points: Points, skin: Skin, *, across: FloatArray) -> None:
    at = _box(points, across, x=(-1, 0.80), y=(-0.52, 0.10))
    x, y = across[at], points.y[at]
    cheeks = np.exp(-(((x - 0.42) * (1 / 0.17)) ** 2) - ((y + 0.22) * (1 / 0.13)) ** 2)
    nose = np.exp(-((x * (1 / 0.10)) ** 2) - ((y + 0.27) * (1 / 0.08)) ** 2)
    amount = skin.blush * (cheeks + 0.6 * nose)
    paint.darken(at, amount, (-0.04, 0.22, 0.20))


def _freckles_and_moles(paint: Paint, points: Points, skin: Skin) -> None:
    if skin.freckles > 0:
        at = np.flatnonzero((points.y < 0.1) & (points.y > -0.42) & (points.z > 0.42))
        x, y = points.x[at] * 23, points.y[at] * 27 + 0.4 * points.x[at]
        i, j = np.floor(x).astype(np.int32), np.floor(y).astype(np.int32)
        seed = int(skin.grain * 7)
        likely = skin.freckles * 0.75 * np.exp(-(((points.y[at] + 0.14) * (1 / 0.16)) ** 2))
        offset_x = 0.25 + 0.5 * cell_noise(i + 9, j + seed)
        offset_y = 0.25 + 0.5 * cell_noise(i + seed, j + 31)
        distance = np.hypot(x - i - offset_x, y - j - offset_y)
        size = 0.6 + 0.8 * cell_noise(i + 23, j + seed + 5)
        spot = 0.42 * smoothstep(0.34, 0.10, distance * (1 / size))
        spot *= (cell_noise(i + seed, j) < likely) * np.minimum(size, 1.0)
        paint.darken(at, spot, (0.6, 1.0, 1.1))
    for x, y, radius in skin.moles:
        if radius > 0:
            squared = (points.x - x) ** 2 + (points.y - y) ** 2
            at = np.flatnonzero((squared < radius * radius) & (points.z > 0))
            paint.darken(at, 0.75 * smoothstep(radius, 0.6 * radius, np.sqrt(squared[at])))


def _lids(paint: Paint, points: Points, eyes: Eyes, *, lids: Lids, across: FloatArray) -> None:
    """Eye shadow, lashes, the lower lid's rim, the upper lid's fold and the liner's wing."""
    at = _box(points, across, x=(0.04, 0.55), y=(-0.24, 0.28))
    u, v = eye_coordinates(points.x[at], points.y[at])
    upper, lower = lids.edges(u, opening=lids.openness(points.x[at]))
    between = np.abs(u) < 0.90
    above = v - upper
    if eyes.shadow > 0:
        shadow = np.exp(-np.maximum(above, 0.0) / 0.3) * smoothstep(-0.1, 0.1, above)
        shadow *= eyes.shadow * smoothstep(0.9, 0.5, np.abs(u)) * between
        paint.cover(at, eyes.shadow_colour, 0.6 * shadow)
    width = 0.07 + 0.07 * eyes.lashes * (0.5 + 0.5 * u)
    lashes = 0.92 * between * (1 - smoothstep(0.5, 1.0, np.abs(above - 0.01) / width))
    paint.cover(at, (0.05, 0.03, 0.03), lashes)
    rim = 0.30 * between * smoothstep(0.10, 0.02, np.abs(v - lower + 0.03))
    paint.darken(at, rim, (0.5, 1.0, 0.9))
    fold_height = eyes.upper_lid * 0.95 * (1 - (u * (1 / 1.05)) ** 2) + 0.22 + eyes.tilt * u
    fold = 0.20 * smoothstep(0.09, 0.02, np.abs(v - fold_height)) * smoothstep(1.0, 0.7, np.abs(u))
    paint.darken(at, fold * between)
    if eyes.lashes > 0.3:
        wing = smoothstep(0.09, 0.02, np.abs(v - eyes.tilt * u - (u - 0.9) * 0.5))
        wing *= 0.7 * eyes.lashes * smoothstep(1.12, 0.95, u) * ((u > 0.85) & ~between)
        paint.darken(at, wing)


def _brows(paint: Paint, points: Points, brows: Brows, *, across: FloatArray) -> None:
    at = _box(points, across, x=(_BROW_START, _BROW_START + _BROW_LENGTH), y=(0.1, 0.5))
    x, y = points.x[at], points.y[at]
    along = (across[at] - _BROW_START) * (1 / _BROW_LENGTH)
    thickness = brows.thickness * (1 - along) ** 0.45 * np.minimum(1.0, along * 7)
    distance = np.abs(y - brow_line(along, brows))
    inner = thickness * 0.6
    t = np.clip((distance - inner) / (thickness + 0.008 - inner), 0, 1)
    hairs = 0.80 + 0.35 * value_noise(x * 70 + y * 40, y * 30 - across[at] * 25)
    amount = (1 - t * t * (3 - 2 * t)) * brows.opacity * hairs
    paint.cover(at, brows.colour, np.minimum(amount, 1.0))


def _nose_and_folds(paint: Paint, points: Points, folds: float, *, across: FloatArray) -> None:
    """Nostrils, the shade under the nose and under the lip, and the lines beside the mouth."""
    at = _box(points, across, x=(-1, 0.32), y=(-0.82, -0.26))
    x, y = across[at], points.y[at]
    nostrils = np.exp(-(((x - 0.058) * (1 / 0.026)) ** 2) - ((y + 0.375) * (1 / 0.020)) ** 2)
    paint.darken(at, 0.80 * nostrils, (0.85, 1.0, 1.0))
    under_nose = 0.25 * np.exp(-((x * (1 / 0.13)) ** 2) - ((y + 0.41) * (1 / 0.03)) ** 2)
    under_lip = 0.18 * np.exp(-((x * (1 / 0.15)) ** 2) - ((y + 0.71) * (1 / 0.03)) ** 2)
    paint.shade(at, under_nose + under_lip)
    beside = np.abs(x - (0.16 + (-0.33 - y) * 0.45))
    line = smoothstep(0.03, 0.0, beside) * smoothstep(-0.28, -0.34, y)
    paint.shade(at, 0.22 * folds * line * smoothstep(-0.52, -0.45, y))


def _lip_cover(x: FloatArray, y: FloatArray, lips: Lips) -> FloatArray:
    """1 on the lips, 0 off them."""
    upper, lower = upper_lip_edge(x, lips), lower_lip_edge(x, lips)
    cover = smoothstep(0.010, -0.008, y - upper) * smoothstep(-0.010, 0.008, y - lower)
    return cover * (lip_profile(x) > 0)


def _lips(
    paint: Paint, points: Points, lips: Lips, *, at: NDArray[np.intp], cover: FloatArray
) -> None:
    paint.cover(at, lips.colour, cover)
    paint.gloss[at] += 0.125 * cover
    parting = np.exp(np.abs(points.y[at] - MOUTH_Y) * (-1 / 0.010))
    corner = smoothstep(0.0, 0.08, lip_profile(points.x[at]))
    paint.darken(at, 0.65 * parting * corner)


def _beard(
    paint: Paint, points: Points, beard: Beard, *, across: FloatArray, lip_cover: FloatArray
) -> None:
    """Cheeks, chin and moustache, with ragged borders."""
    if max(beard.cheeks, beard.chin, beard.moustache) == 0:
        return
    # All of a beard lies below this line from the moustache to the ears.
    at = np.flatnonzero((points.y < np.maximum(-0.38, -0.70 + 0.85 * across)) & (points.z > 0))
    signed, x, y = points.x[at], across[at], points.y[at]
    ragged = 0.05 * (value_noise(signed * 22, y * 22) - 0.5)
    border = y - (-0.60 + 0.85 * np.maximum(0.0, x - 0.22)) - ragged
    amount = beard.cheeks * smoothstep(0.03, -0.04, border) * smoothstep(0.10, 0.2, x)
    amount *= smoothstep(0.0, 0.14, points.z[at] + ragged)
    edge = x + ragged
    chin = smoothstep(0.30, 0.2, edge) * smoothstep(-0.60, -0.66, y + ragged)
    amount = np.maximum(amount, beard.chin * chin)
    band = smoothstep(-0.415, -0.455, y + 0.5 * ragged)
    band *= smoothstep(-0.66, -0.60, y - 0.3 * (x - 0.2)) * smoothstep(0.33, 0.27, edge)
    amount = np.maximum(amount, beard.moustache * band * ((x > 0.24) | (y > MOUTH_Y)))
    strands = 0.82 + 0.36 * value_noise(signed * 60, y * 20)
    colour = np.array(beard.colour, np.float32)[:, None] * strands
    paint.cover(at, colour, amount * (1 - lip_cover[at]))


def _hair_line(paint: Paint, points: Points, hair: Hair) -> None:
    """The shade under the hair's edge, or the stubble of a buzz cut."""
    if hair.style == "bald":
        return
    at = np.flatnonzero(points.hair > -0.25)
    height = points.hair[at]
    paint.shade(at, 0.40 * np.exp(np.minimum(height, 0.0) * (1 / 0.05)))
    if hair.style == "buzz":
        ragged = value_noise(points.x[at] * 20, points.y[at] * 20 + points.z[at] * 20) - 0.5
        paint.cover(at, hair.colour, 0.8 * smoothstep(-0.03, 0.05, height + 0.03 * ragged))
