"""Ear-rings: studs, hoops and drops at the lobes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .meshes import Mesh
from .pieces import Colour, HeadFrame, Piece
from .shapes import Doubles, circle, ellipsoid, lathe, merged, moved, tube, turned

EARRING_KINDS = ("stud", "hoop", "drop")
_METALS: tuple[Colour, ...] = ((0.75, 0.56, 0.22), (0.7, 0.7, 0.72), (0.65, 0.42, 0.32))
_STONES: tuple[Colour, ...] = (
    (0.85, 0.82, 0.78),
    (0.02, 0.02, 0.025),
    (0.5, 0.02, 0.04),
    (0.02, 0.06, 0.35),
    (0.02, 0.3, 0.14),
    (0.1, 0.45, 0.5),
)


@dataclass(frozen=True)
class Earrings:
    """How a pair looks.

    kind: of EARRING_KINDS; size: 0 to 1; turn_deg: of a hoop about the vertical, 0 seen as a ring
    from the side; metal, stone: linear RGB; sides: -1 left in the picture, 1 right, or both.
    """

    kind: str
    size: float
    turn_deg: float
    metal: Colour
    stone: Colour
    sides: tuple[int, ...] = (-1, 1)


def sample_earrings(rng: np.random.Generator) -> Earrings:
    """Any pair; one in ten is single."""
    single = rng.random() < 0.1
    return Earrings(
        kind=EARRING_KINDS[rng.choice(3, p=[0.4, 0.35, 0.25])],
        size=float(rng.random()),
        turn_deg=float(rng.uniform(10, 70)),
        metal=_METALS[rng.integers(len(_METALS))],
        stone=_STONES[rng.integers(len(_STONES))],
        sides=(int(rng.choice([-1, 1])),) if single else (-1, 1),
    )


def earrings_pieces(earrings: Earrings, frame: HeadFrame) -> tuple[Piece, ...]:
    """Metal and stones of the pair, rigid with the head."""
    metal: list[Mesh] = []
    stones: list[Mesh] = []
    for side in earrings.sides:
        hole = _lobe(frame, side)
        size = earrings.size
        if earrings.kind == "hoop":
            radius = 0.08 + 0.22 * size
            ring = np.insert(circle(28)[:, ::-1] * radius, 0, 0.0, axis=1)  # in y and z
            path = ring @ turned(y_deg=side * earrings.turn_deg).T
            path += hole + np.array([0.015 * side, 0.035 - radius, 0.0])
            metal.append(tube(path, 0.013 + 0.012 * size, closed=True))
            continue
        bead = 0.035 + 0.03 * size
        front = hole + np.array([0.02 * side, 0.0, 0.004])
        metal.append(moved(ellipsoid([0.02, bead, bead], rows=7), np.eye(3), hole))
        stone = moved(ellipsoid(0.8 * bead, rows=7), np.eye(3), front)
        stones.append(stone)
        if earrings.kind == "drop":
            length = 0.12 + 0.3 * size
            low = front + np.array([0.01 * side, -length, 0.0])
            metal.append(tube(np.linspace(front, low, 6), 0.009, sides=6))
            profile = [(0, -1.0), (0.45, -0.85), (0.6, -0.5), (0.4, 0.1), (0.12, 0.7), (0, 0.8)]
            stones.append(moved(lathe(np.array(profile) * (0.1 + 0.06 * size)), np.eye(3), low))
    pieces = [Piece("ear-ring", merged(metal), earrings.metal, "metal")]
    if stones:
        pieces.append(Piece("ear-ring stone", merged(stones), earrings.stone, "plastic"))
    return tuple(pieces)


def _lobe(frame: HeadFrame, side: int) -> Doubles:
    """[3] the hole: at the outside of the lobe, a little above its lowest point."""
    ear = frame.ear(side).astype(np.float64)
    low = ear[:, 1].min()
    lobe = ear[ear[:, 1] < low + 0.09]
    outside = np.abs(lobe[:, 0] - frame.middle).max()
    return np.array([frame.middle + side * outside, low + 0.055, lobe[:, 2].mean()])
