"""Pose views -> DrivingPose.

A view is a picture that the set's pose encoder reads, or the state that a reader has told.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..models.sets import LoadedSet
from ..networks.deca import PoseEncoder
from ..networks.fast.encoding import pose_maps
from ..networks.pose_state import eyes_together, state_map, state_parts, state_vector
from ..networks.rotation import euler_from_axis_angle, euler_from_matrix
from ..types import DrivingPose
from .detail.performance import Performance


def pose_networks(models: LoadedSet, dtype: torch.dtype) -> list[nn.Module]:
    """What `poses_of` needs on the device."""
    return [] if models.settings.pose_input == "state" else [models.fast(dtype).pose]


def poses_of(views: Tensor, models: LoadedSet, dtype: torch.dtype) -> DrivingPose:
    """Stacked views [B, ...], see `views.pose_view` -> B poses, float32."""
    if models.settings.pose_input == "state":
        return poses_of_states(views)
    return encode_pose(views, models.fast(dtype).pose)


def poses_of_states(states: Tensor) -> DrivingPose:
    """States [B, STATE], see networks.pose_state, from wherever -> B poses."""
    rotation, coefficients, _ = state_parts(states)
    yaw_deg, pitch_deg, roll_deg = euler_from_matrix(rotation)
    return DrivingPose(
        features=state_map(eyes_together(states)),
        yaw_deg=yaw_deg,
        pitch_deg=pitch_deg,
        roll_deg=roll_deg,
        expression=coefficients,
    )


def poses_of_performance(performance: Performance) -> DrivingPose:
    """What a head performs -> poses for sets that are told states."""
    gaze = performance.gaze @ performance.rotation.transpose(1, 2)
    return poses_of_states(state_vector(performance.rotation, performance.coefficients, gaze))


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
