"""Pose views -> DrivingPose."""

from __future__ import annotations

from torch import Tensor

from ..networks.deca import PoseEncoder
from ..networks.fast.encoding import pose_maps
from ..networks.rotation import euler_from_axis_angle
from ..types import DrivingPose


def encode_pose(views: Tensor, encoder: PoseEncoder) -> DrivingPose:
    """What the pose encoder reads of B faces, [B, 3, S, S] RGB in [0, 1] -> B poses, float32."""
    features = pose_maps(encoder, views)  # [B, C, 7, 7]
    codes = encoder.codes(features)
    yaw_deg, pitch_deg, roll_deg = euler_from_axis_angle(codes.global_pose)
    return DrivingPose(
        features=features.float(),
        yaw_deg=yaw_deg,
        pitch_deg=pitch_deg,
        roll_deg=roll_deg,
        expression=codes.expression,
    )
