"""Still performances: signs of the axes, eyes that agree, and what a training set holds."""

from functools import lru_cache

import numpy as np
import pytest

from hyperreenact_core.heads.expression import ACTIONS, MIRROR, action_index, columns
from hyperreenact_core.heads.gaze import (
    GAZE_REACH_DEG,
    gaze_coefficients,
    gaze_in_head,
    rotation_matrix,
)
from hyperreenact_core.heads.performance import Performance, mirrored, rotation, sample_performance


@lru_cache
def _samples() -> tuple[np.ndarray, np.ndarray]:
    """Expressions [N, 52] and angles [N, 3]."""
    rng = np.random.default_rng(5)
    drawn = [sample_performance(rng) for _ in range(3000)]
    angles = np.array([[p.yaw_deg, p.pitch_deg, p.roll_deg] for p in drawn])
    return np.stack([p.expression for p in drawn]), angles


def _turned(point: list[float], *, yaw: float = 0, pitch: float = 0, roll: float = 0) -> np.ndarray:
    face = Performance(np.zeros(52, np.float32), yaw_deg=yaw, pitch_deg=pitch, roll_deg=roll)
    return rotation(face) @ point


def test_signs_of_the_head_s_axes():
    front, top = [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]
    np.testing.assert_allclose(_turned(front, yaw=90), [1, 0, 0], atol=1e-9)
    np.testing.assert_allclose(_turned(front, pitch=90), [0, 1, 0], atol=1e-9)
    np.testing.assert_allclose(_turned(top, roll=90), [-1, 0, 0], atol=1e-9)
    # Pitch first, in the head's own axes, then yaw, then roll.
    np.testing.assert_allclose(_turned(front, yaw=90, pitch=30), [3**0.5 / 2, 0.5, 0], atol=1e-9)
    np.testing.assert_allclose(_turned(front, yaw=90, roll=90), [0, 1, 0], atol=1e-9)


def test_rotations_are_right_handed_and_come_in_batches():
    angles = np.random.default_rng(0).uniform(-80, 80, (3, 20))
    matrices = rotation_matrix(*angles)
    assert matrices.shape == (20, 3, 3)
    unit = np.broadcast_to(np.eye(3), (20, 3, 3))
    np.testing.assert_allclose(matrices @ matrices.swapaxes(1, 2), unit, atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(matrices), 1)


def test_a_mirrored_performance_turns_the_other_way():
    face = sample_performance(np.random.default_rng(1))
    other = mirrored(face)
    flip = np.diag([-1.0, 1.0, 1.0])
    np.testing.assert_allclose(rotation(other), flip @ rotation(face) @ flip, atol=1e-9)
    np.testing.assert_array_equal(mirrored(other).expression, face.expression)


def test_both_eyes_look_the_same_way():
    for yaw, left, right in (
        (20, "eyeLookOutLeft", "eyeLookInRight"),
        (-20, "eyeLookInLeft", "eyeLookOutRight"),
    ):
        face = gaze_coefficients(yaw, 0)
        assert face[action_index(left)] == pytest.approx(20 / GAZE_REACH_DEG, abs=0.06)
        assert face[action_index(right)] == pytest.approx(20 / GAZE_REACH_DEG, abs=0.06)
        assert np.count_nonzero(face) == 2


def test_lids_follow_the_gaze():
    down, up = gaze_coefficients(0, -GAZE_REACH_DEG), gaze_coefficients(0, GAZE_REACH_DEG)
    assert down[action_index("eyeLookDownLeft")] == up[action_index("eyeLookUpRight")] == 1
    assert down[action_index("eyeBlinkLeft")] > 0.05
    assert up[action_index("eyeWideLeft")] > 0.05
    assert up[action_index("eyeBlinkLeft")] == down[action_index("eyeWideLeft")] == 0


def test_eyes_in_a_turned_head_stay_on_the_camera():
    turn = rotation_matrix(15.0, -8.0, 5.0)
    yaw, pitch = gaze_in_head(0.0, 0.0, turn)
    seen = turn @ rotation_matrix(yaw, pitch, 0.0)[:, 2]
    np.testing.assert_allclose(seen, [0, 0, 1], atol=0.01)
    yaw, _ = gaze_in_head(0.0, 0.0, rotation_matrix(70.0, 0.0, 0.0))
    assert -GAZE_REACH_DEG <= yaw < -0.98 * GAZE_REACH_DEG


def test_the_same_seed_gives_the_same_performance():
    one, other = (sample_performance(np.random.default_rng(9)) for _ in range(2))
    np.testing.assert_array_equal(one.expression, other.expression)
    assert one.yaw_deg == other.yaw_deg


def test_everything_is_in_range_and_every_action_is_seen():
    faces, _ = _samples()
    assert faces.dtype == np.float32
    assert faces.min() >= 0
    assert faces.max() <= 1
    missing = [name for name, top in zip(ACTIONS, faces.max(0), strict=True) if top < 0.5]
    assert missing == []
    jaw, close, tongue = (faces[:, action_index(n)] for n in ("jawOpen", "mouthClose", "tongueOut"))
    assert (close <= jaw).all()
    assert jaw[tongue > 0.5].min() > 0.1


def test_both_sides_are_equally_common():
    faces, angles = _samples()
    mirror = list(MIRROR)
    assert np.abs(faces.mean(0) - faces[:, mirror].mean(0)).max() < 0.04
    assert np.abs(angles[:, [0, 2]].mean(0)).max() < 2


def test_eyes_agree_in_all_samples():
    faces, _ = _samples()
    left = faces[:, action_index("eyeLookOutLeft")] - faces[:, action_index("eyeLookInLeft")]
    right = faces[:, action_index("eyeLookInRight")] - faces[:, action_index("eyeLookOutRight")]
    assert np.abs(left - right).max() < 0.1
    up, down = faces[:, columns("eyeLookUp")], faces[:, columns("eyeLookDown")]
    assert np.abs(up[:, 0] - up[:, 1]).max() < 1e-6
    assert np.abs(down[:, 0] - down[:, 1]).max() < 1e-6


def test_sides_move_together_with_a_spread():
    faces, _ = _samples()
    for name in ("mouthSmile", "browDown", "eyeBlink", "cheekSquint"):
        left, right = faces[:, columns(name)].T
        assert 0.7 < np.corrcoef(left, right)[0, 1] < 0.999, name


def test_shares_of_what_pictures_show():
    faces, angles = _samples()
    closed = faces[:, columns("eyeBlink")].max(1) > 0.6
    assert 0.08 < closed.mean() < 0.16
    assert 0.13 < (np.abs(angles[:, 0]) > 45).mean() < 0.21
    assert (np.abs(angles).max(0) <= [80, 40, 35]).all()
    assert (np.abs(angles).max(0) > [75, 35, 28]).all()
    looks = faces[:, [i for i, name in enumerate(ACTIONS) if name.startswith("eyeLook")]]
    assert (looks.max(1) > 0.9).mean() > 0.35
    smile = faces[:, action_index("mouthSmileLeft")]
    assert 0.3 < np.median(smile[smile > 0.1]) < 0.6
    assert (faces[:, action_index("jawOpen")] > 0.9).mean() > 0.008
