"""A performance as a track: what may be left out, and frames taken from it."""

from __future__ import annotations

from dataclasses import replace

import torch

from hyperreenact_core.heads.expression import action_index
from hyperreenact_core.reenact.detail.performance import Performance


def looking_left(frames: int) -> Performance:
    """Its eyes go to the viewer's left, more and more."""
    coefficients = torch.zeros(frames, 52)
    for name in ("eyeLookOutRight", "eyeLookInLeft"):
        coefficients[:, action_index(name)] = torch.linspace(0, 1, frames)
    return Performance(torch.eye(3).repeat(frames, 1, 1), coefficients)


def test_what_is_left_out_is_filled_in() -> None:
    given = looking_left(4)
    assert given.gaze.shape == (4, 2, 3)
    torch.testing.assert_close(given.gaze[0], torch.tensor([[0.0, 0, 1], [0, 0, 1]]))
    assert given.gaze[3, :, 0].max() < -0.4
    torch.testing.assert_close(given.time, torch.tensor([0, 0.04, 0.08, 0.12]))
    assert given.confidence.tolist() == [1.0] * 4
    assert given.place.tolist() == [[0.0, 0.0, 0.5]] * 4


def test_what_is_given_stays_when_something_else_changes() -> None:
    given = replace(looking_left(3), time=torch.tensor([1.0, 2, 3]))
    changed = replace(given, coefficients=torch.zeros(3, 52))
    assert changed.time.tolist() == [1.0, 2, 3]
    assert torch.equal(changed.gaze, given.gaze)
    assert changed.eyes_as_told().gaze[:, :, 2].min() == 1


def test_frames_are_taken_in_any_order() -> None:
    given = looking_left(4)
    for rows in ([3, 0, 0], torch.tensor([3, 0, 0])):
        taken = given.take(rows)
        assert len(taken) == 3
        assert torch.equal(taken.coefficients[0], given.coefficients[3])
        torch.testing.assert_close(taken.time, torch.tensor([0.12, 0, 0]))
        assert taken.gaze[0, 0, 0] < -0.4
