"""Poses: a fitted head turns about its neck, performs, and stays in its place."""

from dataclasses import replace

import numpy as np
import pytest

from hyperreenact_core.heads.gaze import rotation_matrix
from hyperreenact_core.heads.neck import Neck
from hyperreenact_core.reenact.detail.head_model import load_head_model
from hyperreenact_core.reenact.detail.pose import bend, chest_turn, pose_head
from hyperreenact_core.reenact.detail.turns import soft_turn, turn_of, vector_of

from .heads import sitter

MODEL = load_head_model()
FIT = sitter(1, yaw_deg=10).truth


def test_as_it_is_the_head_lies_on_its_points() -> None:
    posed = pose_head(MODEL, FIT)
    head = MODEL.grip == 1
    expected = (MODEL.vertices(FIT.shape, FIT.coefficients) + MODEL.hair) @ FIT.rotation.T
    np.testing.assert_allclose(posed.vertices[head], expected[head], atol=1e-5)
    np.testing.assert_allclose(posed.xy, FIT.project(posed.vertices.astype(float)), atol=1e-3)


@pytest.mark.parametrize("turn", [(30, 0, 0), (0, -20, 0), (0, 0, 15), (-50, 10, 5)])
def test_the_joint_of_head_and_neck_stays(turn: tuple[float, float, float]) -> None:
    rotation = rotation_matrix(*turn)
    posed = pose_head(MODEL, FIT, rotation=rotation)
    pivot, head = MODEL.pivot(FIT.shape), MODEL.grip == 1
    at_rest = (MODEL.vertices(FIT.shape, FIT.coefficients) + MODEL.hair)[head]
    expected = (at_rest - pivot) @ rotation.T + FIT.rotation @ pivot
    np.testing.assert_allclose(posed.vertices[head], expected, atol=1e-5)


def test_a_shift_moves_all_and_nearer_is_larger() -> None:
    here = pose_head(MODEL, FIT)
    aside = pose_head(MODEL, FIT, shift=(0.5, 0, 0))
    assert (aside.xy[:, 0] > here.xy[:, 0] + 0.3 * FIT.scale).all()
    nearer = pose_head(MODEL, FIT, shift=(0, 0, 1.0))
    assert np.ptp(nearer.xy[:, 0]) > 1.03 * np.ptp(here.xy[:, 0])


def test_size_and_place_are_those_of_the_fit() -> None:
    here = pose_head(MODEL, FIT)
    placed = pose_head(MODEL, replace(FIT, centre=FIT.centre + 9, scale=2 * FIT.scale))
    expected = (here.xy - FIT.centre) * 2 + FIT.centre + 9
    np.testing.assert_allclose(placed.xy, expected, atol=1e-6)


def test_another_expression_moves_the_face_alone() -> None:
    face = FIT.coefficients.copy()
    face[24] = 1.0  # the jaw
    moved = np.abs(pose_head(MODEL, FIT, coefficients=face).xy - pose_head(MODEL, FIT).xy).max(1)
    assert moved.max() > 5
    assert moved[MODEL.mean[:, 1] > 0.5].max() < 0.1


def test_the_neck_bends_as_that_of_rendered_heads() -> None:
    rng = np.random.default_rng(0)
    points, grip = rng.normal(size=(50, 3)), rng.random(50).astype(np.float32)
    head, chest = rotation_matrix(50, -15, 10), chest_turn(rotation_matrix(50, -15, 10), 0.45)
    neck = Neck((0.0, 0.0, 0.0), -1.0, 1.0)
    expected = neck.bend(points.astype("f4"), grip, head.astype("f4"), chest.astype("f4"))
    np.testing.assert_allclose(bend(points, grip, head, chest), expected, atol=1e-5)


def test_the_chest_follows_the_yaw_in_part() -> None:
    turn = chest_turn(rotation_matrix(40, 20, 0), 0.45)
    np.testing.assert_allclose(turn, rotation_matrix(18, 0, 0), atol=1e-9)
    posed = [
        pose_head(MODEL, FIT, rotation=rotation_matrix(40, 0, 0), chest_share=s) for s in (0, 1)
    ]
    low = MODEL.grip < 0.3
    apart = np.abs(posed[0].xy - posed[1].xy).max(1)
    assert apart[low].max() > 3
    assert apart[MODEL.grip == 1].max() < 1e-9


def test_turns_soften_towards_their_limit() -> None:
    axis = np.array([0.36, 0.8, 0.48])
    found = [
        np.degrees(np.linalg.norm(vector_of(soft_turn(turn_of(axis * np.radians(angle)), **REACH))))
        for angle in (0, 10, 30, 31, 60, 170)
    ]
    assert found[:3] == pytest.approx([0, 10, 30], abs=1e-6)
    assert 30.9 < found[3] < 31, "no step where it begins"
    assert found[3] < found[4] < found[5] < 45
    turned = soft_turn(turn_of(axis * np.radians(80)), **REACH)
    assert np.allclose(np.cross(vector_of(turned), axis), 0, atol=1e-9), "about the same axis"


REACH = {"free_deg": 30.0, "most_deg": 45.0}
