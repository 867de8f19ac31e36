"""The linear head model says where the renderer's vertices are."""

import numpy as np
import pytest

from hyperreenact_core.synthetic.camera import rotation
from hyperreenact_core.synthetic.head_model import VERTICES, head_model
from hyperreenact_core.synthetic.parameters import Expression, Pose
from hyperreenact_core.synthetic.renderer import render
from hyperreenact_core.synthetic.sampling import (
    sample_environment,
    sample_expression,
    sample_identity,
    sample_pose,
)


@pytest.mark.parametrize("seed", range(6))
def test_posed_vertices_equal_the_renderers(seed: int):
    rng = np.random.default_rng(seed)
    identity, expression, pose = sample_identity(seed), sample_expression(rng), sample_pose(rng)
    rendering = render(identity, expression, pose, sample_environment(rng), size=16)
    modelled = head_model().posed_vertices(
        identity.geometry,
        expression.geometric,
        yaw_deg=pose.yaw_deg,
        pitch_deg=pose.pitch_deg,
        roll_deg=pose.roll_deg,
    )
    np.testing.assert_allclose(rendering.vertices, modelled, atol=2e-5)


def test_formula_is_the_documented_one():
    model = head_model()
    rng = np.random.default_rng(0)
    geometry = rng.normal(0, 0.5, 28).astype(np.float32)
    expression = rng.random(8).astype(np.float32)
    still = model.mean + np.tensordot(geometry, model.identity_basis, 1)
    still = still + np.tensordot(expression, model.expression_basis, 1)
    matrix = rotation(40, -10, 7)
    posed = model.posed_vertices(geometry, expression, yaw_deg=40, pitch_deg=-10, roll_deg=7)
    np.testing.assert_allclose(posed, (still - model.pivot) @ matrix.T + model.pivot, atol=1e-5)


def test_subset_is_fixed_and_well_spread():
    model = head_model()
    assert len(np.unique(model.indices)) == VERTICES == len(model.mean)
    assert model.identity_basis.shape == (28, VERTICES, 3)
    assert model.expression_basis.shape == (8, VERTICES, 3)
    gaps = np.linalg.norm(model.mean[:, None] - model.mean[None], axis=-1)
    np.fill_diagonal(gaps, np.inf)
    assert gaps.min() > 0.02
    assert np.ptp(model.mean[:, 0]) > 1.3
    assert np.ptp(model.mean[:, 1]) > 1.8
    # The jaw drop, the movement that matters most, is seen by many of the points.
    drop = model.expression_basis[model.expression_names.index("jaw"), :, 1]
    assert (drop < -0.1).sum() > 30


def test_rotation_signs():
    """Positive yaw to the picture's right, pitch down, roll counter-clockwise."""
    nose = np.array([0, 0, 1], np.float32)
    assert (rotation(30, 0, 0) @ nose)[0] > 0.4
    assert (rotation(0, 30, 0) @ nose)[1] < -0.4
    assert (rotation(0, 0, 30) @ np.array([1, 0, 0]))[1] > 0.4
    np.testing.assert_allclose(
        rotation(20, 10, 5), rotation(0, 0, 5) @ rotation(20, 0, 0) @ rotation(0, 10, 0), atol=1e-6
    )


def test_lids_and_gaze_move_no_vertex():
    arguments = (sample_identity(1),)
    environment = sample_environment(np.random.default_rng(0))
    still = render(*arguments, Expression(), Pose(), environment, size=16)
    blinking = Expression(blink_left=1, blink_right=1, gaze_x=0.7)
    moved = render(*arguments, blinking, Pose(), environment, size=16)
    np.testing.assert_array_equal(still.vertices, moved.vertices)
    assert (still.image != moved.image).any()
