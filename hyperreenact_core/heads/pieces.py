"""Things of one material each, and the head they are fitted to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InputError
from .meshes import Floats, Mesh
from .shapes import Doubles, moved

SKIN_VERTICES = 13380
"""What follows them on MakeHuman's base are helpers, eyes, teeth and the like."""
MATERIALS = ("cloth", "plastic", "metal", "glass", "skin")
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Piece:
    """One thing of one material. colour: linear RGB; material: of MATERIALS; opacity: 0 to 1."""

    name: str
    mesh: Mesh
    colour: Colour
    material: str
    opacity: float = 1.0


def rgb(values: ArrayLike) -> Colour:
    """[3] -> three plain numbers."""
    red, green, blue = np.asarray(values, np.float64).tolist()
    return red, green, blue


def mirrored(piece: Piece, about: float) -> Piece:
    """The same across the plane of symmetry x = about / 2."""
    mesh = moved(piece.mesh, np.diag([-1.0, 1.0, 1.0]), (about, 0, 0))
    return replace(piece, mesh=mesh)


@dataclass(frozen=True)
class HeadFrame:
    """What a worn thing is fitted to: a neutral head in rest pose, decimetres.

    points: [468, 3] MediaPipe's mesh; skull: [N, 3] scalp and forehead; ears: [M, 3]; skin: [K, 3]
    the rest too, from the crown to the shoulders. hair: how thick the hair is that stays visible.
    """

    points: Floats
    skull: Floats
    ears: Floats
    skin: Floats
    hair: float = 0.0

    @cached_property
    def eyes(self) -> Doubles:
        """[2, 3] the middles of the eyes, the one at -x first."""
        corners = self.points[[[33, 133], [362, 263]]]
        return corners.mean(1, dtype=np.float64)

    @cached_property
    def half_width(self) -> float:
        """Half the width of the face in front of the ears."""
        return float(np.abs(self.points[[127, 356, 234, 454], 0] - self.middle).mean())

    @cached_property
    def middle(self) -> float:
        """x of the plane of symmetry."""
        return float(self.eyes[:, 0].mean())

    def ear(self, side: int) -> Floats:
        """[E, 3] the ear at side -1 (left in the picture) or 1."""
        return self.ears[(self.ears[:, 0] - self.middle) * side > 0]


def head_frame(points: Floats, body: Floats, hair: float = 0.0) -> HeadFrame:
    """Find scalp, ears and skin among the vertices of a neutral body.

    points: [468, 3]; body: [B, 3], of which the first SKIN_VERTICES are taken. Raises InputError
    where no ears stick out, as with vertices in metres or with z up.
    """
    body = body[:SKIN_VERTICES]
    eyes, mouth = points[[33, 133, 263, 362]].mean(0), points[[13, 14]].mean(0)
    face_side, cheek_z = (
        np.abs(points[[234, 454]] - eyes)[:, 0].mean(),
        points[[234, 454], 2].mean(),
    )
    near = (body[:, 1] > points[152, 1] - 1.6) & (np.abs(body[:, 0]) < 2.2)
    skin = body[near]
    x, y, z = np.abs(skin[:, 0] - eyes[0]), skin[:, 1], skin[:, 2]
    skull_side = max(face_side, x[y > eyes[1] + 0.45].max(initial=0.0)) + 0.015
    ears = (y > mouth[1] - 0.1) & (y < eyes[1] + 0.45) & (z < cheek_z - 0.05)
    ears &= x > face_side + 0.02
    out = ears & (x > skull_side + 0.3 * (x[ears].max(initial=0.0) - skull_side))
    if not out.any():
        raise InputError("no ears found: give a body in decimetres, y up, and its own mesh points")
    ears &= (y < y[out].max() + 0.03) & (z > z[out].min() - 0.05) & (z < z[out].max() + 0.15)
    brow = points[[9, 66, 296], 1].mean()
    behind = (y > eyes[1] - 0.15) & (z < z[ears].mean())
    skull = ((y > brow) | behind) & ~ears
    return HeadFrame(points, skin[skull], skin[ears], skin[~ears], hair)
