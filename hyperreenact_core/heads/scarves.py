"""Cloth around the face: hijabs, knotted scarves and hoods."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .hat_rims import Hat
from .meshes import Mesh
from .pieces import HeadFrame, Piece
from .shapes import Doubles, Hull, circle, curve, ellipsoid, merged, moved, sheet, tube, unit

# The outline of the face in MediaPipe's mesh, from the forehead to the right of the picture.
_OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)


def _skirt(frame: HeadFrame, wide: float, from_deg: float) -> Doubles:
    """[24, 3] a ring just under the skin of neck and shoulders, where a scarf ends.

    from_deg: where it starts, off the front; 0 for all around.
    """
    chin = frame.points[152].astype(np.float64)
    turn = np.radians(np.linspace(from_deg, 360 - from_deg, 24))
    ring = np.stack([np.sin(turn), np.cos(turn)], 1) * wide
    plan = ring + np.array([frame.middle, frame.ears[:, 2].mean() - 0.05])
    below = frame.skin[frame.skin[:, 1] < chin[1] - 0.3]
    gap = plan[:, None].astype(np.float32) - below[:, [0, 2]]
    floor = np.where((gap**2).sum(-1) < 0.15**2, below[:, 1], -np.inf).max(1) - 0.12
    return np.insert(plan, 1, np.clip(floor, chin[1] - 1.2, chin[1] - 0.5), axis=1)


def scarf(hat: Hat, frame: HeadFrame) -> list[Piece]:
    """Cloth around the face: a hijab, a scarf knotted under the chin, or a hood.

    Great circles from the outline of the face to the back of the head, over the hull of head and
    shoulders: that spans the cloth from ears and chin straight down.
    """
    hood, knotted, phase = hat.kind == "hood", hat.kind == "headscarf", 7 * hat.size
    grow = 1.1 + 0.1 * hat.loose if hood else 0.98 + 0.06 * (1 - hat.low)
    oval = curve(frame.points[[*_OVAL, _OVAL[0]]], 2 * len(_OVAL) + 1)[:-1]
    face = oval.mean(0)
    oval = face + (oval - face) * [grow, grow, 1.0]
    skirt = _skirt(frame, 0.62 if knotted else 0.8 + 0.2 * hat.loose, 100.0 if knotted else 0.0)
    cloth = np.concatenate(
        [frame.skull, frame.ears, frame.points[[*_OVAL]], skirt.astype(np.float32)]
    )
    centre = np.array([frame.middle, face[1] + 0.1, frame.ears[:, 2].mean()])
    around = np.arange(len(oval)) * (2 * np.pi / len(oval))
    share = np.concatenate([[0.0, 0.015, 0.035, 0.07], np.linspace(0.11, 1, 22)])[:, None]
    first, behind = unit(oval - centre), unit(np.array([0.0, -0.15, -1.0]))
    angle = np.arccos(np.clip(first @ behind, -1, 1))[None, :, None]
    s = share[:, :, None]
    directions = unit(np.sin((1 - s) * angle) * first + np.sin(s * angle) * behind)
    folds = 0.014 * np.sin(5 * np.cos(around) + 14 * share + phase) * np.sin(np.pi * share)
    peak = 0.3 * hat.loose * np.maximum(np.cos(around), 0) * np.sin(np.pi * share) ** 2 * share
    off = 0.1 + 0.12 * hat.loose if hood else 0.065 + 0.06 * hat.loose
    radius = Hull(cloth, centre).radius(directions) + off + folds + hood * peak
    below = np.clip((face[1] - 0.3 - centre[1] - radius * directions[..., 1]) / 0.6, 0, 1)
    turn = np.arctan2(directions[..., 0], directions[..., 2])
    radius += 0.03 * below * np.sin(5 * turn + 4 * directions[..., 1] + phase)
    radius += 0.025 * below * np.sin(11 * turn - 9 * directions[..., 1] + 2 * phase)
    edge = np.linalg.norm(oval - centre, axis=1) + 0.02
    radius += (edge - radius[0]) * np.exp(-share / 0.05)
    grid = centre + directions * radius[..., None]
    parts = [sheet(grid[:, ::-1], closed=True), tube(grid[0], 0.025, closed=True)]
    if knotted:
        parts += bow(frame.points[152] - np.array([0, 0.1, 0.02]), 0.1, [0, -0.5, 0.04])
    return [Piece(hat.kind, merged(parts), hat.colour, "cloth")]


def bow(knot: Doubles, size: float, hang: ArrayLike) -> list[Mesh]:
    """A knot and its two ends, which hang by [3]."""
    parts = [moved(ellipsoid(np.array([1, 0.8, 0.7]) * size, rows=7, sides=10), np.eye(3), knot)]
    down = np.asarray(hang, np.float64)
    for side in (-1.0, 1.0):
        tail = [knot, knot + 0.4 * down + [1.2 * side * size, 0, 0]]
        tail.append(knot + down + [2 * side * size, 0, 0])
        flat = circle(8) * [1, 0.2]
        parts.append(tube(curve(tail, 8), np.linspace(0.6, 1.1, 8) * size, section=flat))
    return parts
