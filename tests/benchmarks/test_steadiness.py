"""Steadiness over time: what moves evenly does not tremble."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.steadiness import unrest


def test_even_motion_changes_and_does_not_tremble() -> None:
    frames = 3 * np.arange(9, dtype=np.float32)[:, None] * np.ones((1, 4), np.float32)
    assert unrest(frames) == pytest.approx((3, 0))


def test_what_flickers_trembles_as_much_as_it_changes() -> None:
    frames = np.where(np.arange(9) % 2, 5, 0).astype(np.float32)[:, None]
    assert unrest(frames) == pytest.approx((5, 5))
