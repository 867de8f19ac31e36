"""Masks over mouth and nose, rigid with the head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .meshes import Mesh
from .pieces import Colour, HeadFrame, Piece, rgb
from .shapes import Hull, curve, merged, sheet, tube, unit

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
        colour = rgb((0.2 + 0.8 * rng.random(3)) * 10 ** rng.uniform(-1.6, -0.2))
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
