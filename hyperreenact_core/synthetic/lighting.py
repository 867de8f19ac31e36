"""Light: a soft key light, ambience from above, a fill from the other side and a rim."""

from __future__ import annotations

import numpy as np

from .camera import PORTRAIT_HALF_SIDE, Viewport
from .curves import FloatArray, smoothstep
from .paint import Paint, column
from .parameters import Environment


def light_direction(environment: Environment) -> FloatArray:
    """[3] unit vector from the head to the key light."""
    azimuth = np.radians(environment.light_azimuth_deg)
    elevation = np.radians(environment.light_elevation_deg)
    return np.array(
        [
            np.sin(azimuth) * np.cos(elevation),
            np.sin(elevation),
            np.cos(azimuth) * np.cos(elevation),
        ],
        np.float32,
    )


def light(normal: FloatArray, paint: Paint, environment: Environment) -> FloatArray:
    """[3, K] unit normals and paint -> [3, K] display-referred colour in [0, 1]."""
    direction = light_direction(environment)
    halfway = direction + np.array([0, 0, 1], np.float32)
    halfway /= np.linalg.norm(halfway) + 1e-6
    nx, ny, nz = normal
    facing = direction @ normal
    key = np.float32(environment.key)

    # Red light wanders farther through skin: its shadow edge is softer.
    hard, wrap = np.float32(0.30), 0.30 + 0.35 * paint.softness
    red = _falloff((facing + wrap) / (1 + wrap))
    other = _falloff((facing + hard) * (1 / (1 + hard)))
    shade = key * (0.55 + 0.45 * paint.openness)
    ambience = environment.ambient * (0.70 + 0.30 * ny) * paint.openness
    fill = 0.22 * np.maximum(0, nz * 0.6 - nx * (direction[0] * 0.8)) * paint.openness
    grazing = 1 - np.maximum(nz, 0)
    rim = grazing * grazing * grazing * (0.5 + 0.5 * ny) * (0.22 * paint.openness)
    soft = ambience + fill + rim
    mirrored = np.maximum(0, halfway @ normal)
    highlight = np.exp(2 * paint.sharpness * (mirrored - 1)) * np.maximum(0, facing * 0.5 + 0.5)
    highlight *= paint.gloss * (0.5 * key)

    linear = paint.albedo * paint.albedo
    tint = environment.tint
    linear[0] *= shade * red * np.float32(tint[0]) + soft
    green_blue = shade * other
    linear[1] *= green_blue * np.float32(tint[1]) + soft
    linear[2] *= green_blue * np.float32(tint[2]) + soft + 0.04 * ambience
    linear += highlight + rim * column((0.10, 0.10, 0.12))
    return np.sqrt(np.clip(linear, 0, 1, out=linear), out=linear)


def _falloff(t: FloatArray) -> FloatArray:
    t = np.maximum(t, 0)
    return t * (0.35 + 0.65 * t)


def catchlight(normal: FloatArray, environment: Environment) -> FloatArray:
    """[K] whiteness of the reflection in the eyes; it stays near the lid wherever the key is."""
    x, y, _ = light_direction(environment)
    aim = np.array([x * 0.45 + 0.05, y * 0.3 + 0.22, 0.88], np.float32)
    return smoothstep(0.957, 0.972, aim @ normal)


def background(
    environment: Environment, viewport: Viewport, *, zoom: float, size: int
) -> FloatArray:
    """[3, size, size] wall with a glow, fixed to the portrait frame whatever part of it is seen."""
    place = ((np.arange(size, dtype=np.float32) + 0.5) / size * 2 - 1) * viewport.half_side
    frame = np.float32((1.0 + zoom) / (2 * PORTRAIT_HALF_SIDE))
    across = (viewport.centre_x + place) * frame - environment.glow_x
    down = np.clip(0.5 - (viewport.centre_y - place) * frame, 0, 1)
    across = across.astype(np.float32)
    glow = np.exp(-5 * (down - 0.45) ** 2)[:, None] * np.exp(-5 * across * across)
    glow *= 0.5
    top, bottom = column(environment.background_top), column(environment.background_bottom)
    wall = top + (bottom - top) * down.astype(np.float32)
    wall = wall[:, :, None]
    return wall + (column(environment.background_glow)[:, :, None] - wall) * glow
