"""Constant rate from uneven time stamps."""

from __future__ import annotations

from fractions import Fraction

import pytest

from hyperreenact_core.video.timing import at_constant_rate

RATE = Fraction(25)


def items(seconds: list[float | None]) -> list[int]:
    timed = [(None if t is None else Fraction(t).limit_denominator(1000)) for t in seconds]
    return list(at_constant_rate(zip(timed, range(len(timed)), strict=True), RATE))


def test_even_frames_pass_one_by_one_wherever_they_begin() -> None:
    assert items([7 + i / 25 for i in range(50)]) == list(range(50))


def test_jitter_neither_repeats_nor_drops() -> None:
    assert items([i / 25 + (0.02 if i % 2 else -0.02) for i in range(49)]) == list(range(49))


def test_a_pause_repeats_the_frame_before_it() -> None:
    assert items([0, 0.04, 0.4, 0.44]) == [0, 1, *[1] * 8, 2, 3]


def test_frames_too_dense_are_dropped_and_the_time_is_kept() -> None:
    shown = items([i / 100 for i in range(100)])
    assert 24 <= len(shown) <= 28
    assert all(abs(item / 100 - slot / 25) <= 2 / 25 for slot, item in enumerate(shown))


@pytest.mark.parametrize(
    "seconds",
    [[None, None, None], [0, 0.04, 4e5, 4e5 + 0.04], [0, 0.04, 0.01, 0.12], [900, 900.04, 0, 0.04]],
)
def test_missing_and_broken_time_stamps_take_the_next_slot(seconds: list[float | None]) -> None:
    assert items(seconds) == list(range(len(seconds)))
