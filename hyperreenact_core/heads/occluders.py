"""What comes between head and camera: hands, things held to the face, and bars.

All of it is placed about the head in rest pose, and keeps facing the camera whatever it does.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .hands import Holder
from .held import cup, flower, microphone, paper, phone, snack, studio_microphone
from .meshes import Mesh
from .pieces import Colour, HeadFrame, Piece, mirrored
from .shapes import circle, extruded, merged, moved, tube


def _hand_alone(scene: Holder) -> list[Piece]:
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


def _bars(scene: Holder) -> list[Piece]:
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


def _edge(scene: Holder) -> list[Piece]:
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


_MAKERS: dict[str, tuple[float, Callable[[Holder], list[Piece]]]] = {
    "hand": (0.38, _hand_alone),
    "microphone": (0.09, microphone),
    "studio_microphone": (0.07, studio_microphone),
    "cup": (0.12, cup),
    "phone": (0.12, phone),
    "paper": (0.06, paper),
    "snack": (0.06, snack),
    "flower": (0.03, flower),
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
    pieces = make(Holder(rng, frame, skin, sleeve))
    if rng.random() < 0.5:
        pieces = [mirrored(piece, 2 * frame.middle) for piece in pieces]
    return tuple(pieces)
