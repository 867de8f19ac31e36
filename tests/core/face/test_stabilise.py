"""Smoothing of crop boxes: trembling goes, movement and cuts stay."""

from __future__ import annotations

import numpy as np
import pytest

from hyperreenact_core.face.align import CropBox
from hyperreenact_core.face.stabilise import BoxStabiliser, jitter


def smooth(boxes: list[CropBox], window: int) -> list[CropBox]:
    stabiliser: BoxStabiliser[int] = BoxStabiliser(window)
    out = [pair for index, box in enumerate(boxes) for pair in stabiliser.push(box, index)]
    out += stabiliser.flush()
    assert [index for _, index in out] == list(range(len(boxes))), "each with its own payload"
    return [box for box, _ in out]


def moving(count: int = 60, *, noise: float = 0.0) -> list[CropBox]:
    """A head that drifts, sways and comes nearer."""
    rng = np.random.default_rng(0)
    t = np.arange(count)
    cx = 200 + 0.8 * t + 10 * np.sin(t / 25) + noise * rng.normal(size=count)
    cy = 150 + 5 * np.cos(t / 30) + noise * rng.normal(size=count)
    half = 80 * np.exp(0.002 * t + noise / 80 * rng.normal(size=count))
    return [CropBox(*map(float, values)) for values in zip(cx, cy, half, strict=True)]


def largest_error(boxes: list[CropBox], truth: list[CropBox]) -> float:
    pairs = zip(boxes, truth, strict=True)
    return max(max(abs(b.cx - t.cx), abs(b.cy - t.cy), abs(b.half - t.half)) for b, t in pairs)


def test_trembling_is_reduced_and_the_path_is_kept() -> None:
    trembling, truth = moving(noise=1.5), moving()
    steady = smooth(trembling, 9)
    assert jitter(steady) < jitter(trembling) / 8
    assert largest_error(steady, truth) < largest_error(trembling, truth) * 0.8


@pytest.mark.parametrize("window", [3, 9, 15])
def test_even_motion_passes_unchanged_to_both_ends(window: int) -> None:
    line = [CropBox(10 + 2 * i, 50 - i, 40 * 1.01**i) for i in range(30)]
    assert largest_error(smooth(line, window), line) < 1e-6


def test_a_window_of_one_changes_nothing() -> None:
    boxes = moving(noise=2)
    assert largest_error(smooth(boxes, 1), boxes) < 1e-9


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5])
def test_clips_shorter_than_the_window(count: int) -> None:
    assert len(smooth(moving(count, noise=1), 15)) == count


def test_a_cut_is_not_smeared() -> None:
    first = [CropBox(100, 100, 40)] * 20
    second = [CropBox(400, 90, 70)] * 20
    assert largest_error(smooth(first + second, 9), first + second) < 1e-9


def test_boxes_come_out_half_a_window_late_and_little_is_held() -> None:
    stabiliser: BoxStabiliser[bytearray] = BoxStabiliser(9)
    waiting = 0
    for box in moving(100):
        waiting += 1 - len(list(stabiliser.push(box, bytearray(8))))
        assert waiting <= 4
    assert len(list(stabiliser.flush())) == 4


@pytest.mark.parametrize("window", [0, -3, 4])
def test_window_must_be_odd(window: int) -> None:
    with pytest.raises(ValueError, match="odd"):
        BoxStabiliser(window)


def test_jitter_is_relative_to_the_size() -> None:
    line = [CropBox(3 * i, 2 * i, 50) for i in range(10)]
    assert jitter(line) == pytest.approx(0, abs=1e-12)
    shaken = [CropBox(box.cx + (i % 2), box.cy, box.half) for i, box in enumerate(line)]
    larger = [CropBox(box.cx * 3, box.cy * 3, box.half * 3) for box in shaken]
    assert jitter(shaken) == pytest.approx(2 / 50)
    assert jitter(larger) == pytest.approx(jitter(shaken))
    assert jitter(line[:2]) == 0
