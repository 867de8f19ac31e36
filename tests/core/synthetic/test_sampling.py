"""Random people and poses: repeatable, within range, distributed as promised."""

import numpy as np
import pytest

from hyperreenact_core.synthetic.blendshapes import (
    IDENTITY_COUNT,
    expression_basis,
    identity_basis,
    identity_names,
)
from hyperreenact_core.synthetic.parameters import EXPRESSION_NAMES, GEOMETRIC_EXPRESSIONS
from hyperreenact_core.synthetic.sampling import (
    sample_environment,
    sample_expression,
    sample_identity,
    sample_pose,
)
from hyperreenact_core.synthetic.vector import (
    APPEARANCE,
    ENVIRONMENT,
    EXPRESSION,
    PARAMETER_COUNT,
    POSE,
    parameter_vector,
)


def test_an_identity_depends_on_its_seed_alone():
    first = sample_identity(5)
    np.random.default_rng(0).random(100)
    assert first == sample_identity(5)
    assert first != sample_identity(6)
    assert hash(first) == hash(sample_identity(5))


def test_wide_poses_are_one_in_six():
    rng = np.random.default_rng(0)
    poses = [sample_pose(rng) for _ in range(4000)]
    yaw = np.array([pose.yaw_deg for pose in poses])
    assert 0.15 < (np.abs(yaw) > 45).mean() < 0.20
    assert np.abs(yaw).max() <= 75
    assert max(abs(pose.pitch_deg) for pose in poses) <= 35
    assert max(abs(pose.roll_deg) for pose in poses) <= 30


def test_dyed_hair_leaves_beard_and_brows_natural():
    people = [sample_identity(seed) for seed in range(400)]
    dyed = [p for p in people if p.hair.colour[2] > p.hair.colour[1] + 0.05]
    assert len(dyed) > 5
    for person in dyed:
        for colour in (person.beard.colour, person.brows.colour):
            assert colour[0] >= colour[2] - 0.02


def test_expressions_stay_in_range():
    rng = np.random.default_rng(1)
    rows = np.stack([sample_expression(rng).as_array() for _ in range(500)])
    column = EXPRESSION_NAMES.index
    for name in ("jaw", "smile", "frown", "pucker", "furrow", "blink_left", "blink_right"):
        values = rows[:, column(name)]
        assert values.min() == 0
        assert values.max() <= 1
        assert values.max() > 0.8
    assert np.abs(rows[:, column("gaze_x")]).max() <= 1


def test_geometry_names_match_the_bases():
    person = sample_identity(0)
    assert person.geometry.shape == (IDENTITY_COUNT,)
    assert len(identity_names()) == IDENTITY_COUNT == len(identity_basis())
    expression = sample_expression(np.random.default_rng(3))
    by_name = [getattr(expression, name) for name in GEOMETRIC_EXPRESSIONS]
    np.testing.assert_allclose(expression.geometric, by_name, rtol=1e-6)
    assert len(expression_basis()) == len(GEOMETRIC_EXPRESSIONS)
    # Every shape moves something: none is a zero row left behind by a typing error.
    assert (np.abs(identity_basis()).max((1, 2)) > 0.005).all()
    assert (np.abs(expression_basis()).max((1, 2)) > 0.02).all()


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    rng = np.random.default_rng(2)
    return np.stack(
        [
            parameter_vector(
                sample_identity(seed),
                sample_expression(rng),
                sample_pose(rng),
                sample_environment(rng),
            )
            for seed in range(300)
        ]
    )


def test_parameter_vectors_are_of_unit_scale_and_all_used(vectors: np.ndarray):
    assert vectors.dtype == np.float32
    assert vectors.shape[1] == PARAMETER_COUNT
    assert np.abs(vectors).max() < 4
    assert (vectors.std(0) > 0.01).all()


def test_parameter_slices_hold_what_they_name():
    rng = np.random.default_rng(4)
    arguments = [
        (sample_identity(i), sample_expression(rng), sample_pose(rng), sample_environment(rng))
        for i in (1, 2)
    ]
    whole = parameter_vector(*arguments[0])
    for index, part in enumerate((APPEARANCE, EXPRESSION, POSE, ENVIRONMENT)):
        changed = list(arguments[0])
        changed[index] = arguments[1][index]
        differs = parameter_vector(*changed) != whole
        assert differs[part].any()
        differs[part] = False
        assert not differs.any()
