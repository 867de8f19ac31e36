"""Where eyes look, as angles against the head."""

from __future__ import annotations

import torch
from torch import Tensor


def gaze_from_angles(angles: Tensor) -> Tensor:
    """Yaw and pitch in radians [B, 2, 2], to the picture's right and down -> gaze [B, 2, 3]."""
    yaw, pitch = angles.unbind(2)
    return torch.stack([yaw.sin() * pitch.cos(), -pitch.sin(), yaw.cos() * pitch.cos()], 2)


def gaze_angles(gaze: Tensor) -> Tensor:
    """[B, 2, 3] -> yaw and pitch in radians [B, 2, 2], to the picture's right and down."""
    x, y, z = gaze.unbind(2)
    return torch.stack([torch.atan2(x, z), torch.atan2(-y, torch.hypot(x, z))], 2)
