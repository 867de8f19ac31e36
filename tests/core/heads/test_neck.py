"""The neck: a rigid head, a still chest, and a smooth bend between them."""

import numpy as np
import pytest

from hyperreenact_core.heads.gaze import rotation_matrix
from hyperreenact_core.heads.meshes import Floats
from hyperreenact_core.heads.neck import Neck, neck_of

STILL = np.eye(3, dtype=np.float32)


def make_neck() -> Neck:
    """Of a face whose chin is 7 dm above the origin and 1 before it."""
    points = np.zeros((468, 3), np.float32)
    points[10], points[152] = (0, 9, 0.8), (0, 7, 1)
    return neck_of(points)


NECK = make_neck()


def turn(yaw_deg: float = 0, pitch_deg: float = 0, roll_deg: float = 0) -> Floats:
    return rotation_matrix(yaw_deg, pitch_deg, roll_deg).astype(np.float32)


def body(count: int = 400) -> Floats:
    """Points all over head, neck and chest."""
    spread = np.random.default_rng(0).uniform(-1, 1, (count, 3)) * (1.2, 2.6, 1.2)
    return (spread + np.array([0, 6.6, 0])).astype(np.float32)


def test_the_chest_has_no_grip_and_the_head_all_of_it() -> None:
    heights = np.array([[0, 3, 0], [0, 5.5, 1], [0, 7, 1], [0, 7.6, -1], [0, 9, 0.8]], np.float32)
    np.testing.assert_allclose(NECK.grip(heights), [0, 0, 1, 1, 1], atol=0.01)


def test_the_grip_grows_from_the_chest_to_the_head() -> None:
    column = np.zeros((200, 3), np.float32)
    column[:, 1] = np.linspace(5, 8, 200)
    grip = NECK.grip(column)
    assert grip[0] == 0
    assert grip[-1] == 1
    assert (np.diff(grip) >= 0).all()
    assert np.diff(grip).max() < 0.03


def test_the_throat_belongs_to_the_neck_where_the_nape_is_head_already() -> None:
    throat, nape = NECK.grip(np.array([[0, 6.9, 0.2], [0, 6.9, 1]], np.float32))
    assert throat < nape


def test_the_neck_is_as_long_as_the_face_says() -> None:
    points = np.zeros((468, 3), np.float32)
    points[10], points[152] = (0, 11, 0.8), (0, 7, 1)
    long = neck_of(points)
    assert long.high - long.low == pytest.approx(2 * (NECK.high - NECK.low))
    assert long.pivot[2] < NECK.pivot[2] < 1  # behind the chin


def test_without_a_turn_all_stays_in_place() -> None:
    points = body()
    np.testing.assert_allclose(
        NECK.bend(points, NECK.grip(points), STILL, STILL), points, atol=1e-5
    )


@pytest.mark.parametrize("angles", [(70, 0, 0), (0, -35, 0), (0, 0, 30), (-60, 25, -20)])
def test_the_head_turns_as_one_and_the_chest_stays(angles: tuple[float, float, float]) -> None:
    head, points = turn(*angles), body()
    grip, pivot = NECK.grip(points), np.array(NECK.pivot, np.float32)
    bent = NECK.bend(points, grip, head, STILL)
    on_head, on_chest = grip == 1, grip == 0
    assert on_head.sum() > 50
    assert on_chest.sum() > 50
    expected = (points[on_head] - pivot) @ head.T + pivot
    np.testing.assert_allclose(bent[on_head], expected, atol=1e-4)
    np.testing.assert_allclose(bent[on_chest], points[on_chest], atol=1e-5)


def test_the_chest_takes_its_own_turn() -> None:
    points, head, chest = body(), turn(60, 10, 5), turn(25)
    pivot = np.array(NECK.pivot, np.float32)
    ends = [np.full(len(points), share, np.float32) for share in (0, 1)]
    low, high = (NECK.bend(points, grip, head, chest) for grip in ends)
    np.testing.assert_allclose(low, (points - pivot) @ chest.T + pivot, atol=1e-4)
    np.testing.assert_allclose(high, (points - pivot) @ head.T + pivot, atol=1e-4)


def test_half_the_grip_is_half_the_turn() -> None:
    points = body()
    half = NECK.bend(points, np.full(len(points), 0.5, np.float32), turn(50), STILL)
    whole = NECK.bend(points, np.ones(len(points), np.float32), turn(25), STILL)
    np.testing.assert_allclose(half, whole, atol=1e-4)


def test_the_bend_tears_nothing() -> None:
    column = np.zeros((400, 3), np.float32)
    column[:, 0], column[:, 1] = 0.5, np.linspace(5, 8, 400)
    before = np.linalg.norm(np.diff(column, axis=0), axis=1)
    for angles in ((75, 0, 0), (0, 40, 0), (0, 0, -35)):
        bent = NECK.bend(column, NECK.grip(column), turn(*angles), STILL)
        after = np.linalg.norm(np.diff(bent, axis=0), axis=1)
        assert (after < 2.5 * before).all()


def test_the_turn_of_the_neck_follows_that_of_the_head_smoothly() -> None:
    points = body()
    grip = NECK.grip(points)
    places = np.stack(
        [NECK.bend(points, grip, turn(yaw), STILL) for yaw in np.linspace(-80, 80, 161)]
    )
    assert np.abs(np.diff(places, axis=0)).max() < 0.06  # a degree at 3 dm is 0.05
