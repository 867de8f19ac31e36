"""What the linear model cannot explain follows the points, and lips keep meeting."""

from __future__ import annotations

import numpy as np
import pytest

from hyperreenact_core.reenact.detail.fit import HeadFit, fit_head
from hyperreenact_core.reenact.detail.flow import draw_head
from hyperreenact_core.reenact.detail.head_model import MOUTH, Doubles, load_head_model
from hyperreenact_core.reenact.detail.pose import pose_head
from hyperreenact_core.reenact.detail.remainder import with_remainder

from .heads import SIDE, Sitter, sitter

MODEL = load_head_model()
LIPS = [61, 291, 13, 14, 0, 17]
LEFT, RIGHT = 33, 263
"""Outer corners of the eyes."""


def wide_mouthed(person: Sitter) -> Doubles:
    """The points of a person whose mouth is wider than the model can make it."""
    points = person.points.copy()
    unit = np.linalg.norm(points[LEFT] - points[RIGHT])
    middle = points[[13, 14]].mean(0)
    near = np.exp(((points - middle) ** 2).sum(1) / (-2 * (0.2 * unit) ** 2))
    points[:, 0] += 0.04 * unit * near * np.sign(points[:, 0] - middle[0])
    return points


def fits(person: Sitter, points: Doubles, spread: float) -> tuple[HeadFit, HeadFit]:
    fit = fit_head(MODEL, points, person.truth.coefficients, spread=1.0)
    return fit, with_remainder(MODEL, fit, points, np.full(468, spread))


def off(fit: HeadFit, points: Doubles) -> float:
    """Pixels by which the lips are off, as a root mean square."""
    vertices = [np.linalg.norm(MODEL.mean - MODEL.point_mean[p], axis=1).argmin() for p in LIPS]
    apart = pose_head(MODEL, fit).xy[vertices] - points[LIPS]
    return float(np.sqrt((apart**2).sum(1).mean()))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_vertices_come_to_lie_where_the_points_were_read(seed: int):
    person = sitter(seed)
    points = wide_mouthed(person)
    before, after = fits(person, points, 0.2)
    assert off(after, points) < 0.8 * off(before, points)
    assert after.remainder is not None
    assert np.abs(after.remainder).max() < 0.1


def test_points_that_are_hardly_known_move_little():
    person = sitter(1)
    points = wide_mouthed(person)
    sure, unsure = (fits(person, points, spread)[1].remainder for spread in (0.2, 20.0))
    assert sure is not None
    assert unsure is not None
    assert np.abs(unsure).max() < 0.1 * np.abs(sure).max()


def test_what_the_model_explains_is_left_alone():
    person = sitter(1)
    found = with_remainder(MODEL, person.truth, person.points, np.full(468, 0.2)).remainder
    assert found is not None
    assert np.abs(found).max() < 1e-4


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_lips_that_meet_still_meet(seed: int):
    person = sitter(seed)
    _, fit = fits(person, wide_mouthed(person), 0.2)
    shut = pose_head(MODEL, fit, coefficients=np.zeros(52))
    region = draw_head(MODEL, shut, side=SIDE, size=256).region
    assert not (region == MOUTH).any()
