"""What comes between head and camera: hands, things held to the face, bars and masks.

All of it is placed about the head in rest pose. Masks are worn, so rigid with the head; the rest
keeps facing the camera, whatever the head does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from .meshes import Mesh
from .shapes import (
    Colour,
    Doubles,
    HeadFrame,
    Hull,
    Piece,
    aimed,
    circle,
    curve,
    ellipsoid,
    extruded,
    lathe,
    merged,
    moved,
    rounded_box,
    sheet,
    tube,
    turned,
    unit,
)

_BLACK: Colour = (0.012, 0.012, 0.014)


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
class _Scene:
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
            Piece("nails", moved(shape.nails, matrix, wrist), _rgb(nail), "skin"),
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
        return _rgb(hue * np.exp(self.rng.uniform(np.log(low), np.log(high))))


def _rgb(values: ArrayLike) -> Colour:
    red, green, blue = np.asarray(values, np.float64).tolist()
    return red, green, blue


def _hand_alone(scene: _Scene) -> list[Piece]:
    """Over the mouth, at cheek, chin or temple, before an eye, a fist, a wave, a sign."""
    kinds = ["mouth", "cheek", "chin", "eye", "fist", "temple", "wave", "victory", "point"]
    kind = str(scene.rng.choice(kinds))
    if kind == "mouth":
        target = scene.at(13, z=0.2)
        return scene.hand("flat", (0.95, 0.35, 0.1), (0.1, 0, -1), (0, 0.95, 0.06), target)
    if kind == "cheek":
        target = scene.at(50, x=-0.04, z=0.03)
        return scene.hand("point", (0.42, 0.9, 0), (0.5, -0.1, -0.85), (0.36, 1.68, 0), target)
    if kind == "chin":
        target = scene.at(152, x=-0.04, y=-0.05, z=0.08)
        return scene.hand("fist", (0.2, 0.95, 0.2), (0.6, 0.1, -0.8), (0, 0.95, 0.2), target)
    if kind == "eye":
        target = scene.at(33, x=0.12, z=0.24)
        return scene.hand("flat", (0.15, 1, 0.05), (0.1, 0, -1), (0.05, 1.15, 0.05), target)
    if kind == "fist":
        target = scene.at(61, x=-0.05, z=0.12)
        return scene.hand("fist", (0.35, 0.9, 0.15), (0.75, 0, -0.65), (0.05, 0.85, 0.5), target)
    if kind == "temple":
        target = scene.at(127, x=-0.04, y=0.05, z=0.1)
        return scene.hand("relaxed", (0.25, 1, 0.1), (0.75, 0.1, -0.65), (0, 1.5, 0.2), target)
    target = scene.at(234, x=scene.rng.uniform(-0.8, -0.1), z=0.9)
    return scene.hand(kind, (-0.1, 1, 0.05), (0, -0.05, 1), (0, 0.9, 0), target, (-0.5, -3, 0.2))


def _microphone(scene: _Scene) -> list[Piece]:
    """Held before the mouth."""
    axis, head = unit(np.array([0.3, 0.85, -0.45])), scene.at(14, z=0.3)
    shaft = lathe([(0, -1.7), (0.11, -1.7), (0.14, -0.5), (0.2, -0.2), (0.2, -0.14), (0, -0.14)])
    rotation = aimed(axis, (0, 0, 1))
    return [
        Piece("microphone", moved(shaft, rotation, head), _BLACK, "plastic"),
        Piece("grille", moved(ellipsoid(0.23), rotation, head), (0.25, 0.25, 0.26), "metal"),
        *scene.grip(axis, head - axis * 0.75, 0.14, (0.8, 0, -0.6)),
    ]


def _studio_microphone(scene: _Scene) -> list[Piece]:
    """On an arm, with a shield before it."""
    at = scene.at(14, x=scene.rng.uniform(-0.7, -0.1), y=-0.25, z=0.9)
    profile = [
        (0, -0.9),
        (0.27, -0.9),
        (0.27, -0.2),
        (0.29, -0.2),
        (0.29, 0.25),
        (0.2, 0.42),
        (0, 0.45),
    ]
    bends = [(0, -0.9, 0), (0, -1.15, 0.05), (-1.5, -1.3, 0.2), (-3.5, -1.6, 0.4)]
    arm = tube(curve(at + np.array(bends), 20), 0.06)
    shield = at + np.array([0, 0.1, -0.45])
    ring = tube(np.insert(circle(32) * 0.62, 2, 0.0, axis=1), 0.03, closed=True, sides=6)
    bends = [
        shield + np.array([0, -0.6, 0]),
        shield + np.array([0, -0.9, 0.25]),
        at + np.array([0, -0.8, 0.1]),
    ]
    stem = tube(curve(bends, 10), 0.025)
    return [
        Piece("microphone", merged([moved(lathe(profile), np.eye(3), at), arm]), _BLACK, "metal"),
        Piece("shield ring", merged([moved(ring, np.eye(3), shield), stem]), _BLACK, "plastic"),
        Piece(
            "shield",
            moved(extruded(circle(32) * 0.62, 0.012), np.eye(3), shield),
            _BLACK,
            "cloth",
            0.75,
        ),
    ]


def _cup(scene: _Scene) -> list[Piece]:
    """A mug, or a glass with a drink, at the mouth."""
    axis = unit(np.array([0.12, 0.85, scene.rng.uniform(-0.75, -0.2)]))
    glass, high = bool(scene.rng.random() < 0.4), float(scene.rng.uniform(0.85, 1.15))
    wide = float(scene.rng.uniform(0.32, 0.42))
    low = wide * (0.8 if glass else scene.rng.uniform(0.75, 1))
    outside = [(0, 0), (0.95 * low, 0), (low, 0.04), (wide, high), (wide - 0.03, high)]
    cup = lathe([*outside, (low - 0.05, 0.1), (0, 0.08)], sides=28)
    rotation = aimed(axis, (0, 0, 1))
    # The rim's far edge touches the lips.
    base = scene.at(14, z=0.06) - rotation @ np.array([0, high, -wide])
    if glass:
        drink = lathe([(0, 0.1), (0.92 * low, 0.1), (0.9 * wide, 0.7 * high), (0, 0.7 * high)])
        pieces = [
            Piece("drink", moved(drink, rotation, base), scene.colour(0.05, 0.6), "plastic", 0.9),
            Piece("glass", moved(cup, rotation, base), (0.7, 0.75, 0.78), "glass", 0.22),
        ]
    else:
        loop = [
            (wide - 0.03, 0.8, 0),
            (wide + 0.28, 0.72, 0),
            (wide + 0.25, 0.35, 0),
            (low - 0.03, 0.2, 0),
        ]
        handle = tube(curve(np.array(loop) * [1, high, 1], 16), 0.05, section=circle(8) * [1, 1.4])
        mug = moved(merged([cup, handle]), rotation, base)
        pieces = [Piece("mug", mug, scene.colour(0.03, 0.9), "plastic")]
    middle = base + axis * 0.5 * high
    return [*pieces, *scene.grip(axis, middle, wide, (0.85, 0, -0.5))]


def _phone(scene: _Scene) -> list[Piece]:
    """At the ear, or held before the face as if to take a picture."""
    size = np.array([0.74, 1.52, 0.085]) * scene.rng.uniform(0.92, 1.05)
    body, cover = rounded_box(size, 0.04), scene.colour(0.012, 0.5)
    if scene.rng.random() < 0.5:
        rotation = aimed((0.1, 0.9, -0.4), (-1, 0.1, 0.25))
        at = scene.at(234, x=-0.3, y=-0.2)
        arm = scene.hand(
            "relaxed",
            (0.2, 0.95, -0.25),
            (1, 0, -0.1),
            (0, 0.75, 0.19),
            at + np.array([-0.06, -0.1, 0]),
        )
    else:
        rotation = turned(x_deg=-8, z_deg=scene.rng.normal() * 6)
        at = scene.at(14, x=scene.rng.uniform(-0.6, 0.1), y=scene.rng.uniform(-0.4, 0.4), z=1.6)
        target = at + np.array([-0.1, -0.45, 0.1])
        arm = scene.hand(
            "relaxed", (0.8, 0.6, 0), (0, 0, -1), (0, 1.0, 0.1), target, (-1.6, -2.6, 0.0)
        )
    island = moved(
        rounded_box((0.3, 0.32, 0.05), 0.024), np.eye(3), (0.18, size[1] / 2 - 0.26, 0.05)
    )
    lenses = [
        moved(ellipsoid((0.055, 0.055, 0.02)), np.eye(3), (0.18, size[1] / 2 - y, 0.075))
        for y in (0.19, 0.33)
    ]
    return [
        Piece("phone", moved(merged([body, island]), rotation, at), cover, "plastic"),
        Piece("phone lenses", moved(merged(lenses), rotation, at), _BLACK, "glass"),
        *arm,
    ]


def _paper(scene: _Scene) -> list[Piece]:
    """A sheet or a book in both hands, up to the mouth or the eyes."""
    book = bool(scene.rng.random() < 0.5)
    half, high = (0.75, 2.0) if book else (1.05, 2.9)
    x, y = np.meshgrid(np.linspace(-1, 1, 15), np.linspace(0, 1, 8))
    bend = -0.35 * (1 - np.abs(x)) if book else 0.25 * np.sin(2 * x + 1) * (0.4 + 0.6 * y)
    top = scene.at(int(scene.rng.choice([2, 14, 168])), z=0.55)
    grid = np.stack([half * x, high * (y - 1), bend - 0.25 * (1 - y)], -1) + top
    back = sheet(grid)
    pieces = [Piece("paper", back, scene.colour(0.05, 0.6) if book else (0.8, 0.79, 0.76), "cloth")]
    if book:
        inner = (grid - top) * [0.97, 1, 1] + top
        pages = [sheet(inner - np.array([0, 0, 0.03 * n])) for n in (1, 2, 3)]
        pieces.append(Piece("pages", merged(pages), (0.75, 0.72, 0.65), "cloth"))
    edge = top + np.array([-half, -0.55 * high, 0.12 + float(bend[3, 0])])
    right = scene.hand(
        "flat", (0.75, 0.65, 0.15), (0.25, 0, -1), (0, 1.3, 0.08), edge, (-1.2, -2.4, -0.4)
    )
    left = [_mirrored(piece, 2 * float(top[0])) for piece in right]
    return [*pieces, *right, *left]


def _snack(scene: _Scene) -> list[Piece]:
    """A bar, an apple or a spoon at the mouth."""
    axis, tip = unit(np.array([0.55, 0.45, -0.7])), scene.at(14, z=0.08)
    rotation, kind = aimed(axis, (0, 1, 0.5)), scene.rng.integers(3)
    if kind == 0:
        bar = moved(rounded_box((0.34, 1.2, 0.17), 0.05), rotation, tip - axis * 0.55)
        thing, radius = Piece("bar", bar, scene.colour(0.03, 0.5), "plastic"), 0.15
    elif kind == 1:
        profile = [
            (0, -0.33),
            (0.14, -0.37),
            (0.32, -0.2),
            (0.38, 0.05),
            (0.3, 0.28),
            (0.14, 0.33),
            (0, 0.25),
        ]
        apple = moved(
            lathe(curve(profile, 24)), turned(x_deg=20), tip + np.array([-0.02, -0.05, 0.3])
        )
        thing, radius = (
            Piece("apple", apple, _rgb([0.5, scene.rng.uniform(0.02, 0.4), 0.03]), "plastic"),
            0.36,
        )
        return [
            thing,
            *scene.grip(
                unit(np.array([0.2, 0.9, 0.2])),
                tip + np.array([-0.02, -0.05, 0.3]),
                radius,
                (0.8, 0, -0.6),
            ),
        ]
    else:
        bowl = moved(ellipsoid((0.2, 0.3, 0.06)), rotation, tip)
        along = np.array([[0.25], [0.8], [1.5]])
        handle = tube(curve(tip - axis * along + [[0, 0, 0], [0, 0.06, 0], [0, 0, 0]], 10), 0.035)
        thing, radius = Piece("spoon", merged([bowl, handle]), (0.6, 0.6, 0.62), "metal"), 0.06
    return [thing, *scene.grip(axis, tip - axis * (0.9 + radius), radius, (0.6, -0.4, -0.6))]


def _flower(scene: _Scene) -> list[Piece]:
    """One flower on a stem, held from below."""
    head, petals = scene.at(14, x=-0.25, y=0.1, z=0.45), int(scene.rng.integers(5, 13))
    look = aimed((-0.2, 0.35, 1.0), (0, 1, 0))
    leaf = ellipsoid((0.75 / petals + 0.06, 0.03, 0.24), rows=7, sides=10)
    around = [turned(x_deg=-18, y_deg=360 * n / petals) for n in range(petals)]
    crown = merged([moved(leaf, look @ r, head + look @ r @ [0, 0.02, 0.28]) for r in around])
    stem = tube(
        curve([head, head + np.array([0.05, -0.8, -0.1]), head + np.array([-0.1, -2.4, 0.1])], 16),
        0.03,
    )
    axis = unit(np.array([0.08, 0.9, -0.05]))
    return [
        Piece("petals", crown, scene.colour(0.2, 0.9), "cloth"),
        Piece(
            "flower middle",
            moved(ellipsoid((0.14, 0.08, 0.14)), look, head),
            (0.6, 0.35, 0.02),
            "cloth",
        ),
        Piece("stem", stem, (0.05, 0.2, 0.03), "cloth"),
        *scene.grip(axis, head + np.array([0.0, -1.5, -0.05]), 0.05, (0.8, 0, -0.6)),
    ]


def _bars(scene: _Scene) -> list[Piece]:
    """Bars, cables or ropes across the picture."""
    rng, meshes = scene.rng, list[Mesh]()
    kind, angle = str(rng.choice(["bar", "cable", "rope"])), rng.uniform(0, np.pi)
    radius = {"bar": rng.uniform(0.06, 0.16), "cable": 0.03, "rope": 0.07}[kind]
    along, across = (np.array([np.cos(a), np.sin(a), 0.0]) for a in (angle, angle + np.pi / 2))
    for n in range(int(rng.integers(1, 4))):
        middle = scene.at(4, z=rng.uniform(0.3, 2.0)) + across * (rng.uniform(-0.9, 0.9) + 0.9 * n)
        t = np.linspace(-1, 1, 60)
        path = middle + along * 4 * t[:, None]
        if kind != "bar":
            sag = rng.uniform(-0.8, 0.8) * t**2 + 0.15 * np.sin(4 * t + rng.uniform(0, 6))
            path = path + across * sag[:, None]
        thick = radius * (1 + 0.12 * np.sin(150 * t) * (kind == "rope"))
        meshes.append(tube(path, thick, sides=10))
    material = {"bar": "metal", "cable": "plastic", "rope": "cloth"}[kind]
    colour = (0.35, 0.27, 0.16) if kind == "rope" else scene.colour(0.01, 0.5)
    return [Piece(kind, merged(meshes), colour, material)]


def _edge(scene: _Scene) -> list[Piece]:
    """Something out of focus at the edge: thin layers that grow, one before the other."""
    rng, turn = scene.rng, np.arange(32) * (2 * np.pi / 32)
    reach = rng.uniform(0.8, 1.5) * (1 + 0.15 * np.sin(2 * turn + rng.uniform(0, 6)))
    outline = circle(32) * reach[:, None] * [1, rng.uniform(1, 2)]
    at = scene.at(4, x=rng.uniform(-2.4, -1.5), y=rng.uniform(-1.2, 1.2), z=2.5)
    colour = scene.colour(0.01, 0.6)
    return [
        Piece(
            "blur",
            moved(
                extruded(outline * (0.85 + 0.035 * n), 0.001),
                np.eye(3),
                at + np.array([0, 0, 0.01 * n]),
            ),
            colour,
            "cloth",
            0.3,
        )
        for n in range(8)
    ]


_MAKERS: dict[str, tuple[float, Callable[[_Scene], list[Piece]]]] = {
    "hand": (0.38, _hand_alone),
    "microphone": (0.09, _microphone),
    "studio_microphone": (0.07, _studio_microphone),
    "cup": (0.12, _cup),
    "phone": (0.12, _phone),
    "paper": (0.06, _paper),
    "snack": (0.06, _snack),
    "flower": (0.03, _flower),
    "bars": (0.04, _bars),
    "edge": (0.03, _edge),
}
OCCLUDER_KINDS = tuple(_MAKERS)


def sample_occluder_kind(rng: np.random.Generator) -> str:
    """One of OCCLUDER_KINDS; hands are the most frequent."""
    return str(rng.choice(OCCLUDER_KINDS, p=[chance for chance, _ in _MAKERS.values()]))


def sample_occluder(
    rng: np.random.Generator,
    frame: HeadFrame,
    *,
    skin: Colour = (0.45, 0.24, 0.16),
    sleeve: Colour = (0.05, 0.06, 0.1),
    kind: str | None = None,
) -> tuple[Piece, ...]:
    """Something in front of or beside the face, for a head that looks at the camera.

    skin, sleeve: linear RGB of the hand's; kind: of OCCLUDER_KINDS, any where None.
    """
    _, make = _MAKERS[sample_occluder_kind(rng) if kind is None else kind]
    pieces = make(_Scene(rng, frame, skin, sleeve))
    if rng.random() < 0.5:
        pieces = [_mirrored(piece, 2 * frame.middle) for piece in pieces]
    return tuple(pieces)


def _mirrored(piece: Piece, about: float) -> Piece:
    mesh = moved(piece.mesh, np.diag([-1.0, 1.0, 1.0]), (about, 0, 0))
    return replace(piece, mesh=mesh)


# Along the edges of a mask, from the left of the picture to the right.
_MASK_TOP = (116, 117, 118, 119, 120, 197, 349, 348, 347, 346, 345)
_MASK_BOTTOM = (58, 172, 136, 150, 149, 152, 378, 379, 365, 397, 288)


@dataclass(frozen=True)
class Mask:
    """A mask over mouth and nose. kind: "surgical" with pleats, "cloth" or "shell" with a ridge;
    colour: linear RGB; low: 0 to 1, how far it is pulled down the nose."""

    kind: str
    colour: Colour
    low: float = 0.0


def sample_mask(rng: np.random.Generator) -> Mask:
    """Half of them surgical; one in eight slides down."""
    kind = str(rng.choice(["surgical", "cloth", "shell"], p=[0.5, 0.3, 0.2]))
    surgical: tuple[Colour, ...] = ((0.32, 0.55, 0.68), (0.75, 0.78, 0.78), (0.02, 0.02, 0.022))
    colour = surgical[rng.choice(3, p=[0.6, 0.2, 0.2])]
    if kind == "cloth":
        colour = _rgb((0.2 + 0.8 * rng.random(3)) * 10 ** rng.uniform(-1.6, -0.2))
    elif kind == "shell":
        colour = surgical[rng.choice([1, 2], p=[0.8, 0.2])]
    return Mask(
        kind, colour, float(rng.uniform(0.3, 1) if rng.random() < 0.12 else rng.uniform(0, 0.2))
    )


def mask_pieces(mask: Mask, frame: HeadFrame) -> tuple[Piece, ...]:
    """Cloth and loops, rigid with the head."""
    face = frame.points.astype(np.float64)
    top, bottom = (curve(face[list(edge)], 29) for edge in (_MASK_TOP, _MASK_BOTTOM))
    share = np.linspace(-1, 1, 29)
    top[:, 1] -= 0.05 + 0.35 * mask.low + 0.12 * share**2
    bottom += np.stack([0 * share, 0.1 * share**2 - 0.05, 0.05 - 0.2 * (1 - share**2)], 1)
    centre = np.array([frame.middle, face[13, 1], frame.ears[:, 2].mean()])
    lower = face[face[:, 1] < top[:, 1].max() + 0.05].astype(np.float32)
    t = np.linspace(0, 1, 17)[:, None, None]
    directions = unit(bottom * (1 - t) + top * t - centre)
    pleats = {"surgical": 0.02 * ((np.linspace(0, 3, 17) % 1) - 0.5), "cloth": np.zeros(17)}
    off = 0.045 + pleats.get(mask.kind, np.zeros(17))[:, None] + 0.0 * share
    if mask.kind == "shell":
        ridge = np.sin(np.pi * np.linspace(0, 1, 17))[:, None]
        off = off + 0.16 * ridge * (1 - np.abs(share)) ** 1.3
    radius = Hull(lower, centre).radius(directions) + off
    # The edges lie on the skin.
    edge = np.stack([np.linalg.norm(line - centre, axis=1) for line in (bottom, top)]) + 0.025
    radius[[0, -1]] = np.minimum(radius[[0, -1]], edge + 0.02)
    grid = centre + directions * radius[..., None]
    loops: list[Mesh] = []
    for side, column in ((-1, 0), (1, 28)):
        ear = frame.ear(side).astype(np.float64)
        root = frame.middle + side * (np.abs(ear[:, 0] - frame.middle).min() + 0.03)
        back = np.array([root, ear[:, 1].mean(), ear[:, 2].min() + 0.05])
        over = np.array([root, ear[:, 1].max(), ear[:, 2].mean()])
        under = np.array([root, ear[:, 1].min() + 0.05, ear[:, 2].mean() - 0.05])
        cheek = (grid[-2, column] + over) / 2
        cheek[0] = frame.middle + side * (frame.half_width + 0.03)
        loop = curve([grid[-2, column], cheek, over, back, under, grid[1, column]], 30)
        loops.append(tube(loop, 0.014, sides=6))
    return (
        Piece("mask", sheet(grid), mask.colour, "cloth"),
        Piece("mask loops", merged(loops), (0.75, 0.75, 0.75), "cloth"),
    )
