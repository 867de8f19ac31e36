"""How head and eyes turn, and the actions of eyes that look somewhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .expression import ACTIONS, FloatArray, columns

GAZE_REACH_DEG = 27.0
"""Turn of an eye at a coefficient of 1: its iris moves 5.5 mm on a ball of 12 mm radius."""

_VERGENCE_DEG = 1.2
"""Turn of each eye inwards, as for something about 1.5 m away."""


def rotation_matrix(
    yaw_deg: ArrayLike, pitch_deg: ArrayLike, roll_deg: ArrayLike
) -> NDArray[np.float64]:
    """[..., 3, 3] with world = R @ rest: R = Rz(roll) @ Ry(yaw) @ Rx(-pitch), right-handed."""
    yaw, pitch, roll = (np.radians(np.asarray(a, float)) for a in (yaw_deg, pitch_deg, roll_deg))
    sy, cy, sp, cp = np.sin(yaw), np.cos(yaw), np.sin(pitch), np.cos(pitch)
    sr, cr = np.sin(roll), np.cos(roll)
    rows = (
        (cr * cy, -cr * sy * sp - sr * cp, cr * sy * cp - sr * sp),
        (sr * cy, -sr * sy * sp + cr * cp, sr * sy * cp + cr * sp),
        (-sy, -cy * sp, cy * cp),
    )
    return np.stack([np.stack(np.broadcast_arrays(*row), -1) for row in rows], -2)


def gaze_coefficients(gaze_yaw_deg: ArrayLike, gaze_pitch_deg: ArrayLike) -> NDArray[np.float32]:
    """[..., 52]: the eight eyeLook actions of both eyes together, and lids that follow them.

    Angles are in the head's own coordinates, signed as the head's (yaw towards +x, pitch up).
    Beyond GAZE_REACH_DEG the eyes stay at 1.
    """
    yaw, pitch = np.broadcast_arrays(
        np.asarray(gaze_yaw_deg, float), np.asarray(gaze_pitch_deg, float)
    )
    left, right = (yaw - _VERGENCE_DEG) / GAZE_REACH_DEG, (yaw + _VERGENCE_DEG) / GAZE_REACH_DEG
    up = np.clip(pitch / GAZE_REACH_DEG, -1, 1)
    face = np.zeros((*yaw.shape, len(ACTIONS)), np.float32)
    for name, value in (
        ("eyeLookOutLeft", left),
        ("eyeLookInLeft", -left),
        ("eyeLookInRight", right),
        ("eyeLookOutRight", -right),
        ("eyeLookUp", up),
        ("eyeLookDown", -up),
        # eyeLookDown lowers the lid itself; these are what lids do on top.
        ("eyeWide", 0.12 * up),
        ("eyeBlink", -0.1 * up),
    ):
        face[..., columns(name)] = np.clip(value, 0, 1)[..., None]
    return face


def gaze_in_head(
    gaze_yaw_deg: ArrayLike, gaze_pitch_deg: ArrayLike, turn: FloatArray
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Yaw and pitch (deg) of eyes in a turned head that look at a direction of the world.

    turn: [..., 3, 3], the head's rotation. (0, 0) is towards the viewer. What lies out of reach
    is followed as far as the eyes go, with a soft stop.
    """
    world = rotation_matrix(gaze_yaw_deg, gaze_pitch_deg, 0.0)[..., 2]
    x, y, z = np.moveaxis(np.einsum("...ji,...j->...i", turn, world), -1, 0)
    yaw = np.degrees(np.arctan2(x, z))
    pitch = np.degrees(np.arcsin(np.clip(y, -1, 1)))
    return soft_stop(yaw, GAZE_REACH_DEG), soft_stop(pitch, GAZE_REACH_DEG)


def soft_stop(angle: FloatArray, limit: ArrayLike) -> NDArray[np.float64]:
    """The angle while it is small, and never more than the limit."""
    return angle / (1 + np.abs(angle / np.asarray(limit)) ** 6) ** (1 / 6)
