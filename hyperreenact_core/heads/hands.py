"""Hands in a few poses, and a hand that holds things before a face."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from .meshes import Mesh
from .pieces import Colour, HeadFrame, Piece, rgb
from .shapes import (
    Doubles,
    aimed,
    circle,
    curve,
    ellipsoid,
    merged,
    moved,
    sheet,
    tube,
    turned,
    unit,
)


@dataclass(frozen=True)
class HandPose:
    """How a right hand is bent, its wrist at the origin, fingers up y, palm to z, thumb at +x.

    curl: degrees, of index, middle, ring and little finger at the knuckle and at the next joint;
    spread_deg: between the fingers; thumb: [3][3] its knuckle, its joint and its tip, dm.
    """

    curl: tuple[tuple[float, float], ...]
    thumb: tuple[tuple[float, float, float], ...]
    spread_deg: float = 4.0


_FOLDED = ((0.43, 0.5, 0.24), (0.38, 0.7, 0.5), (0.1, 0.73, 0.6))

HAND_POSES = {
    "hold": HandPose(
        ((32, 30), (34, 32), (37, 34), (40, 36)),
        ((0.45, 0.42, 0.2), (0.53, 0.62, 0.42), (0.47, 0.78, 0.58)),
        3,
    ),
    "flat": HandPose(
        ((6, 10), (6, 10), (8, 12), (10, 16)),
        ((0.41, 0.44, 0.05), (0.54, 0.74, 0.07), (0.58, 0.94, 0.08)),
    ),
    "relaxed": HandPose(
        ((16, 26), (22, 34), (27, 38), (32, 40)),
        ((0.41, 0.44, 0.14), (0.5, 0.71, 0.24), (0.49, 0.9, 0.31)),
    ),
    "wave": HandPose(
        ((2, 6), (0, 5), (2, 6), (4, 8)),
        ((0.46, 0.4, 0.05), (0.69, 0.63, 0.07), (0.85, 0.79, 0.06)),
        10,
    ),
    "fist": HandPose(((84, 104), (87, 106), (88, 106), (87, 104)), _FOLDED, 1),
    "point": HandPose(((6, 8), (87, 106), (88, 106), (87, 104)), _FOLDED, 1),
    "victory": HandPose(((4, 6), (4, 6), (88, 106), (86, 104)), _FOLDED, 10),
    "grip": HandPose(
        ((58, 62), (60, 64), (62, 64), (62, 62)),
        ((0.43, 0.42, 0.22), (0.42, 0.64, 0.44), (0.3, 0.8, 0.56)),
        2,
    ),
}

# Knuckle x, y and lengths of three bones, from the wrist, and the finger's radius.
_FINGERS = (
    (0.29, 0.90, (0.41, 0.24, 0.18), 0.096),
    (0.10, 0.95, (0.45, 0.28, 0.19), 0.098),
    (-0.09, 0.91, (0.41, 0.26, 0.19), 0.093),
    (-0.265, 0.82, (0.32, 0.19, 0.17), 0.082),
)


@dataclass(frozen=True)
class Hand:
    """A right hand as HandPose has it. tips: [5, 3] of the thumb and the fingers."""

    skin: Mesh
    nails: Mesh
    tips: Doubles


@lru_cache(maxsize=32)
def hand(pose: HandPose) -> Hand:
    """Palm, fingers and nails in a pose."""
    thumb = np.array([(0.14, 0.02, 0.02), (0.22, 0.17, 0.05), *pose.thumb])
    last = unit(thumb[-1] - thumb[-2])
    # The nail looks away from what the hand closes around.
    bones = [(thumb, np.cross(last, unit(thumb[-1] - np.array([0, 0.65, 0.25]))), 0.1)]
    for index, (finger, curl) in enumerate(zip(_FINGERS, pose.curl, strict=True)):
        x, y, lengths, radius = finger
        fan = np.radians((1.3 - index) * (pose.spread_deg + 1))
        ahead = np.array([np.sin(fan), np.cos(fan), 0.0])
        bend = np.radians(np.cumsum([curl[0], curl[1], 0.65 * curl[1]]))[:, None]
        steps = np.cos(bend) * ahead + np.sin(bend) * np.array([0, 0, 1.0])
        knuckle = np.array([x, y, -0.012])
        joints = knuckle + np.cumsum(steps * np.array(lengths)[:, None], axis=0)
        root = np.array([0.65 * x, 0.55 * y, -0.02])
        bones.append(
            (np.stack([root, knuckle, *joints]), np.array([ahead[1], -ahead[0], 0]), radius)
        )
    meshes, nails = [_palm()], list[Mesh]()
    for path, side, radius in bones:
        meshes.append(_finger(path, side, radius, thumb=len(meshes) == 1))
        along = unit(path[-1] - path[-2])
        back = unit(np.cross(side, along))
        nail = ellipsoid(np.array([0.58, 0.85, 0.26]) * radius * 0.8, rows=7, sides=10)
        nails.append(moved(nail, aimed(along, back), path[-1] + 0.56 * radius * back))
    tips = [path[-1] + unit(path[-1] - path[-2]) * 0.75 * radius for path, _, radius in bones]
    return Hand(merged(meshes), merged(nails), np.array(tips))


def _finger(path: Doubles, side: Doubles, radius: float, *, thumb: bool) -> Mesh:
    """A tube through root, knuckle and joints, thicker at the joints; a thumb has a broad root."""
    ends = np.arange(len(path) - 1)[:, None] + np.array([0.0, 0.22, 0.5, 0.78])
    at = np.append(ends.ravel(), len(path) - 1.0)
    knots = np.stack([np.interp(at, np.arange(len(path)), path[:, axis]) for axis in range(3)], 1)
    line = curve(knots, 33)
    share = np.linspace(0, len(path) - 1, 33)
    if thumb:
        thick = np.interp(
            share, [0, 1, 1.6, 2, 2.5, 3, 3.4, 4], [1.2, 1.75, 1.5, 1.2, 1.06, 1.1, 1, 0.8]
        )
    else:
        thick = np.interp(
            share, [0, 1, 1.5, 2, 2.5, 3, 4], [0.9, 1.08, 1.02, 1.03, 0.92, 0.92, 0.74]
        )
    section = circle(10) * [1, 0.92]
    return tube(line, thick * radius, section=section, side=side)


def _palm() -> Mesh:
    """From the wrist to the webs between the fingers, with two pads at the heel."""
    y = np.array([-0.2, -0.08, 0.05, 0.2, 0.38, 0.56, 0.74, 0.88, 0.99, 1.06, 1.08])
    wide = np.array([0.25, 0.25, 0.265, 0.31, 0.36, 0.385, 0.395, 0.39, 0.36, 0.25, 0.0])
    deep = np.array([0.185, 0.175, 0.17, 0.17, 0.155, 0.135, 0.12, 0.108, 0.09, 0.05, 0.0])
    ring = circle(28)
    flat = np.sign(ring) * np.abs(ring) ** 0.75
    x = wide[:, None] * flat[:, 0] + 0.015
    z = deep[:, None] * flat[:, 1]
    front = np.maximum(flat[:, 1], 0)
    heel = 0.07 * np.exp(-(((y[:, None] - 0.3) / 0.24) ** 2)) * front
    z = z + heel * (np.exp(-(((x - 0.2) / 0.14) ** 2)) + 0.8 * np.exp(-(((x + 0.22) / 0.13) ** 2)))
    z -= 0.03 * np.exp(-(((y[:, None] - 0.62) / 0.2) ** 2)) * front
    rows = np.stack([x, y[:, None] + 0.09 * x * (y[:, None] > 0.3) - 0.25 * x * x, z], -1)
    return sheet(rows[:, ::-1], closed=True)


@dataclass(frozen=True)
class Holder:
    """What things are placed about: chance, the face, and whose hand it is.

    Everything is built at the left of the picture with a right hand; half of it is mirrored later.
    """

    rng: np.random.Generator
    frame: HeadFrame
    skin: Colour
    sleeve: Colour

    def at(self, index: int, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Doubles:
        """[3] off a mesh point, by a little more or less each time."""
        return self.frame.points[index] + np.array([x, y, z]) + self.rng.normal(size=3) * 0.025

    def hand(
        self,
        pose: str,
        fingers: ArrayLike,
        palm: ArrayLike,
        anchor: ArrayLike,
        target: ArrayLike,
        elbow: ArrayLike = (-0.9, -2.8, -0.2),
    ) -> list[Piece]:
        """A hand, forearm and sleeve.

        fingers, palm: [3] where they point; anchor: [3] what of the hand comes to target [3];
        elbow: [3] as seen from there.
        """
        shape, end = hand(HAND_POSES[pose]), np.asarray(target) + np.asarray(elbow)
        loose = turned(y_deg=self.rng.normal() * 4, z_deg=self.rng.normal() * 4)
        matrix = aimed(fingers, palm) @ loose
        wrist = np.asarray(target, np.float64) - matrix @ np.asarray(anchor, np.float64)
        up, across = matrix[:, 1], matrix[:, 0]
        low = wrist - 0.3 * up
        path = curve([wrist + 0.08 * up, low, low * 0.6 + end * 0.4 - 0.2 * up, end], 18)
        radius = np.interp(np.arange(18), [0, 4, 10, 17], [0.235, 0.25, 0.36, 0.44])
        section = circle(16) * [1.06, 0.76]
        cuff = int(self.rng.integers(4, 9))
        wide = (radius[cuff:] + 0.09) * (1 + 0.04 * np.sin(np.arange(cuff, 18) * 2.1))
        cloth = tube(path[cuff:], wide, section=section, side=across, caps="none")
        hem = tube(path[cuff : cuff + 2], radius[cuff] + 0.1, section=section, side=across)
        arm = tube(path, radius, section=section, side=across)
        nail = np.minimum(np.array(self.skin) * 1.2 + 0.02, 1.0)
        return [
            Piece("hand", merged([moved(shape.skin, matrix, wrist), arm]), self.skin, "skin"),
            Piece("nails", moved(shape.nails, matrix, wrist), rgb(nail), "skin"),
            Piece("sleeve", merged([cloth, hem]), self.sleeve, "cloth"),
        ]

    def grip(self, axis: Doubles, at: ArrayLike, radius: float, palm: ArrayLike) -> list[Piece]:
        """A hand closed around a stick through at [3], its thumb towards axis [3]."""
        inwards = np.asarray(palm) - axis * (axis @ np.asarray(palm))
        anchor, pose = (0.02, 0.66, 0.1 + radius), "grip" if radius < 0.25 else "hold"
        return self.hand(pose, np.cross(inwards, axis), inwards, anchor, at, (-1.1, -2.6, -0.3))

    def colour(self, low: float = 0.02, high: float = 0.7) -> Colour:
        """Any hue, from dark to light."""
        hue = 0.2 + 0.8 * self.rng.random(3)
        return rgb(hue * np.exp(self.rng.uniform(np.log(low), np.log(high))))
