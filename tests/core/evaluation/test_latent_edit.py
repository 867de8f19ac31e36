"""The baseline's linear directions."""

from __future__ import annotations

import torch

from hyperreenact_core.evaluation.latent_edit import (
    LatentDirections,
    fit_directions,
    pose_parameters,
)
from hyperreenact_core.types import DrivingPose


def pose(yaw_deg: list[float], expression: torch.Tensor) -> DrivingPose:
    yaw = torch.tensor(yaw_deg)
    return DrivingPose(
        features=torch.zeros(len(yaw_deg), 1, 1, 1),
        yaw_deg=yaw,
        pitch_deg=torch.zeros_like(yaw),
        roll_deg=torch.zeros_like(yaw),
        expression=expression,
    )


def test_regression_recovers_the_directions_codes_were_made_with() -> None:
    random = torch.Generator().manual_seed(0)
    true = torch.randn(16, 6, 8, generator=random)
    change = torch.randn(300, 16, generator=random)
    noise = 0.1 * torch.randn(300, 6, 8, generator=random)
    fitted = fit_directions(change, torch.einsum("nf,fld->nld", change, true) + noise)
    assert (fitted.directions - true).abs().max() < 0.05


def test_regression_survives_parameters_that_never_differ_or_always_agree() -> None:
    random = torch.Generator().manual_seed(0)
    change = torch.randn(50, 3, generator=random)
    change[:, 1] = 0
    change[:, 2] = change[:, 0]
    fitted = fit_directions(change, change[:, :1, None].expand(-1, 2, 4))
    assert fitted.directions.isfinite().all()
    torch.testing.assert_close(fitted.directions[1], torch.zeros(2, 4))
    # Two equal parameters share the effect.
    torch.testing.assert_close(fitted.directions[0], torch.full((2, 4), 0.5), atol=0.01, rtol=0)


def test_edit_moves_a_code_by_the_difference_of_the_poses() -> None:
    directions = LatentDirections(torch.zeros(4 + 2, 3, 5))
    directions.directions[0, 1] = 2.0  # sine of yaw moves the second code
    directions.directions[5, 2] = 1.0  # the second expression moves the third
    w_plus = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(0))
    source = pose([0.0, 30.0], torch.zeros(2, 2))
    driving = pose([30.0, 30.0], torch.tensor([[0.0, 0.0], [0.7, 0.3]]))
    moved = directions.edit(w_plus, source=source, driving=driving) - w_plus
    torch.testing.assert_close(moved[0, 1], torch.ones(5))
    torch.testing.assert_close(moved[1, 2], torch.full((5,), 0.3))
    assert moved[0, 2].abs().max() < 1e-6
    assert moved[1, 1].abs().max() < 1e-6


def test_parameters_of_a_pose_are_of_like_size() -> None:
    parameters = pose_parameters(pose([90.0], torch.full((1, 12), 0.5)))
    assert parameters.shape == (1, 16)
    expected = torch.tensor([1.0, 0.0, 0.0, 0.0])
    torch.testing.assert_close(parameters[0, :4], expected, atol=1e-6, rtol=0)
