"""The pose features of sets that are told the state of a face instead of being shown one.

A state is what a reader, a slider or a track says: rotation, ARKit's 52 coefficients, gaze. It is
the same wherever it comes from, so it can be smoothed, mixed and edited.
"""

from __future__ import annotations

from math import radians

import torch
import torch.nn.functional as F
from torch import Tensor

STATE = 6 + 52 + 6
"""Numbers of a state."""
STATE_CHANNELS = STATE + 2
"""Channels of its map: the state, and where in the map one is."""

_SIDEWAYS, _UPWARDS = radians(26.0), radians(18.5)
"""Turn of an eye at a coefficient of 1, as rendered heads show it."""
_TURN, _ACTION, _LOOK = 2.5, 3.0, 3.0
"""Factors that bring what faces do in life to about the same size."""


def state_vector(rotation: Tensor, coefficients: Tensor, gaze: Tensor) -> Tensor:
    """One state a face, [B, STATE], about zero for a face at rest.

    rotation: [B, 3, 3] world = R @ head. coefficients: [B, 52] in 0..1. gaze: [B, 2, 3] unit
    vectors in the world, the eye on the viewer's left first. See types.FaceReading.
    """
    eye = torch.eye(3, device=rotation.device, dtype=rotation.dtype)
    axes = (rotation - eye)[:, :, :2].transpose(1, 2).flatten(1)  # where head x and y point to
    ahead = eye[2]  # at the viewer
    looks = (gaze - ahead).flatten(1)
    return torch.cat([axes * _TURN, coefficients * _ACTION, looks * _LOOK], 1)


def gaze_of(rotation: Tensor, coefficients: Tensor) -> Tensor:
    """[B, 2, 3]: where the eyes look, by the eyeLook coefficients; for states made without eyes."""
    down, inwards, outwards, up = (coefficients[:, at : at + 2] for at in (10, 12, 14, 16))
    # Of the person's left eye, then the right one; yaw towards the person's left, pitch up.
    side = torch.tensor([1.0, -1.0], device=coefficients.device, dtype=coefficients.dtype)
    yaw, pitch = _SIDEWAYS * side * (outwards - inwards), _UPWARDS * (up - down)
    ahead = torch.stack([yaw.sin() * pitch.cos(), pitch.sin(), yaw.cos() * pitch.cos()], 2)
    return ahead.flip(1) @ rotation.transpose(1, 2)


def state_parts(state: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What `state_vector` was given: rotation, coefficients, gaze."""
    axes, actions, looks = state.split((6, 52, 6), 1)
    eye = torch.eye(3, device=state.device, dtype=state.dtype)
    x, y = (axes / _TURN).unflatten(1, (2, 3)).add(eye[:2]).unbind(1)
    rotation = torch.stack([x, y, torch.linalg.cross(x, y)], 2)
    return rotation, actions / _ACTION, (looks / _LOOK).unflatten(1, (2, 3)) + eye[2]


def eyes_together(state: Tensor) -> Tensor:
    """The states [B, STATE] with both eyes on one place far away, and eyeLook coefficients that say
    so.

    Networks learn of eyes that look alike; a reader may tell of eyes that squint, and what was told
    so draws nothing that is a face.
    """
    rotation, coefficients, gaze = state_parts(state)
    x, y, z = F.normalize((gaze @ rotation).mean(1), dim=1).unbind(1)
    side, up = torch.atan2(x, z) / _SIDEWAYS, torch.asin(y.clamp(-1, 1)) / _UPWARDS
    towards = (-up, -up, -side, side, side, -side, up, up)  # down, in, out, up of the left, right
    eyes = torch.stack(towards, 1).clamp(0, 1)
    told = torch.cat([coefficients[:, :10], eyes, coefficients[:, 18:]], 1)
    return state_vector(rotation, told, gaze_of(rotation, told))


def state_map(state: Tensor, size: int = 7) -> Tensor:
    """States [B, STATE] -> the maps [B, STATE_CHANNELS, size, size] that a hypernetwork reads."""
    batch = len(state)
    everywhere = state[:, :, None, None].expand(-1, -1, size, size)
    across = torch.linspace(-1, 1, size, device=state.device, dtype=state.dtype)
    x = across.expand(batch, 1, size, size)
    return torch.cat([everywhere, x, x.transpose(2, 3)], 1)
