"""Which cells of the detector answer for which face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...networks.detector import level_of
from .faces import inside
from .scenes import Scene

_NEAR, _AROUND = 0.17, 0.36
"""Cells this near to a face's middle, over its side, answer for it; up to the other they may."""
_OWN, _NEXT = 0.6, 1.15
"""How far a level may be from a face's for its cells to answer, and to be left in peace."""


@dataclass(frozen=True)
class Targets:
    """What N cells of B pictures should tell.

    face: [B, N] 1 where a face's middle is. counts: [B, N] 0 where either answer is right.
    squares: [B, N, 3], points: [B, N, 5, 2], seen: [B, N, 5] where face is 1. share: [B, N] one
    over the number of the cells of the same face.
    """

    face: Tensor
    counts: Tensor
    squares: Tensor
    points: Tensor
    seen: Tensor
    share: Tensor


def targets_of(scenes: Sequence[Scene], at: Tensor) -> Targets:
    """Targets for cells [N, 3] (middle x, y and stride) of each scene."""
    rows = [_targets(scene, at) for scene in scenes]
    return Targets(**{name: torch.stack([row[name] for row in rows]) for name in rows[0]})


def _targets(scene: Scene, at: Tensor) -> dict[str, Tensor]:
    n = len(at)
    found = {
        "face": torch.zeros(n),
        "counts": torch.ones(n),
        "squares": torch.ones(n, 3),
        "points": torch.zeros(n, 5, 2),
        "seen": torch.ones(n, 5),
        "share": torch.zeros(n),
    }
    level = (at[:, 2] / at[0, 2]).log2()
    for face in scene.doubtful:
        square = torch.from_numpy(face.square)
        found["counts"][_far(at, square) < _AROUND] = 0
    # The largest first: a small face before a large one keeps its cells.
    order = sorted(scene.faces, key=lambda face: float(face.square[2]), reverse=True)
    for face in order:
        square = torch.from_numpy(face.square)
        # Points beyond the scene cannot be seen; covered ones can be guessed.
        seen = torch.from_numpy(inside(face.points, scene.picture.shape[0])).float()
        far = _far(at, square)
        astray = (level - level_of(square[2])).abs()
        around = (far < _AROUND) & (astray < _NEXT)
        own = astray <= max(_OWN, float(astray.min()) + 1e-6)
        near = own & ((far < _NEAR) | (far == far[own].min()))
        found["counts"][around & (found["face"] == 0)] = 0
        found["face"][near], found["counts"][near] = 1, 1
        found["squares"][near] = square
        found["points"][near] = torch.from_numpy(face.points)
        found["seen"][near] = seen
        found["share"][near] = 1 / float(near.sum())
    return found


def _far(at: Tensor, square: Tensor) -> Tensor:
    """[N] distance of the cells' middles from a square's, over its side."""
    return (at[:, :2] - square[:2]).norm(dim=1) / square[2]
