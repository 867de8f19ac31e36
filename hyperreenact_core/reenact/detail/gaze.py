"""Where both eyes look: alike in what is read of a driver, as the picture has it in a source."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ...heads.expression import ACTIONS
from .eyeballs import balls
from .head_model import Doubles, HeadModel

_RIGHT, _LEFT = (
    # Of the eye on the viewer's left, which is the person's right one, and of the other.
    (ACTIONS.index("eyeLookInRight"), ACTIONS.index("eyeLookOutLeft")),
    (ACTIONS.index("eyeLookOutRight"), ACTIONS.index("eyeLookInLeft")),
)
_UP, _DOWN = (
    (ACTIONS.index(f"eyeLook{way}Right"), ACTIONS.index(f"eyeLook{way}Left"))
    for way in ("Up", "Down")
)


def with_parallel_eyes(coefficients: Doubles) -> Doubles:
    """[52] whose eyes look the same way: what a reader sees of one errs apart from the other."""
    result = coefficients.copy()
    for one, other in ((_RIGHT, _LEFT), (_UP, _DOWN)):
        _turn(result, one, other, np.full(2, _turned(coefficients, one, other).mean()))
    return result


def with_eyes_turned(model: HeadModel, coefficients: Doubles, radians: Doubles) -> Doubles:
    """[52] whose eyes look so far [2] more to the viewer's right; that on the left first."""
    result = coefficients.copy()
    now = _turned(coefficients, _RIGHT, _LEFT)
    _turn(result, _RIGHT, _LEFT, now + radians / _turn_of_one(model))
    return result


def with_sideways_gaze(coefficients: Doubles, read: Doubles) -> Doubles:
    """[52] that look sideways as a reader saw it [52]: no mesh point tells of that."""
    result, sideways = coefficients.copy(), [*_RIGHT, *_LEFT]
    result[sideways] = read[sideways]
    return result


def _turned(coefficients: Doubles, one: tuple[int, int], other: tuple[int, int]) -> Doubles:
    """[2] how far both eyes are turned the one way, less than 0 the other."""
    return coefficients[list(one)] - coefficients[list(other)]


def _turn(
    coefficients: Doubles, one: tuple[int, int], other: tuple[int, int], amounts: Doubles
) -> None:
    coefficients[list(one)] = amounts.clip(0)
    coefficients[list(other)] = (-amounts).clip(0)


@lru_cache(maxsize=2)
def _turn_of_one(model: HeadModel) -> float:
    """Radians that an eye turns sideways with a coefficient of 1."""
    actions = np.zeros(model.mean.shape, np.float32)
    actions[model.moved] = model.actions[_RIGHT[0]]
    ball = balls(model)[0]
    return float(np.arcsin(actions[ball.middle, 0] / ball.radius))
