"""What is not known is filled smoothly from what is."""

from __future__ import annotations

import numpy as np

from hyperreenact_core.reenact.detail.filling import filled


def test_what_is_known_stays():
    rng = np.random.default_rng(0)
    values = rng.random((33, 50, 3)).astype(np.float32)
    known = (rng.random((33, 50)) < 0.5).astype(np.float32)
    np.testing.assert_allclose(filled(values, known)[known == 1], values[known == 1], atol=1e-5)


def test_a_hole_in_one_colour_has_that_colour():
    values = np.full((40, 40, 2), (3.0, 7.0), np.float32)
    known = np.ones((40, 40), np.float32)
    known[10:30, 8:33] = 0
    values[known == 0] = 1e3
    np.testing.assert_allclose(filled(values, known), np.full((40, 40, 2), (3.0, 7.0)), rtol=1e-4)


def test_a_hole_goes_over_from_side_to_side():
    values = np.repeat(np.linspace(0, 1, 64, dtype=np.float32)[None], 64, 0)[..., None]
    known = np.ones((64, 64), np.float32)
    known[:, 16:48] = 0
    found = filled(values, known)[32, :, 0]
    assert found[20] < found[32] < found[44]
    assert found.min() >= 0
    assert found.max() <= 1


def test_nothing_known_is_finite():
    assert np.isfinite(filled(np.ones((8, 8, 3), np.float32), np.zeros((8, 8), np.float32))).all()
