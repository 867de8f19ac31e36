"""Grid surfaces: all parts of the figure are rows and columns of vertices."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from .curves import FloatArray

Float32 = NDArray[np.float32]


class Material(IntEnum):
    """What a face is made of."""

    SKIN = 0
    EYE = 1
    TEETH = 2
    TONGUE = 3
    HAIR = 4
    EAR = 5
    NECK = 6
    CLOTH = 7
    GLASSES = 8
    CAVITY = 9
    """Flesh seen through the open mouth and in the corners of the eyes."""


@dataclass(frozen=True)
class Surface:
    """One part.

    vertices: [R, C, 3], texture: [R, C, 3] (meaning depends on the material).
    wraps: the last column repeats the first. flipped: the grid's own winding faces inwards.
    """

    vertices: Float32
    texture: Float32
    material: Material
    wraps: bool = False
    flipped: bool = False

    @property
    def faces(self) -> NDArray[np.int32]:
        """[F, 3] vertex indices, counter-clockwise seen from outside."""
        rows, columns = self.vertices.shape[:2]
        faces = grid_faces(rows, columns)
        return faces[:, ::-1] if self.flipped else faces

    @property
    def normals(self) -> Float32:
        """[R, C, 3] unit normals."""
        normals = grid_normals(self.vertices, wraps=self.wraps)
        return -normals if self.flipped else normals


def grid_faces(rows: int, columns: int) -> NDArray[np.int32]:
    """Two triangles a cell -> [2 (R-1) (C-1), 3]."""
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
    a = (i * columns + j).ravel()
    b, c, d = a + 1, a + columns, a + columns + 1
    return np.concatenate([np.stack([a, b, d], 1), np.stack([a, d, c], 1)]).astype(np.int32)


def _cross(u: Float32, v: Float32) -> Float32:
    """Row-wise cross product; much faster than np.cross on long arrays. [3, ...] each."""
    return np.stack(
        [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]
    )


def grid_normals(vertices: Float32, *, wraps: bool) -> Float32:
    """[R, C, 3] -> unit normals [R, C, 3], area weighted over the adjoining triangles."""
    rows, columns = vertices.shape[:2]
    planes = np.ascontiguousarray(np.moveaxis(vertices, -1, 0))  # [3, R, C]
    corner = planes[:, :-1, :-1]
    diagonal = planes[:, 1:, 1:] - corner
    lower = _cross(planes[:, :-1, 1:] - corner, diagonal)
    upper = _cross(diagonal, planes[:, 1:, :-1] - corner)
    both = lower + upper
    total = np.zeros((3, rows, columns), vertices.dtype)
    total[:, :-1, :-1] += both
    total[:, 1:, 1:] += both
    total[:, :-1, 1:] += lower
    total[:, 1:, :-1] += upper
    if wraps:
        seam = total[:, :, 0] + total[:, :, -1]
        total[:, :, 0] = seam
        total[:, :, -1] = seam
    total /= np.sqrt((total * total).sum(0)) + 1e-12
    return np.moveaxis(total, 0, -1)


def sphere(rows: int, columns: int) -> Float32:
    """Unit sphere, poles on the y axis -> [R, C, 3]."""
    latitude, longitude = np.meshgrid(
        np.linspace(-np.pi / 2, np.pi / 2, rows),
        np.linspace(-np.pi, np.pi, columns),
        indexing="ij",
    )
    x = np.cos(latitude) * np.sin(longitude)
    z = np.cos(latitude) * np.cos(longitude)
    return np.stack([x, np.sin(latitude), z], -1).astype(np.float32)


def tube(path: FloatArray, radius: float, *, sides: int, closed: bool) -> Float32:
    """Sweep a circle along [M, 3] points -> [M or M + 1, sides, 3]; closed joins the ends."""
    following, previous = np.roll(path, -1, 0), np.roll(path, 1, 0)
    if not closed:
        following[-1], previous[0] = path[-1], path[0]
    tangent = following - previous
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-9
    depth_is_safe = np.abs(tangent[:, 2]).mean() < 0.7
    up = np.array([0.0, 0.0, 1.0]) if depth_is_safe else np.array([0.0, 1.0, 0.0])
    across = np.cross(tangent, up)
    across /= np.linalg.norm(across, axis=1, keepdims=True) + 1e-9
    around = np.cross(tangent, across)
    angle = np.linspace(0, 2 * np.pi, sides)[None, :, None]
    points = path[:, None] + radius * (
        np.cos(angle) * across[:, None] + np.sin(angle) * around[:, None]
    )
    if closed:
        points = np.concatenate([points, points[:1]])
    return points.astype(np.float32)
