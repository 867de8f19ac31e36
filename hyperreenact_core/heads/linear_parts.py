"""What the linear head model has besides skin: fronts of the eyeballs, rows of teeth, a tongue."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from .body import Body, load_body
from .expression import ACTIONS, action_index
from .fitting import indices
from .meshes import Floats, Indices, Proxy
from .parts import Part, Spin
from .shapes import circle, sheet
from .thinning import thinned
from .wardrobe import TEETH, TONGUE, Wardrobe

_RINGS_DEG = (0.0, 14.0, 28.0, 42.0, 56.0, 72.0, 90.0)
_SPOKES = 14
_COLUMNS, _ROWS = 15, 4
_ARCH_DEG = 80.0
"""How far to the sides teeth are followed, seen from the middle of the mouth."""
_LOWER_JAW = 0.05
"""Teeth that an opening jaw moves further than this (in decimetres) are the lower ones."""
_TONGUE_VERTICES = 70


@dataclass(frozen=True, eq=False)
class EyeFront:
    """The front half of an eyeball: unit directions [B, 3] and triangles [E, 3] of it."""

    directions: Floats
    faces: Indices

    def place(self, spin: Spin) -> Floats:
        """[B, 3] on the eyeball."""
        return spin.centre + np.float32(spin.radius) * self.directions

    def actions(self, eyes: Part, spin: Spin) -> Floats:
        """[52, B, 3] what each action adds: the chord of the ball's turn."""
        assert eyes.moves is not None
        before = eyes.rest[spin.front].mean(0) - spin.centre
        added = np.zeros((len(ACTIONS), len(self.directions), 3), np.float32)
        for k, action in enumerate(eyes.moves.actions):
            shift = np.zeros_like(eyes.rest)
            shift[eyes.moves.vertices] = action
            after = before + shift[spin.front].mean(0)
            turned = self.directions @ _turn_between(before, after).T
            added[k] = spin.radius * (turned - self.directions)
        return added


def eye_front() -> EyeFront:
    """Rings around the place that an eye looks through."""
    ring = circle(_SPOKES)
    rows = [np.array([[0.0, 0.0, 1.0]])]
    for angle in np.radians(_RINGS_DEG[1:]):
        rows.append(np.c_[np.sin(angle) * ring, np.full(_SPOKES, np.cos(angle))])
    k, n = np.arange(_SPOKES), (np.arange(_SPOKES) + 1) % _SPOKES
    parts = [np.stack([0 * k, 1 + k, 1 + n], 1)]
    for row in range(len(_RINGS_DEG) - 2):
        inner, outer = 1 + row * _SPOKES, 1 + (row + 1) * _SPOKES
        parts.append(np.stack([inner + k, outer + k, outer + n], 1))
        parts.append(np.stack([inner + k, outer + n, inner + n], 1))
    return EyeFront(np.concatenate(rows).astype(np.float32), np.concatenate(parts).astype(np.int32))


def _turn_between(before: Floats, after: Floats) -> Floats:
    """[3, 3] the smallest turn that takes the direction of one to that of the other."""
    axis = np.cross(before, after)
    sine = float(np.linalg.norm(axis))
    if sine < 1e-9:
        return np.eye(3, dtype=np.float32)
    turn = axis / sine * np.arctan2(sine, float(before @ after))
    return np.asarray(cv2.Rodrigues(turn.astype(np.float64))[0], np.float32)


@dataclass(frozen=True, eq=False)
class MouthPiece:
    """Some vertices of a proxy, and the triangles [F, 3] among those."""

    proxy: Proxy
    faces: Indices

    def place(self, body: Floats) -> Floats:
        """[B, 3] vertices of the body -> [P, 3]."""
        return self.proxy.fit(body).astype(np.float32)

    def actions(self, body: Body) -> Floats:
        """[52, P, 3] what each facial action adds."""
        return body.proxy_actions(self.proxy)


@lru_cache(1)
def mouth_pieces(wardrobe: Wardrobe) -> tuple[MouthPiece, MouthPiece, MouthPiece]:
    """The fronts of the upper and the lower teeth, and the tongue."""
    body = load_body()
    middle = body.vertices({}, {})
    teeth, tongue = wardrobe.proxy(TEETH), wardrobe.proxy(TONGUE)
    places = teeth.fit(middle)
    jaw = np.linalg.norm(body.proxy_actions(teeth)[action_index("jawOpen")], axis=1)
    rows = [_front(places, indices(side)) for side in (jaw < _LOWER_JAW, jaw >= _LOWER_JAW)]
    grid = sheet(np.zeros((_ROWS, _COLUMNS, 3))).topology.faces
    surface = tongue.fit(middle).astype(np.float32)
    worth = np.ones(len(surface), np.float32)
    few = thinned(surface, tongue.topology.faces, worth, keep=_TONGUE_VERTICES)
    used, small = np.unique(few, return_inverse=True)
    return (
        MouthPiece(_some(teeth, rows[0]), grid),
        MouthPiece(_some(teeth, rows[1]), grid),
        MouthPiece(_some(tongue, used), small.reshape(-1, 3).astype(np.int32)),
    )


def _front(places: Floats, chosen: Indices) -> Indices:
    """The outermost vertices near a grid over a row of teeth, from the bottom left."""
    x, y, z = places[chosen].T
    back = z.min() + 0.3 * np.ptp(z)
    angle, radius = np.degrees(np.arctan2(x, z - back)), np.hypot(x, z - back)
    low, high = y[np.abs(angle) < 30].min(), y[np.abs(angle) < 30].max()
    width, height = 2 * _ARCH_DEG / (_COLUMNS - 1), (high - low) / (_ROWS - 1)
    found: list[int] = []
    for level in np.linspace(low, high, _ROWS):
        for way in np.linspace(-_ARCH_DEG, _ARCH_DEG, _COLUMNS):
            away = np.hypot((angle - way) / width, (y - level) / height)
            # Near the grid's place, and as far out as there.
            found.append(int(chosen[np.argmin(away - 4 * radius / radius.max())]))
    return np.array(found, np.int32)


def _some(proxy: Proxy, chosen: Indices) -> Proxy:
    """A proxy of some of the vertices."""
    return Proxy(
        proxy.topology,
        proxy.anchors[chosen],
        proxy.weights[chosen],
        proxy.offsets[chosen],
        proxy.scales,
        proxy.hides,
    )
