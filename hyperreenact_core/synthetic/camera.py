"""Head rotation, perspective and framing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .parameters import Pose
from .template import PIVOT

DISTANCE = 9.0
"""Camera to head, in head units."""
PORTRAIT_HALF_SIDE = 1.42
"""Half the height of the portrait frame on the plane through the head."""
LOOK_AT_Y = -0.10


def rotation(yaw_deg: float, pitch_deg: float, roll_deg: float) -> NDArray[np.float32]:
    """[3, 3] R = Rz(roll) @ Ry(yaw) @ Rx(pitch)."""
    yaw, pitch, roll = np.deg2rad([yaw_deg, pitch_deg, roll_deg])
    ry = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    rx = np.array(
        [[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]
    )
    rz = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return (rz @ ry @ rx).astype(np.float32)


def turn(points: NDArray[np.float32], matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn [N, 3] head points about the top of the neck."""
    return (points - PIVOT) @ matrix.T + PIVOT


@dataclass(frozen=True)
class FaceFraming:
    """The square crop an aligner would cut around the 68 landmarks.

    With e the longer side of the landmarks' bounding box: the centre lies e * up above the box's
    middle, half the side is e * scale. jitter_x, jitter_y (down) shift the centre by parts of half
    the side; jitter_scale then enlarges the square by that part.
    """

    scale: float = 0.85
    up: float = 1 / 6
    jitter_x: float = 0.0
    jitter_y: float = 0.0
    jitter_scale: float = 0.0


@dataclass(frozen=True)
class Viewport:
    """The square of the picture plane that is drawn (plane units, y up)."""

    centre_x: float
    centre_y: float
    half_side: float

    def pixels(self, plane: NDArray[np.float32], *, size: int) -> NDArray[np.float32]:
        """[N, 2] plane points -> continuous pixel coordinates, y down."""
        left, top = self.centre_x - self.half_side, -self.centre_y - self.half_side
        flipped = plane * np.array([1, -1], np.float32)
        scale = np.float32(size / (2 * self.half_side))
        return (flipped - np.array([left, top], np.float32)) * scale


def project(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """[N, 3] world points -> [N, 2] on the picture plane."""
    nearness = DISTANCE / (DISTANCE - points[:, 2:])
    plane = (points[:, :2] - np.array([0, LOOK_AT_Y], np.float32)) * nearness
    return plane.astype(np.float32, copy=False)


def portrait_viewport(pose: Pose) -> Viewport:
    """Head and shoulders."""
    return Viewport(0.0, 0.0, PORTRAIT_HALF_SIDE / (1.0 + pose.zoom))


def framed_viewport(landmarks: NDArray[np.float32], framing: FaceFraming) -> Viewport:
    """The crop around [68, 2] landmarks on the picture plane."""
    low, high = landmarks.min(0), landmarks.max(0)
    extent = float((high - low).max())
    half_side = framing.scale * extent
    middle_x, middle_y = (float(v) for v in (low + high) / 2)
    return Viewport(
        centre_x=middle_x + framing.jitter_x * half_side,
        centre_y=middle_y + framing.up * extent - framing.jitter_y * half_side,
        half_side=half_side * (1.0 + framing.jitter_scale),
    )
