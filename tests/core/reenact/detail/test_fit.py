"""Fits: exact points are explained, noise is not, and a smile is not booked as a shape."""

import time

import numpy as np
import pytest

from hyperreenact_core.errors import InputError
from hyperreenact_core.reenact.detail.fit import HeadFit, fit_head
from hyperreenact_core.reenact.detail.head_model import load_head_model

from .heads import error, points_of, sitter

MODEL = load_head_model()
OVAL_AT_THE_RIGHT = [284, 251, 389, 356, 454, 323, 361, 288, 397, 365]


def angle_deg(one: HeadFit, other: HeadFit) -> float:
    cosine = (np.trace(one.rotation.T @ other.rotation) - 1) / 2
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


@pytest.mark.parametrize("yaw_deg", [0, -25, 50])
def test_exact_points_are_explained(yaw_deg: float) -> None:
    for seed in range(4):
        person = sitter(seed, yaw_deg=yaw_deg, pitch_deg=8)
        fit = fit_head(MODEL, person.points, person.truth.coefficients, spread=0.1)
        assert error(points_of(fit), person.points) < 0.25
        assert fit.rms < 0.25
        assert angle_deg(fit, person.truth) < 4


@pytest.mark.parametrize(("noise", "most"), [(1.0, 0.7), (2.0, 1.3), (4.0, 2.4)])
def test_the_fit_lies_nearer_to_the_truth_than_noisy_points_do(noise: float, most: float) -> None:
    errors: list[float] = []
    for seed in range(6):
        person = sitter(seed, yaw_deg=15)
        noisy = person.points + np.random.default_rng(seed).normal(0, noise, (468, 2))
        fit = fit_head(MODEL, noisy, person.truth.coefficients, spread=noise)
        errors.append(error(points_of(fit), person.points))
        assert 0.8 * noise < fit.rms < 1.6 * noise
    assert np.mean(errors) < most


def test_a_smile_that_was_read_is_no_shape() -> None:
    person, smiling = sitter(3), sitter(3, smile=0.8)
    at_rest = fit_head(MODEL, person.points, person.truth.coefficients, spread=1.0)
    smile = fit_head(MODEL, smiling.points, smiling.truth.coefficients, spread=1.0)
    still = np.zeros(52)
    neutral = [MODEL.points(fit.shape, still)[[61, 291]] for fit in (at_rest, smile)]
    assert np.abs(neutral[0] - neutral[1]).max() < 0.03
    assert smile.coefficients[43:45].min() > 0.65


def test_coefficients_stay_near_those_given_and_in_range() -> None:
    person = sitter(5, smile=0.9)
    wrong = np.clip(person.truth.coefficients - 0.1, 0, 1)
    fit = fit_head(MODEL, person.points, wrong, spread=0.5)
    assert np.abs(fit.coefficients - wrong).max() < 0.4
    assert fit.coefficients.min() >= 0
    assert fit.coefficients.max() <= 1
    pinned = fit_head(MODEL, person.points, wrong, spread=0.5, coefficient_spread=1e-3)
    np.testing.assert_allclose(pinned.coefficients, wrong, atol=0.01)


def test_without_coefficients_a_smile_is_found_by_itself() -> None:
    person = sitter(7, smile=0.8)
    assert fit_head(MODEL, person.points, spread=0.5).coefficients[43:45].min() > 0.3


def test_a_jaw_line_that_slid_along_the_silhouette_counts_little() -> None:
    person = sitter(2, yaw_deg=35)  # the side at +x is the far one
    slid = person.points.copy()
    slid[OVAL_AT_THE_RIGHT] -= (4.0, 1.5)
    fit = fit_head(MODEL, slid, person.truth.coefficients, spread=1.0)
    others = np.setdiff1d(np.arange(468), OVAL_AT_THE_RIGHT)
    assert fit.weights[OVAL_AT_THE_RIGHT].mean() < 0.5 * np.median(fit.weights)
    assert error(points_of(fit)[others], person.points[others]) < 0.8
    assert angle_deg(fit, person.truth) < 3.5


def test_a_few_lost_points_do_no_harm() -> None:
    person = sitter(4, yaw_deg=-10)
    lost = person.points.copy()
    lost[np.random.default_rng(0).choice(468, 20, replace=False)] += (25, -10)
    fit = fit_head(MODEL, lost, person.truth.coefficients, spread=1.0)
    assert error(points_of(fit), person.points) < 0.8


def test_the_pixels_of_the_picture_do_not_matter() -> None:
    person = sitter(6, yaw_deg=20)
    face = person.truth.coefficients
    small = fit_head(MODEL, person.points, face, spread=0.7)
    large = fit_head(MODEL, person.points * 4 + 30, face, spread=2.8)
    np.testing.assert_allclose(small.shape, large.shape, atol=1e-6)
    np.testing.assert_allclose(large.scale, small.scale * 4, rtol=1e-6)
    np.testing.assert_allclose(large.centre, small.centre * 4 + 30, atol=1e-6)


def test_a_rotation_that_was_read_helps_a_profile() -> None:
    person = sitter(8, yaw_deg=75)
    noisy = person.points + np.random.default_rng(1).normal(0, 1.5, (468, 2))
    face = person.truth.coefficients
    fit = fit_head(MODEL, noisy, face, spread=1.5, rotation=person.truth.rotation)
    assert angle_deg(fit, person.truth) < 3


def test_what_is_no_face_is_refused() -> None:
    person = sitter(0)
    with pytest.raises(InputError, match="468"):
        fit_head(MODEL, person.points[:68])
    with pytest.raises(InputError, match="finite"):
        fit_head(MODEL, person.points * np.nan)
    with pytest.raises(InputError, match="52"):
        fit_head(MODEL, person.points, np.zeros(51))
    with pytest.raises(InputError, match="no face"):
        fit_head(MODEL, np.full((468, 2), 7.0))


def test_a_fit_takes_milliseconds() -> None:
    person = sitter(1)
    times: list[float] = []
    for _ in range(5):
        start = time.process_time()
        fit_head(MODEL, person.points, person.truth.coefficients)
        times.append(time.process_time() - start)
    assert min(times) < 0.1  # 8 ms on a quiet core
