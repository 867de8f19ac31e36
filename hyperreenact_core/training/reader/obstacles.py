"""Things before the face, drawn flat: bars, discs, fingers, veils; and what they hide."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

_SKIN = np.array([205, 150, 122])


def obstructed(
    picture: Pixels, rng: Generator, points: NDArray[np.float32], textures: Pixels
) -> tuple[Pixels, NDArray[np.bool_]]:
    """Picture [S, S, 3] with one to three things in it, and which pixels [S, S] they hide.

    points: [N, 2] in pixels, near some of which they lie. textures: [M, T, T, 3], T >= S.
    """
    size = picture.shape[0]
    hidden = np.zeros((size, size), np.uint8)
    picture = picture.copy()
    for _ in range(int(rng.integers(1, 4))):
        shape = np.zeros((size, size), np.uint8)
        finger = _draw(shape, rng, points)
        soft = cv2.GaussianBlur(shape, (0, 0), float(rng.uniform(0.6, 2.0)))
        see_through = rng.random() < 0.12
        strength = rng.uniform(0.3, 0.7) if see_through else 1.0
        weight = cv2.merge([soft] * 3).astype(np.float32) * (strength / 255)
        mixed = picture + weight * (_fill(rng, size, finger, textures) - picture)
        picture = mixed.astype(np.uint8)
        if not see_through:
            hidden |= shape
    return picture, hidden > 127


def _draw(shape: Pixels, rng: Generator, points: NDArray[np.float32]) -> bool:
    """Draw a shape in 255; whether it is a hand."""
    size = shape.shape[0]
    centre = rng.uniform(0.05, 0.95, 2) * size
    if rng.random() < 0.5:
        centre = points[rng.integers(len(points))] + rng.normal(0, 0.08 * size, 2)
    centre = centre.clip(-size, 2 * size)
    kind, line = rng.integers(5), cv2.LINE_AA
    if kind == 0:
        sides = rng.uniform(0.06, 0.5, 2) * size
        box = cv2.boxPoints((tuple(centre.tolist()), tuple(sides.tolist()), rng.uniform(0, 180)))
        cv2.fillPoly(shape, [np.asarray(box, np.int32)], 255, line)
    elif kind == 1:
        axes = (rng.uniform(0.03, 0.2, 2) * size).astype(int)
        where = tuple(centre.astype(int).tolist())
        cv2.ellipse(shape, where, tuple(axes.tolist()), rng.uniform(0, 360), 0, 360, 255, -1, line)
    elif kind == 2:  # a strand, a cable, a microphone's stand
        course = centre + np.cumsum(rng.normal(0, 0.12 * size, (5, 2)), 0)
        cv2.polylines(shape, [course.astype(np.int32)], False, 255, int(rng.integers(1, 8)), line)
    elif kind == 3:  # the picture's edge is covered
        depth, side = int(rng.uniform(0.05, 0.3) * size), rng.integers(4)
        np.rot90(shape, int(side))[:depth] = 255
    else:
        _draw_fingers(shape, rng, centre)
    return bool(kind == 4)


def _draw_fingers(shape: Pixels, rng: Generator, tip: NDArray[np.float64]) -> None:
    size, way = shape.shape[0], rng.uniform(0, 2 * np.pi)
    width = int(rng.uniform(0.05, 0.1) * size)
    palm = tip + 0.4 * size * np.array([np.cos(way), np.sin(way)])
    for number in range(int(rng.integers(1, 5))):
        angle = way + np.pi + (number - 1.5) * 0.22
        end = palm + rng.uniform(0.24, 0.4) * size * np.array([np.cos(angle), np.sin(angle)])
        ends = [tuple(at.astype(int).tolist()) for at in (palm, end)]
        cv2.line(shape, ends[0], ends[1], 255, width, cv2.LINE_AA)
    cv2.circle(shape, tuple(palm.astype(int).tolist()), 2 * width, 255, -1)


def _fill(rng: Generator, size: int, finger: bool, textures: Pixels) -> NDArray[np.float32]:
    """[S, S, 3] or [1, 1, 3] of colours, 0 to 255."""
    kind = rng.random()
    if finger and kind < 0.85:
        cells = rng.normal(0, 14, (6, 6)).astype(np.float32)
        light = cv2.resize(cells, (size, size), interpolation=cv2.INTER_LINEAR)[..., None]
        return (_SKIN * rng.uniform(0.25, 1.15) + light).clip(0, 255).astype(np.float32)
    if kind < 0.5:
        texture = textures[rng.integers(len(textures))]
        y, x = rng.integers(0, texture.shape[0] - size + 1, 2)
        return texture[y : y + size, x : x + size].astype(np.float32)
    return rng.uniform(0, 255, (1, 1, 3)).astype(np.float32)
