"""Each of the 52 coefficients moves what its name says, on its own side, and nothing far away."""

from collections.abc import Callable

import numpy as np
import pytest

from hyperreenact_core.heads.expression import ACTIONS, MIRROR, action_index, coefficients
from hyperreenact_core.heads.figure import Figure, pose_figure
from hyperreenact_core.heads.wardrobe import TONGUE

Cast = Callable[..., Figure]

# fmt: off
MOVED: dict[str, tuple[int, tuple[int, int, int]]] = {
    # of the left side, or of the middle: a mesh point, and the signs of what it does along x, y, z
    "browDownLeft": (334, (0, -1, 0)), "browInnerUp": (336, (0, 1, 0)),
    "browOuterUpLeft": (293, (0, 1, 0)), "cheekPuff": (434, (0, 0, 1)),
    "cheekSquintLeft": (280, (0, 1, 0)), "eyeBlinkLeft": (386, (0, -1, 0)),
    "eyeSquintLeft": (374, (0, 1, 0)), "eyeWideLeft": (386, (0, 1, 0)),
    "jawForward": (152, (0, 0, 1)), "jawLeft": (152, (1, 0, 0)), "jawRight": (152, (-1, 0, 0)),
    "jawOpen": (14, (0, -1, 0)), "mouthClose": (14, (0, 1, 0)),
    "mouthDimpleLeft": (291, (1, 0, -1)), "mouthFrownLeft": (291, (0, -1, 0)),
    "mouthFunnel": (13, (0, 1, 1)), "mouthLeft": (13, (1, 0, 0)), "mouthRight": (13, (-1, 0, 0)),
    "mouthLowerDownLeft": (402, (0, -1, 0)), "mouthPressLeft": (291, (1, 0, 0)),
    "mouthPucker": (291, (-1, 0, 1)), "mouthRollLower": (14, (0, 0, -1)),
    "mouthRollUpper": (13, (0, 0, -1)), "mouthShrugLower": (17, (0, 1, 1)),
    "mouthShrugUpper": (0, (0, 1, 0)), "mouthSmileLeft": (291, (1, 1, 0)),
    "mouthStretchLeft": (291, (1, -1, 0)), "mouthUpperUpLeft": (310, (0, 1, 0)),
    "noseSneerLeft": (278, (0, 1, 0)),
}
LOOKS: dict[str, tuple[int, int]] = {
    # of the left eye: the axis and the sign of its gaze
    "eyeLookDownLeft": (1, -1), "eyeLookUpLeft": (1, 1),
    "eyeLookInLeft": (0, -1), "eyeLookOutLeft": (0, 1),
}
OTHER_POINT = {
    291: 61, 334: 105, 336: 107, 293: 63, 434: 214, 280: 50, 386: 159, 374: 145, 402: 178, 310: 80,
    278: 48,
}
# fmt: on
LEAST = 0.015
"""Decimetres: what can be seen in a picture of 256 pixels."""


@pytest.fixture(scope="module")
def figure(cast: Cast) -> Figure:
    return cast(3, bare=True)


@pytest.mark.parametrize("name", MOVED)
def test_an_action_moves_what_it_names(figure: Figure, name: str):
    point, signs = MOVED[name]
    change = figure.point_actions[action_index(name), point]
    for moved, sign in zip(change, signs, strict=True):
        assert moved * sign >= LEAST * abs(sign), f"{name} moves point {point} by {change}"


@pytest.mark.parametrize(
    "name", [n for n in MOVED if n.endswith("Left") and n[:-4] + "Right" in ACTIONS]
)
def test_the_right_side_mirrors_the_left_one(figure: Figure, name: str):
    point = MOVED[name][0]
    left = figure.point_actions[action_index(name)]
    right = figure.point_actions[MIRROR[action_index(name)]]
    opposite = OTHER_POINT.get(point, point)
    np.testing.assert_allclose(right[opposite] * (-1, 1, 1), left[point], atol=0.012)


@pytest.mark.parametrize("name", LOOKS)
@pytest.mark.parametrize("side", ["Left", "Right"])
def test_an_eye_looks_where_its_action_says(figure: Figure, name: str, side: str):
    axis, sign = LOOKS[name]
    if side == "Right" and axis == 0:
        sign = -sign
    still = np.eye(3, dtype=np.float32)
    full = name.replace("Left", side)
    before = pose_figure(figure, coefficients({}), still).gaze
    after = pose_figure(figure, coefficients({full: 1.0}), still).gaze
    # The person's left eye is on the viewer's right.
    own = 1 if side == "Left" else 0
    turned = np.degrees(np.arcsin((after - before)[:, axis] * sign))
    assert 12 < turned[own] < 40
    assert abs(turned[1 - own]) < 1


def test_the_tongue_comes_out(figure: Figure):
    still = np.eye(3, dtype=np.float32)
    at = {}
    for out in (0.0, 1.0):
        posed = pose_figure(figure, coefficients({"jawOpen": 0.4, "tongueOut": out}), still)
        tongue = [part for part in posed.parts if part.part.name == TONGUE]
        at[out] = float(tongue[0].vertices[:, 2].max())
        lip = posed.points[14, 2]
    assert at[1.0] > lip + 0.04
    assert at[1.0] > at[0.0] + 0.1


def test_every_action_is_checked():
    mirrored = {name.replace("Left", "Right") for name in (*MOVED, *LOOKS)}
    assert {*MOVED, *LOOKS, *mirrored, "tongueOut"} == set(ACTIONS)


def test_closed_lids_meet_and_closed_lips_too(figure: Figure):
    points = figure.points

    def after(**values: float) -> np.ndarray:
        return points + np.tensordot(coefficients(values), figure.point_actions, 1)

    opening = points[386, 1] - points[374, 1]
    shut = after(eyeBlink=1.0)
    assert shut[386, 1] - shut[374, 1] < 0.2 * opening
    wide, sealed = after(jawOpen=0.6), after(jawOpen=0.6, mouthClose=0.6)
    assert wide[13, 1] - wide[14, 1] > 0.15
    assert abs(sealed[13, 1] - sealed[14, 1]) < 0.06


def test_a_smile_widens_the_mouth_and_a_kiss_narrows_it(figure: Figure):
    def width(**values: float) -> float:
        points = figure.points + np.tensordot(coefficients(values), figure.point_actions, 1)
        return float(np.linalg.norm(points[291] - points[61]))

    assert width(mouthSmile=1.0) > 1.1 * width()
    assert width(mouthPucker=1.0) < 0.9 * width()


def test_a_mouth_moves_no_brow_and_a_brow_no_mouth(figure: Figure):
    for name in ACTIONS:
        change = np.linalg.norm(figure.point_actions[action_index(name)], axis=1)
        if name.startswith(("mouth", "jaw", "tongue")):
            assert change[[105, 334, 159, 386]].max() < 0.01, name
        if name.startswith(("brow", "eye")):
            assert change[[13, 14, 61, 291, 152]].max() < 0.01, name
