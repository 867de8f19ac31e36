"""Things that are held before a face, at the mouth or at the ear, with the hands that hold them."""

from __future__ import annotations

import numpy as np

from .hands import Holder
from .pieces import Colour, Piece, mirrored, rgb
from .shapes import (
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


def microphone(scene: Holder) -> list[Piece]:
    """Held before the mouth."""
    axis, head = unit(np.array([0.3, 0.85, -0.45])), scene.at(14, z=0.3)
    shaft = lathe([(0, -1.7), (0.11, -1.7), (0.14, -0.5), (0.2, -0.2), (0.2, -0.14), (0, -0.14)])
    rotation = aimed(axis, (0, 0, 1))
    return [
        Piece("microphone", moved(shaft, rotation, head), _BLACK, "plastic"),
        Piece("grille", moved(ellipsoid(0.23), rotation, head), (0.25, 0.25, 0.26), "metal"),
        *scene.grip(axis, head - axis * 0.75, 0.14, (0.8, 0, -0.6)),
    ]


def studio_microphone(scene: Holder) -> list[Piece]:
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


def cup(scene: Holder) -> list[Piece]:
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


def phone(scene: Holder) -> list[Piece]:
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


def paper(scene: Holder) -> list[Piece]:
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
    left = [mirrored(piece, 2 * float(top[0])) for piece in right]
    return [*pieces, *right, *left]


def snack(scene: Holder) -> list[Piece]:
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
            Piece("apple", apple, rgb([0.5, scene.rng.uniform(0.02, 0.4), 0.03]), "plastic"),
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


def flower(scene: Holder) -> list[Piece]:
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
