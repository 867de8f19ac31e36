"""Rotations of the head: yaw, pitch and roll in degrees against axis-angle vectors in radians.

Head coordinates: x to the picture's right, y up, z toward the viewer;
R = Rz(roll) @ Ry(yaw) @ Rx(pitch). All functions are differentiable and batched.
"""

from __future__ import annotations

import torch
from torch import Tensor

_SMALL = 1e-8
"""Squared angle below which series replace the quotients."""


def matrix_from_euler(yaw_deg: Tensor, pitch_deg: Tensor, roll_deg: Tensor) -> Tensor:
    """Angles in degrees [B] each -> rotation matrices [B, 3, 3]."""
    return _matrix_from_quaternion(_quaternion_from_euler(yaw_deg, pitch_deg, roll_deg))


def axis_angle_from_euler(yaw_deg: Tensor, pitch_deg: Tensor, roll_deg: Tensor) -> Tensor:
    """Angles in degrees [B] each -> axis times angle in radians [B, 3], angle at most pi."""
    quaternion = _quaternion_from_euler(yaw_deg, pitch_deg, roll_deg)
    # q and -q are one rotation; the one with w >= 0 turns by pi at most.
    quaternion = torch.where(quaternion[:, :1] < 0, -quaternion, quaternion)
    w, v = quaternion[:, :1], quaternion[:, 1:]
    square = v.square().sum(1, keepdim=True)
    small = square < _SMALL
    length = torch.where(small, torch.ones_like(square), square).sqrt()
    factor = torch.where(small, 2.0 / w.clamp_min(0.5), 2.0 * torch.atan2(length, w) / length)
    return v * factor


def matrix_from_axis_angle(axis_angle: Tensor) -> Tensor:
    """Axis times angle in radians [B, 3] -> rotation matrices [B, 3, 3]."""
    square = axis_angle.square().sum(1, keepdim=True)
    small = square < _SMALL
    angle = torch.where(small, torch.ones_like(square), square).sqrt()
    w = torch.where(small, 1.0 - square / 8.0, (angle / 2.0).cos())
    v = axis_angle * torch.where(small, 0.5 - square / 48.0, (angle / 2.0).sin() / angle)
    return _matrix_from_quaternion(torch.cat([w, v], dim=1))


def euler_from_matrix(matrix: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Rotation matrices [B, 3, 3] -> yaw, pitch, roll in degrees [B]; yaw within +-90."""
    horizontal = (matrix[:, 0, 0].square() + matrix[:, 1, 0].square()).clamp_min(1e-12).sqrt()
    yaw = torch.atan2(-matrix[:, 2, 0], horizontal)
    pitch = torch.atan2(matrix[:, 2, 1], matrix[:, 2, 2])
    roll = torch.atan2(matrix[:, 1, 0], matrix[:, 0, 0])
    return torch.rad2deg(yaw), torch.rad2deg(pitch), torch.rad2deg(roll)


def euler_from_axis_angle(axis_angle: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Axis times angle in radians [B, 3] -> yaw, pitch, roll in degrees [B]."""
    return euler_from_matrix(matrix_from_axis_angle(axis_angle))


def _quaternion_from_euler(yaw_deg: Tensor, pitch_deg: Tensor, roll_deg: Tensor) -> Tensor:
    """Half-angle products of roll * yaw * pitch: [B, 4] as (w, x, y, z)."""
    cy, sy = _half_angle(yaw_deg)
    cp, sp = _half_angle(pitch_deg)
    cr, sr = _half_angle(roll_deg)
    return torch.stack(
        [
            cr * cy * cp + sr * sy * sp,
            cr * cy * sp - sr * sy * cp,
            cr * sy * cp + sr * cy * sp,
            sr * cy * cp - cr * sy * sp,
        ],
        dim=1,
    )


def _half_angle(degrees: Tensor) -> tuple[Tensor, Tensor]:
    half = torch.deg2rad(degrees.float()) / 2.0
    return half.cos(), half.sin()


def _matrix_from_quaternion(quaternion: Tensor) -> Tensor:
    """Unit quaternions (w, x, y, z) [B, 4] -> rotation matrices [B, 3, 3]."""
    w, x, y, z = quaternion.unbind(1)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)
