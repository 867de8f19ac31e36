"""Eyelids: those that a driver shuts meet, whoever they are of; the source's own stay."""

from __future__ import annotations

import numpy as np
import pytest

from hyperreenact_core.heads.expression import action_index
from hyperreenact_core.reenact.detail.fit import HeadFit
from hyperreenact_core.reenact.detail.head_model import Doubles, load_head_model
from hyperreenact_core.reenact.detail.lids import lid_edges, openings, with_shut_lids
from hyperreenact_core.reenact.detail.pose import pose_head
from hyperreenact_core.reenact.detail.remainder import with_remainder

from .heads import sitter

MODEL = load_head_model()
BLINKS = [action_index("eyeBlinkRight"), action_index("eyeBlinkLeft")]
REST = np.zeros(52)


def wide_eyed(seed: int) -> HeadFit:
    """A person whose lids no shape explains: they are further apart."""
    person = sitter(seed)
    points = person.points.copy()
    points[[159, 386]] -= (0, 0.02 * person.truth.scale)
    return with_remainder(MODEL, person.truth, points, np.full(468, 0.05))


def blinking(share: float, which: int | None = None) -> Doubles:
    face = REST.copy()
    face[BLINKS if which is None else BLINKS[which]] = share
    return face


def apart(fit: HeadFit, face: Doubles) -> np.ndarray:
    """[2] how far the lids are, in the vertical, and whether they pass through each other."""
    posed = pose_head(MODEL, fit, rotation=np.eye(3), coefficients=face).vertices
    return np.array(
        [float((posed[e.upper, 1] - posed[e.lower, 1])[3:6].mean()) for e in lid_edges(MODEL)]
    )


@pytest.mark.parametrize("seed", range(6))
def test_eyes_that_a_driver_shuts_are_shut(seed: int):
    fit = wide_eyed(seed)
    for share in (0.8, 1.0):
        face = with_shut_lids(MODEL, fit, blinking(share))
        np.testing.assert_allclose(apart(fit, face), 0, atol=2e-3)


@pytest.mark.parametrize("seed", range(6))
def test_more_of_a_blink_opens_no_eye(seed: int):
    fit = wide_eyed(seed)
    gaps = [apart(fit, with_shut_lids(MODEL, fit, blinking(s))) for s in np.linspace(0, 1, 11)]
    assert (np.diff(gaps, axis=0) <= 1e-4).all()
    np.testing.assert_allclose(gaps[0], apart(fit, REST), atol=1e-4)


def test_one_eye_winks_alone():
    fit = wide_eyed(1)
    gaps = apart(fit, with_shut_lids(MODEL, fit, blinking(0.9, which=1)))
    assert gaps[1] == pytest.approx(0, abs=2e-3)
    assert gaps[0] == pytest.approx(apart(fit, REST)[0], abs=1e-4)


@pytest.mark.parametrize("seed", range(6))
def test_a_sources_own_expression_stays(seed: int):
    fit = sitter(seed).truth
    face = with_shut_lids(MODEL, fit, fit.coefficients)
    if (apart(fit, fit.coefficients) >= 0).all():
        np.testing.assert_allclose(face, fit.coefficients, atol=1e-9)


def test_only_blinks_are_changed():
    fit, face = wide_eyed(2), np.linspace(0, 1, 52)
    rest = np.setdiff1d(np.arange(52), BLINKS)
    np.testing.assert_array_equal(with_shut_lids(MODEL, fit, face)[rest], face[rest])


def test_openings_are_told_of_turned_heads():
    fit = sitter(3).truth
    ahead = openings(MODEL, pose_head(MODEL, fit, rotation=np.eye(3), coefficients=REST))
    turned = openings(MODEL, pose_head(MODEL, fit, coefficients=REST))
    assert ahead == pytest.approx(turned, rel=1e-3)
    assert min(ahead) > 0.03
