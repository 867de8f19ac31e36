"""Ears, glasses, neck and shirt."""

from __future__ import annotations

import numpy as np

from .blendshapes import identity_names
from .curves import FloatArray, smoothstep
from .eyes import eye_centres, eye_scale
from .parameters import Glasses, Identity
from .surfaces import Float32, Material, Surface, sphere, tube
from .template import EYE_RADIUS, LID_SHELL

NECK_TOP_BACK, NECK_TOP_FRONT, NECK_BOTTOM = -0.45, -0.85, -1.5


def _skull_width(identity: Identity) -> float:
    return identity.shape[identity_names().index("skull_width")]


def ears(identity: Identity) -> list[Surface]:
    """Left and right; texture: (x, y) of the unit ball and 1 - depth of the dish."""
    ball = sphere(14, 18).astype(np.float64)
    x, y, z = np.moveaxis(ball, -1, 0)
    dish = np.exp(-(((y - 0.1) / 0.5) ** 2) - ((z - 0.1) / 0.5) ** 2) * (x > 0)
    shape = identity.ears
    size = np.array([0.055, 0.19 * (1 + 0.15 * shape.length), 0.125 * (1 + 0.15 * shape.width)])
    ear = ball * size
    ear[..., 0] -= 0.05 * dish
    ear[..., 2] *= 1 - 0.25 * np.maximum(-y, 0)
    angle = np.radians(28 + 8 * shape.flare)
    cosine, sine = np.cos(angle), np.sin(angle)
    ear = ear @ np.array([[cosine, 0, -sine], [0, 1, 0], [sine, 0, cosine]])
    texture = np.stack([x, y, 1 - 1.2 * dish], -1).astype(np.float32)
    surfaces = []
    for side in (1.0, -1.0):
        place = [side * (0.75 * (1 + 0.09 * _skull_width(identity)) + 0.035), -0.02, -0.02]
        vertices = (ear * [side, 1, 1] + place).astype(np.float32)
        surfaces.append(Surface(vertices, texture, Material.EAR, wraps=True, flipped=side < 0))
    return surfaces


def _tube_surface(path: FloatArray, radius: float, *, closed: bool) -> Surface:
    vertices = tube(path, radius, sides=7, closed=closed)
    return Surface(vertices, vertices, Material.GLASSES, wraps=True)


def glasses_surfaces(identity: Identity, glasses: Glasses) -> list[Surface]:
    """Two rims, two temples and a bridge."""
    centres = eye_centres(identity).astype(np.float64)
    half_width = 0.225 + 0.03 * glasses.width
    half_height = 0.18 + 0.05 * glasses.height
    radius = 0.014 + 0.014 * glasses.thickness
    front = max(centres[0, 2] + EYE_RADIUS * eye_scale(identity) * LID_SHELL + 0.04, 0.0)

    def depth(x: FloatArray) -> FloatArray:
        """The frame bends back toward the temples."""
        return front - 0.24 * x * x

    angle = np.linspace(0, 2 * np.pi, 36, endpoint=False)
    power = 2 / (2 + 2 * glasses.squareness)
    rim_x = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power
    rim_y = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power
    surfaces = []
    for side, centre in zip((1.0, -1.0), centres, strict=True):
        x = centre[0] + half_width * rim_x
        rim = np.stack([x, centre[1] - 0.02 + half_height * rim_y, depth(x)], 1)
        surfaces.append(_tube_surface(rim, radius, closed=True))
        hinge = centre[0] + side * half_width
        ear = side * 0.80 * (1 + 0.1 * _skull_width(identity))
        start = np.array([hinge, centre[1] + 0.04, depth(np.array(hinge))])
        temple = np.linspace(start, np.array([ear, 0.03, -0.05]), 6)
        surfaces.append(_tube_surface(temple, radius, closed=False))
    along = np.linspace(0, 1, 6)
    x = np.interp(along, [0, 1], [centres[1, 0] + half_width, centres[0, 0] - half_width])
    y = centres[0, 1] + 0.03 + 0.03 * np.sin(along * np.pi)
    bridge = np.stack([x, y, np.full_like(x, front)], 1)
    surfaces.append(_tube_surface(bridge, radius, closed=False))
    return surfaces


def _neck_half_width(identity: Identity) -> float:
    return 0.36 * (1 + 0.15 * identity.neck)


def neck(identity: Identity) -> Surface:
    """From inside the head to inside the collar; texture y: depth below the chin.

    Its rim is lower in front, where it would stand behind the open mouth.
    """
    down, angle = np.meshgrid(np.linspace(0, 1, 10), np.linspace(-np.pi, np.pi, 24), indexing="ij")
    in_front = 0.5 + 0.5 * np.cos(angle)
    top = NECK_TOP_BACK + (NECK_TOP_FRONT - NECK_TOP_BACK) * in_front
    y = top + (NECK_BOTTOM - top) * down
    width = _neck_half_width(identity) * (1 + 0.35 * smoothstep(-1.15, -1.5, y))
    vertices = np.stack([width * np.sin(angle), y, width * np.cos(angle) - 0.12], -1)
    texture = np.stack([vertices[..., 0], -0.85 - y, vertices[..., 2]], -1)
    return Surface(
        vertices.astype(np.float32),
        texture.astype(np.float32),
        Material.NECK,
        wraps=True,
        flipped=True,
    )


def neck_follows_head(vertices: Float32) -> Float32:
    """[N, 1] how much each neck vertex turns with the head."""
    return smoothstep(-1.35, -0.6, vertices[:, 1])[:, None].astype(np.float32)


def shirt(identity: Identity) -> list[Surface]:
    """Shoulders and collar."""
    width = 1.15 * (1 + 0.12 * identity.neck)
    shoulders = sphere(18, 24) * np.array([width, 0.62, 0.66]) + np.array([0, -1.84, -0.10])
    angle = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    radius = 1.22 * _neck_half_width(identity)
    ring = np.stack(
        [radius * np.sin(angle), -1.31 - 0.10 * np.cos(angle), radius * np.cos(angle) - 0.12], 1
    )
    collar = tube(ring, 0.07, sides=8, closed=True)
    shoulders = shoulders.astype(np.float32)
    return [
        Surface(shoulders, shoulders, Material.CLOTH, wraps=True),
        Surface(collar, collar, Material.CLOTH, wraps=True),
    ]
