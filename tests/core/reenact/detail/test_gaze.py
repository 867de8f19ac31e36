"""Where eyes look: both the same way, as a reader saw it, and in a source as its picture has it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hyperreenact_core.heads.expression import ACTIONS, action_index
from hyperreenact_core.reenact.detail.drawn import picture_of
from hyperreenact_core.reenact.detail.eyeballs import gaze_astray
from hyperreenact_core.reenact.detail.fit import HeadFit
from hyperreenact_core.reenact.detail.flow import Drawing, draw_head
from hyperreenact_core.reenact.detail.gaze import (
    with_eyes_turned,
    with_parallel_eyes,
    with_sideways_gaze,
)
from hyperreenact_core.reenact.detail.head_model import Doubles, load_head_model
from hyperreenact_core.reenact.detail.performance import performed
from hyperreenact_core.reenact.detail.pose import pose_head

from .heads import SIDE, sitter
from .test_eyes import FIT, PAINT, SIZE

MODEL = load_head_model()
LOOKS = [i for i, name in enumerate(ACTIONS) if name.startswith("eyeLook")]


def face(**actions: float) -> Doubles:
    values = np.zeros(52)
    for name, value in actions.items():
        values[action_index(name)] = value
    return values


def to_the_right(coefficients: Doubles) -> tuple[float, float]:
    """Of the eye on the viewer's left and of the other."""

    def of(name: str) -> float:
        return float(coefficients[action_index(name)])

    return (
        of("eyeLookInRight") - of("eyeLookOutRight"),
        of("eyeLookOutLeft") - of("eyeLookInLeft"),
    )


def test_a_squint_that_was_read_becomes_one_way_to_look():
    squint = face(eyeLookInRight=0.8, eyeLookInLeft=0.2, eyeLookUpLeft=0.5, jawOpen=0.3)
    result = with_parallel_eyes(squint)
    assert to_the_right(result) == pytest.approx((0.3, 0.3))
    up = result[[action_index("eyeLookUpLeft"), action_index("eyeLookUpRight")]]
    np.testing.assert_allclose(up, 0.25)
    rest = np.setdiff1d(np.arange(52), LOOKS)
    np.testing.assert_array_equal(result[rest], squint[rest])
    assert result.min() >= 0


def test_eyes_that_look_the_same_way_stay():
    aside = face(eyeLookOutRight=0.6, eyeLookInLeft=0.6)
    np.testing.assert_allclose(with_parallel_eyes(aside), aside)


def test_a_performer_never_squints():
    for seed in range(4):
        fit = sitter(seed).truth
        one, other = to_the_right(performed(fit).coefficients)
        assert one == pytest.approx(other)


def test_a_reader_tells_sideways_looks_and_nothing_else():
    fitted, read = face(eyeLookInLeft=0.9, eyeLookUpLeft=0.4), face(eyeLookOutLeft=0.5, jawOpen=1.0)
    result = with_sideways_gaze(fitted, read)
    assert to_the_right(result) == pytest.approx((0, 0.5))
    assert result[action_index("eyeLookUpLeft")] == 0.4
    assert result[action_index("jawOpen")] == 0


def drawn(fit: HeadFit) -> Drawing:
    return draw_head(MODEL, pose_head(MODEL, fit), side=SIDE, size=256)


@pytest.mark.parametrize("true", [-0.5, 0.0, 0.6])
def test_a_source_looks_as_its_picture_has_it(true: float):
    seen = with_eyes_turned(MODEL, FIT.coefficients, np.full(2, true * 0.33))
    picture = picture_of(MODEL, drawn(replace(FIT, coefficients=seen)), PAINT, SIZE)
    astray = gaze_astray(MODEL, drawn(FIT), picture)
    found = with_eyes_turned(MODEL, FIT.coefficients, astray)
    assert to_the_right(found) == pytest.approx((true, true), abs=0.25)


def test_eyes_that_are_shut_are_not_astray():
    shut = replace(FIT, coefficients=face(eyeBlinkLeft=0.9, eyeBlinkRight=0.9))
    picture = picture_of(MODEL, drawn(shut), PAINT, SIZE)
    assert not gaze_astray(MODEL, drawn(shut), picture).any()
