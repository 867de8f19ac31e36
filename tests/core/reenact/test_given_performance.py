"""Performances out of face meshes that others found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from hyperreenact_core.errors import InputError, NoFaceError
from hyperreenact_core.heads.expression import action_index
from hyperreenact_core.networks.rotation import euler_from_matrix, matrix_from_euler
from hyperreenact_core.reenact.detail.head_model import load_head_model
from hyperreenact_core.reenact.given_performance import performance_of_meshes


def face(yaw: float, *, scale: float = 60.0, x: float = 200.0, jaw: float = 0.0) -> dict[str, Any]:
    angles = (torch.tensor([angle]) for angle in (yaw, 0.0, 0.0))
    turned = load_head_model().point_mean @ matrix_from_euler(*angles)[0].double().numpy().T
    xy = turned[:, :2] * (scale, -scale) + (x, 150)
    irises = np.zeros((10, 2))
    shares = {"_neutral": 0.9, "jawOpen": jaw, "eyeLookUpLeft": 1.0}
    return {"landmarks_xy": np.vstack([xy, irises]), "blendshapes": shares, "score": 0.8}


def payload(*frames: list[dict[str, Any]]) -> dict[str, Any]:
    return {"image_size": (300, 400), "frames": list(frames)}


def test_meshes_tell_turn_place_and_expression() -> None:
    told = performance_of_meshes(payload([face(-20)], [], [face(20, jaw=0.5)]), rate=50)
    yaw, pitch, roll = euler_from_matrix(told.rotation)
    torch.testing.assert_close(yaw, torch.tensor([-20.0, -20, 20]), atol=4, rtol=0)
    assert max(pitch.abs().max(), roll.abs().max()) < 5
    assert told.coefficients[2, action_index("jawOpen")] == 0.5
    assert told.confidence.tolist() == pytest.approx([0.8, 0, 0.8])
    assert told.time.tolist() == pytest.approx([0, 0.02, 0.04])
    torch.testing.assert_close(told.place[0, :2], torch.zeros(2), atol=0.05, rtol=0)
    assert 0.35 < told.place[0, 2] < 0.6
    assert told.gaze[0, 1, 1] > 0.2, "the left eye looks up"


def test_the_largest_face_is_followed() -> None:
    small, large = face(30, scale=20, x=300), face(-10, x=150)
    told = performance_of_meshes(payload([small, large], [large, small]))
    assert euler_from_matrix(told.rotation)[0].max() < 0


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, InputError),
        (None, InputError),
        (payload([{"landmarks_xy": np.zeros((468, 2))}]), InputError),
        (payload([{"landmarks_xy": np.zeros((5, 2)), "blendshapes": {}}]), InputError),
        (payload([], []), NoFaceError),
    ],
)
def test_what_is_no_mesh_is_refused(given: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        performance_of_meshes(given)
