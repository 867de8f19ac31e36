"""States of faces as the maps that a hypernetwork reads."""

from __future__ import annotations

import torch

from hyperreenact_core.heads.gaze import gaze_coefficients, rotation_matrix
from hyperreenact_core.networks.pose_state import (
    STATE,
    STATE_CHANNELS,
    eyes_together,
    gaze_of,
    state_map,
    state_parts,
    state_vector,
)
from hyperreenact_core.networks.rotation import matrix_from_euler


def some_faces(count: int = 5) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    angles = (torch.rand(3, count, generator=random) - 0.5) * 100
    gaze = torch.randn(count, 2, 3, generator=random)
    coefficients = torch.rand(count, 52, generator=random)
    return matrix_from_euler(*angles), coefficients, gaze / gaze.norm(dim=-1, keepdim=True)


def test_a_state_holds_all_that_it_was_made_of():
    faces = some_faces()
    state = state_vector(*faces)
    assert state.shape == (5, STATE)
    for part, told in zip(state_parts(state), faces, strict=True):
        torch.testing.assert_close(part, told, atol=1e-5, rtol=0)


def test_a_face_at_rest_that_looks_at_the_viewer_is_zero():
    ahead = torch.tensor([0.0, 0, 1]).expand(1, 2, 3)
    assert not state_vector(torch.eye(3)[None], torch.zeros(1, 52), ahead).any()


def test_a_map_says_the_same_everywhere_and_where_that_is():
    state = state_vector(*some_faces())
    maps = state_map(state)
    assert maps.shape == (5, STATE_CHANNELS, 7, 7)
    assert torch.equal(maps[:, :STATE], state[:, :, None, None].expand(-1, -1, 7, 7))
    assert maps[0, STATE, 3, 6] == 1, "x grows to the right"
    assert maps[0, STATE + 1, 6, 3] == 1, "y grows downwards"


def test_eyes_follow_the_coefficients_and_the_head():
    coefficients = torch.from_numpy(gaze_coefficients(15.0, -8.0))[None]
    turn = torch.from_numpy(rotation_matrix(20.0, 10.0, 5.0))[None].float()
    wanted = turn[0] @ torch.from_numpy(rotation_matrix(15.0, -8.0, 0.0)[:, 2]).float()
    gaze = gaze_of(turn, coefficients)[0]
    assert (gaze @ wanted).min() > 0.997, "within five degrees"
    assert gaze[0, 0] > gaze[1, 0], "the eyes converge: the one on the viewer's left looks right"


def test_eyes_that_squint_are_shown_as_one_look_and_others_as_they_are():
    turn = torch.from_numpy(rotation_matrix(20.0, 10.0, 5.0))[None].float()
    coefficients = torch.zeros(1, 52)
    coefficients[0, [13, 14, 17, 43]] = torch.tensor([0.5, 0.5, 0.3, 0.7])  # both to one side
    coefficients[0, 16] = 0.3
    alike = state_vector(turn, coefficients, gaze_of(turn, coefficients))
    torch.testing.assert_close(eyes_together(alike), alike, atol=1e-4, rtol=0)
    apart = coefficients.clone()
    apart[0, [13, 14, 15]] = torch.tensor([0.0, 0.9, 0.4])  # both outwards
    _, told, gaze = state_parts(eyes_together(state_vector(turn, apart, gaze_of(turn, apart))))
    assert float((gaze[0, 0] * gaze[0, 1]).sum()) > 0.9999
    assert float(told[0, 14] * told[0, 15]) == 0
    torch.testing.assert_close(told[:, 18:], apart[:, 18:], atol=1e-5, rtol=0)
