"""Which parts of a performance are taken, and when its frames come."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from hyperreenact_core.errors import InputError
from hyperreenact_core.heads.expression import ACTIONS, coefficients
from hyperreenact_core.reenact.detail.performance import HeadState, Performance
from hyperreenact_core.reenact.detail.turns import turn_of, vector_of
from hyperreenact_core.reenact.knobs import LengthRule, Transfer
from hyperreenact_core.reenact.transfer import Score, transferred

OWN = HeadState(np.eye(3), coefficients({"jawOpen": 0.1, "eyeBlink": 0.8}).astype(np.float64))
DRIVER = HeadState(
    turn_of((0.0, 0.5, 0.0)), coefficients({"jawOpen": 0.9, "mouthSmile": 0.5}).astype(np.float64)
)


@pytest.mark.parametrize(
    ("transfer", "jaw", "blink", "yaw"),
    [
        ("expression", 0.9, 0.0, 0.0),
        ("lips", 0.9, 0.8, 0.0),
        ("pose", 0.1, 0.8, 0.5),
        ("both", 0.9, 0.0, 0.5),
    ],
)
def test_only_what_is_asked_for_is_taken(transfer: Transfer, jaw: float, blink: float, yaw: float):
    state = transferred(OWN, DRIVER, transfer)
    assert state.coefficients[ACTIONS.index("jawOpen")] == pytest.approx(jaw)
    assert state.coefficients[ACTIONS.index("eyeBlinkLeft")] == pytest.approx(blink)
    assert vector_of(state.rotation)[1] == pytest.approx(yaw)


def opening(count: int) -> Performance:
    """A mouth that opens by a tenth a frame, on a head that turns by as many radians."""
    return Performance.of(
        [
            HeadState(
                turn_of((0.0, 0.1 * at, 0.0)), coefficients({"jawOpen": 0.1 * at}).astype(float)
            )
            for at in range(count)
        ]
    )


def jaws(score: Score, count: int) -> list[float]:
    """How far the mouth is open, in tenths; the turn says the same."""
    states = [score.state(at) for at in range(count)]
    for state in states:
        jaw = state.coefficients[ACTIONS.index("jawOpen")]
        assert vector_of(state.rotation)[1] == pytest.approx(jaw, abs=1e-5)
    return [round(float(10 * state.coefficients[ACTIONS.index("jawOpen")]), 3) for state in states]


@pytest.mark.parametrize(
    ("length", "footage", "total", "expected"),
    [
        ("shortest", 6, 4, [0, 1, 2, 3]),
        ("shortest", 2, 2, [0, 1]),
        ("hold", 6, 6, [0, 1, 2, 3, 3, 3]),
        ("hold", 2, 4, [0, 1, 2, 3]),
        ("loop", 6, 6, [0, 1, 2, 3, 0, 1]),
        ("stretch", 7, 7, [0, 0.5, 1, 1.5, 2, 2.5, 3]),
        ("stretch", 2, 2, [0, 3]),
    ],
)
def test_what_is_not_equally_long_ends_as_asked(
    length: LengthRule, footage: int, total: int, expected: list[float]
):
    score = Score(opening(4), Fraction(25), Fraction(25), footage, length)
    assert score.total == total
    assert jaws(score, total) == expected


def test_between_frames_of_another_rate_lies_what_is_between_them():
    twice = Score(opening(4), Fraction(25), Fraction(50), 8)
    assert jaws(twice, 8) == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3]
    half = Score(opening(4), Fraction(50), Fraction(25), 8)
    assert half.total == 2
    assert jaws(half, 2) == [0, 2]
    slower = Score(opening(4), Fraction(30), Fraction(30000, 1001), 8)
    assert slower.total == 4, "the fourth frame begins while the performance lasts"


def test_nothing_is_stretched_to_an_unknown_length():
    with pytest.raises(InputError, match="nothing can be stretched"):
        Score(opening(2), Fraction(25), Fraction(25), None, "stretch")
    assert Score(opening(2), Fraction(25), Fraction(25), None, "hold").total is None
