"""Euler angles, matrices and axis-angle vectors agree and can be differentiated."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hyperreenact_core.networks.rotation import (
    axis_angle_from_euler,
    euler_from_axis_angle,
    euler_from_matrix,
    matrix_from_axis_angle,
    matrix_from_euler,
)


def angles(count: int = 200) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    span = torch.tensor([[85.0], [80.0], [120.0]])
    yaw, pitch, roll = (torch.rand(3, count, generator=generator) * 2 - 1) * span
    return yaw, pitch, roll


def test_matrix_is_roll_yaw_pitch() -> None:
    yaw, pitch, roll = angles()
    for i in range(10):
        a, b, c = np.deg2rad([float(yaw[i]), float(pitch[i]), float(roll[i])])
        ry = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
        rx = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
        rz = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
        actual = matrix_from_euler(yaw[i : i + 1], pitch[i : i + 1], roll[i : i + 1])[0]
        np.testing.assert_allclose(actual.numpy(), rz @ ry @ rx, atol=1e-6)


@pytest.mark.parametrize(("euler", "x", "y"), [((30, 0, 0), 0.5, 0.0), ((0, 30, 0), 0.0, -0.5)])
def test_positive_yaw_looks_right_and_positive_pitch_down(
    euler: tuple[float, float, float], x: float, y: float
) -> None:
    yaw, pitch, roll = torch.tensor(euler, dtype=torch.float32)[:, None]
    gaze = matrix_from_euler(yaw, pitch, roll)[0] @ torch.tensor([0.0, 0.0, 1.0])
    torch.testing.assert_close(gaze[:2], torch.tensor([x, y]), atol=1e-6, rtol=0)


def test_round_trips() -> None:
    expected = torch.stack(angles())
    vectors = axis_angle_from_euler(*expected)
    assert vectors.norm(dim=1).max() <= torch.pi + 1e-5
    torch.testing.assert_close(
        torch.stack(euler_from_axis_angle(vectors)), expected, atol=2e-3, rtol=0
    )
    torch.testing.assert_close(
        matrix_from_axis_angle(vectors), matrix_from_euler(*expected), atol=1e-5, rtol=0
    )
    torch.testing.assert_close(
        torch.stack(euler_from_matrix(matrix_from_euler(*expected))), expected, atol=2e-3, rtol=0
    )


def test_matrix_from_axis_angle_is_the_exponential() -> None:
    vector = torch.tensor([[0.3, -0.8, 0.5]])
    x, y, z = vector[0]
    skew = torch.tensor([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    torch.testing.assert_close(matrix_from_axis_angle(vector)[0], torch.matrix_exp(skew))


@pytest.mark.parametrize("size", [0.0, 1e-6, 1e-3, 1.0])
def test_gradients_are_finite_and_right(size: float) -> None:
    vector = torch.tensor([[size, -size / 2, size / 3]], requires_grad=True)
    yaw, pitch, roll = euler_from_axis_angle(vector)
    (yaw + 2 * pitch + 3 * roll).sum().backward()
    assert vector.grad is not None
    if size < 1e-2:
        # For small turns the vector is (pitch, yaw, roll) in radians.
        expected = torch.rad2deg(torch.tensor([[2.0, 1.0, 3.0]]))
        torch.testing.assert_close(vector.grad, expected, rtol=1e-2, atol=0)
    assert vector.grad.isfinite().all()
    back = torch.tensor([[size, 2 * size, 0.0]], requires_grad=True)
    axis_angle_from_euler(*back.unbind(1)).sum().backward()
    assert back.grad is not None
    assert back.grad.isfinite().all()
