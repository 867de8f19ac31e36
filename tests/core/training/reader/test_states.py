"""What a reader says of drawn faces, as a loss and as figures."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from hyperreenact_core.heads.expression import ACTIONS
from hyperreenact_core.networks.pose_state import state_vector
from hyperreenact_core.networks.reader import Reading
from hyperreenact_core.networks.rotation import matrix_from_euler
from hyperreenact_core.training.reader.states import state_figures, state_loss

FACES = 6


def reading() -> Reading:
    random = torch.Generator().manual_seed(0)
    angles = (torch.rand(3, FACES, generator=random) - 0.5) * 60
    gaze = torch.randn(FACES, 2, 3, generator=random) + torch.tensor([0.0, 0, 4])
    nothing = torch.zeros(FACES, 468)
    return Reading(
        points=torch.zeros(FACES, 468, 2),
        depth=nothing,
        log_spread=nothing,
        rotation=matrix_from_euler(*angles),
        coefficients=torch.rand(FACES, 52, generator=random),
        gaze=gaze / gaze.norm(dim=-1, keepdim=True),
        irises=torch.zeros(FACES, 2, 2),
        visible=nothing,
        face=torch.zeros(FACES),
    )


def test_the_same_state_costs_next_to_nothing():
    assert state_loss(reading(), reading()) < 1e-3


@pytest.mark.parametrize("part", ["rotation", "coefficients", "gaze"])
def test_every_part_of_a_state_counts(part: str):
    other = replace(reading(), **{part: getattr(reading(), part).roll(1, 0)})
    assert state_loss(other, reading()) > 0.01


def test_where_closed_eyes_look_does_not_count():
    closed = reading()
    closed.coefficients[:, [ACTIONS.index("eyeBlinkLeft"), ACTIONS.index("eyeBlinkRight")]] = 1
    other = replace(closed, gaze=closed.gaze.roll(1, 0))
    assert state_loss(other, closed) < 1e-3


def test_figures_tell_half_a_movement_from_noise():
    seen = reading()
    state = state_vector(seen.rotation, seen.coefficients, seen.gaze)
    half = replace(seen, coefficients=0.5 * seen.coefficients)
    figures = state_figures(half, state)
    assert figures["degrees"] == pytest.approx(0, abs=0.1)
    assert figures["jaw"] == pytest.approx(1, abs=1e-3)
    assert figures["jaw_gain"] == pytest.approx(0.5, abs=1e-3)
