"""Everything that is not the skin of the face: eyes, mouth, hair, ears, neck, shirt, glasses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .curves import FloatArray, smoothstep
from .noise import value_noise
from .paint import Paint, Points, column
from .parameters import Clothing, Eyes, Glasses, Identity
from .surfaces import Material


def paint_eye(points: Points, eyes: Eyes) -> Paint:
    """White, iris and pupil; texture: direction from the eye's centre, the gaze along z."""
    paint = Paint.plain(len(points), (0.96, 0.95, 0.94), gloss=0.0)
    facing = points.z > 0
    radius = np.where(facing, np.sqrt(np.clip(1 - points.z**2, 0, None)), np.float32(1))
    iris = eyes.iris_radius
    everywhere = np.arange(len(points))
    paint.darken(everywhere, 0.25 * smoothstep(0.6, 1.0, radius) * (radius > iris), (0, 1, 1))
    at = np.flatnonzero(radius < iris + 0.03)
    r, x, y = radius[at], points.x[at], points.y[at]
    fibres = 0.75 + 0.5 * value_noise(np.arctan2(y, x) * 5 + 9, r * 6)
    light = (1.25 - 0.9 * smoothstep(-iris, iris, y)) * fibres
    light *= 1 - 0.65 * smoothstep(iris * 0.78, iris, r)
    colour = np.array(eyes.iris_colour, np.float32)[:, None] * light
    paint.cover(at, colour, smoothstep(iris + 0.03, iris - 0.03, r))
    paint.darken(at, 0.97 * smoothstep(iris * 0.5 + 0.03, iris * 0.5 - 0.03, r))
    # The upper lid shades the ball below it.
    paint.openness[:] = 0.60 + 0.40 * smoothstep(0.55, -0.1, points.normal[1])
    return paint


def paint_teeth(points: Points) -> Paint:
    """White, with faint lines between the teeth and a pink gum line; texture: (angle, height)."""
    paint = Paint.plain(len(points), (0.95, 0.93, 0.89), gloss=0.2, openness=0.85)
    line = np.abs(np.sin(points.x * 6.0))
    paint.darken(np.arange(len(points)), 0.16 * smoothstep(0.22, 0.0, line))
    return paint


def strands(longitude: FloatArray, y: FloatArray, curl: FloatArray) -> FloatArray:
    """Light and dark along the hairs, in [0, 1]."""
    bundles = np.sin(longitude * 30 + 4 * value_noise(longitude * 3, y * 3) + curl * y * 18)
    fine = value_noise(longitude * 26 + curl * y * 10, y * 4)
    return 0.55 * (0.5 * bundles + 0.5) + 0.45 * fine


HAIR_EDGE = 0.085
"""The most that `hair_edge` can be."""


def hair_edge(longitude: FloatArray, y: FloatArray) -> FloatArray:
    """Height by which tips of hair stop short of the hair line, in template units."""
    place = longitude * 20 + 4 * value_noise(longitude * 4, y)
    tips = np.abs(2 * (place - np.floor(place)) - 1)
    return 0.035 * value_noise(longitude * 6, y) + 0.05 * tips * value_noise(longitude * 9 + 5, y)


def paint_hair(points: Points, identity: Identity) -> Paint:
    """Strands from crown to tip; texture: (longitude, y, curl). Turns the normals, in place."""
    pattern = strands(points.x, points.y, points.z)
    inside = points.away
    paint = Paint.plain(len(points), (1.0, 1.0, 1.0), gloss=0.24, sharpness=10.0)
    paint.albedo *= np.array(identity.hair.colour, np.float32)[:, None] * (0.72 + 0.5 * pattern)
    points.normal[:, inside] *= -1
    tilt = 0.20 * (pattern - 0.5)
    points.normal[0] += tilt * np.cos(points.x)
    points.normal[2] -= tilt * np.sin(points.x)
    paint.openness[:] = np.where(inside, np.float32(0.55), np.float32(1))
    paint.openness *= 0.72 + 0.28 * smoothstep(0.0, 0.12, points.hair)
    return paint


def paint_ear(points: Points, identity: Identity) -> Paint:
    """Skin, redder, dark in the dish."""
    paint = Paint.plain(len(points), identity.skin.colour, gloss=0.16, sharpness=14.0, softness=1.0)
    paint.albedo *= np.array([[1.03], [0.95], [0.95]], np.float32)
    paint.openness[:] = 0.75 + 0.25 * smoothstep(-0.1, 0.6, points.z)
    return paint


def paint_neck(points: Points, identity: Identity) -> Paint:
    """Skin in the shade of the chin; texture y: depth below the chin."""
    paint = Paint.plain(len(points), identity.skin.colour, gloss=0.16, sharpness=14.0, softness=1.0)
    paint.openness[:] = 0.62 + 0.38 * smoothstep(0.0, 0.55, points.y)
    return paint


def paint_cloth(points: Points, clothing: Clothing) -> Paint:
    paint = Paint.plain(len(points), clothing.colour, gloss=0.03)
    if clothing.striped:
        angle = clothing.stripe_angle * np.pi
        wave = np.sin((points.x * np.cos(angle) + points.y * np.sin(angle)) * np.float32(16))
        stripe = smoothstep(0.0, 0.25, wave)
        paint.cover(np.arange(len(points)), clothing.stripe_colour, stripe)
    return paint


def paint_glasses(points: Points, glasses: Glasses) -> Paint:
    points.normal[:, points.away] *= -1
    return Paint.plain(len(points), glasses.colour, gloss=0.7, sharpness=30.0)


def paint_cavity(points: Points) -> Paint:
    """Dark red throat and, in the corners of the eyes, pink flesh; texture: as the skin's.

    Lit as if it faced the viewer, so that no edge shows inside the mouth.
    """
    points.normal[:] = np.array([[0], [0], [1]], np.float32)
    paint = Paint.plain(len(points), (0.20, 0.03, 0.04), gloss=0.0, openness=0.6, softness=1.0)
    eye_corners = np.flatnonzero(points.y > -0.3)
    paint.albedo[:, eye_corners] = column((0.62, 0.30, 0.29))
    return paint


def paint_tongue(points: Points) -> Paint:
    return Paint.plain(len(points), (0.75, 0.33, 0.34), gloss=0.12, openness=0.7)


FACE_MATERIALS = (
    Material.SKIN,
    Material.EYE,
    Material.TEETH,
    Material.TONGUE,
    Material.CAVITY,
)
HEAD_MATERIALS = (*FACE_MATERIALS, Material.HAIR, Material.EAR, Material.GLASSES)


def material_mask(material: NDArray[np.uint8], wanted: tuple[Material, ...]) -> NDArray[np.bool_]:
    """Which entries are of the wanted materials."""
    table = np.zeros(256, bool)
    table[list(wanted)] = True
    return table[material]
