"""Cut-out heads and what is known of them: the square and the five points of their faces.

A face's square is upright; its middle is that of the box about all 468 mesh points, seen or not,
its side the larger side of that box (the same as the reader's crops are measured by). So it reaches
from the top of the forehead to the chin, whatever covers the face.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...face.framing import Frame, cut, extent, frame_matrix
from ...networks.reader_regions import IBUG68
from ..reader.shelf import Row
from ..reader.tables import mesh_mirror

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

_MARKS = (slice(36, 42), slice(42, 48), slice(30, 31), slice(48, 49), slice(54, 55))
"""Of iBUG's 68: eyes, tip of the nose, corners of the mouth."""


@dataclass(frozen=True, eq=False)
class Face:
    """A face in a scene, its pixels. mesh: [468, 2]; seen: [468] what the scene shows of it."""

    mesh: Floats
    seen: NDArray[np.bool_]

    @property
    def square(self) -> Floats:
        """[3] middle x, y and side."""
        return square_of(self.mesh)

    @property
    def points(self) -> Floats:
        """[5, 2], see networks.detector.KEYPOINTS."""
        return five_points(self.mesh)


@dataclass(frozen=True, eq=False)
class Head:
    """A head to be put in a scene: pixels [S, S, 3], coverage [S, S], the face in them."""

    picture: Pixels
    coverage: Pixels
    face: Face


def square_of(mesh: Floats) -> Floats:
    """[N, 2] -> [3] middle x, y and side of the square about the points."""
    middle, side = extent(mesh)
    return np.array([*middle, side], np.float32)


def five_points(mesh: Floats) -> Floats:
    """[468, 2] -> [5, 2] eye centres, tip of the nose, corners of the mouth."""
    marks = mesh[list(IBUG68)]
    return np.stack([marks[part].mean(0) for part in _MARKS]).astype(np.float32)


def head_in(row: Row, frame: Frame, size: int, *, bust: bool = False) -> Head:
    """What a frame of a rendered picture shows, [size, size]; no head beyond the picture.

    bust: no body either; otherwise it goes on as the picture's lower border shows it.
    """
    matrix = frame_matrix(frame, size)
    mesh = row.points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    seen = row.visible > 0
    if frame.mirrored:
        order = mesh_mirror()
        mesh, seen = mesh[order], seen[order]
    face = Face(mesh.astype(np.float32), seen & inside(mesh, size))
    # What lies outside repeats the border; where the frame shrinks, a border of several pixels.
    coverage, edge = row.coverage.copy(), 1 + int(2 * frame.side / size)
    coverage[:edge], coverage[:, :edge], coverage[:, -edge:] = 0, 0, 0
    if bust:
        coverage[-edge:] = 0
    return Head(cut(row.image, frame, size), cut(coverage, frame, size), face)


def inside(mesh: Floats, size: int) -> NDArray[np.bool_]:
    x, y = mesh[:, 0], mesh[:, 1]
    return (x >= 0) & (x < size) & (y >= 0) & (y < size)
