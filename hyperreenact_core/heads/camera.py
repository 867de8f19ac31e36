"""The camera: where it stands and what part of its picture is kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .meshes import Floats

Matrix = NDArray[np.float64]

_EYES = (33, 133, 362, 263)


@dataclass(frozen=True, eq=False)
class Camera:
    """matrix: [4, 4] clip space from world. eye: [3] where it stands, looking along -z."""

    matrix: Matrix
    eye: Floats

    def project(self, points: Floats, size: int) -> tuple[Floats, Floats]:
        """[N, 3] -> [N, 2] xy in pixels of a picture (the first pixel spans 0 to 1), [N] depth."""
        clip = np.c_[points, np.ones(len(points))] @ self.matrix.T
        ndc = clip[:, :2] / clip[:, 3:]
        xy = (np.array([1.0, -1.0]) * ndc + 1) / 2 * size
        return xy.astype(np.float32), (self.eye[2] - points[:, 2]).astype(np.float32)


@dataclass(frozen=True)
class Framing:
    """What the picture keeps, measured by the face: the larger extent of its mesh points is one.

    side: of the picture; shift: of its centre from the face's, x right and y down.
    """

    side: float = 1.9
    shift: tuple[float, float] = (0.0, -0.08)


def frame_face(points: Floats, distance: float, framing: Framing) -> Camera:
    """A camera `distance` decimetres before the eyes of a posed face [468, 3]."""
    eyes = points[list(_EYES)].mean(0)
    eye = np.array([eyes[0], eyes[1], eyes[2] + distance], np.float32)
    view = np.eye(4)
    view[:3, 3] = -eye
    near, far = max(distance - 8.0, 0.5), distance + 25.0
    lens = np.zeros((4, 4))
    lens[0, 0] = lens[1, 1] = distance  # a plane at the eyes is measured in decimetres
    lens[2, 2], lens[2, 3] = (far + near) / (near - far), 2 * far * near / (near - far)
    lens[3, 2] = -1
    matrix = lens @ view
    clip = np.c_[points, np.ones(len(points))] @ matrix.T
    seen = clip[:, :2] / clip[:, 3:]
    low, high = seen.min(0), seen.max(0)
    extent = float((high - low).max())
    centre = (low + high) / 2 + extent * np.array(framing.shift) * [1, -1]
    scale = 2 / (extent * framing.side)
    crop = np.eye(4)
    crop[0, 0] = crop[1, 1] = scale
    crop[:2, 3] = -centre * scale
    return Camera(crop @ matrix, eye)
