"""Curves over the turn of the head, charts and the failure sheet."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hyperreenact_core.charts import Chart, draw_charts
from hyperreenact_core.evaluation.failures import FAILURE_COUNT, Failure, failure_sheet, worst
from hyperreenact_core.evaluation.turns import CENTRES_DEG, turn_curves, turn_plot


def scores(*values: float) -> dict[str, torch.Tensor]:
    pose = torch.tensor(values, dtype=torch.float64)
    return {"head_pose_deg": pose, "identity_cosine": pose / 100}


def test_pairs_are_sorted_by_their_turn() -> None:
    turns_deg = [0.0, 14.9, 15.0, 89.0, 90.0, 90.1, 140.0]
    curves = turn_curves(turns_deg, {"ours": scores(1, 3, 5, 7, 9, 100, 100)}, scores(*[0.0] * 7))
    assert curves.counts == (2, 1, 0, 0, 0, 2)
    assert curves.rows["ours"]["head_pose_deg"] == (2.0, 5.0, None, None, None, 8.0)
    assert curves.reference["head_pose_deg"] == (0.0, 0.0, None, None, None, 0.0)


def test_a_bin_leaves_out_what_cannot_be_judged() -> None:
    curves = turn_curves(
        [1.0, 2.0, 50.0], {"ours": scores(4, torch.nan, torch.nan)}, scores(0, 0, 0)
    )
    assert curves.rows["ours"]["head_pose_deg"] == (4.0, None, None, None, None, None)


def test_the_turn_plot_has_a_line_for_every_method() -> None:
    turns_deg = [5.0, 20.0, 50.0]
    few = turn_curves(turns_deg, {"ours": scores(1, 2, 3)}, scores(0, 0, 0))
    more = turn_curves(
        turns_deg, {"ours": scores(1, 2, 3), "baseline": scores(3, 2, 9)}, scores(0, 0, 0)
    )
    plots = [turn_plot({"self": curves, "cross": curves}) for curves in (few, more)]
    assert colours(plots[0]) < colours(plots[1])


def colours(picture: np.ndarray) -> int:
    """How many clearly coloured shades there are."""
    pixels = picture.reshape(-1, 3).astype(int)
    vivid = pixels[pixels.max(1) - pixels.min(1) > 100]
    return len(np.unique(vivid // 32, axis=0))


def test_a_chart_encloses_its_values_and_leaves_gaps() -> None:
    def drawn(*values: float | None) -> np.ndarray:
        chart = Chart("title", "x", x=(0, 1, 2), ticks=(0, 1, 2), lines={"a": values})
        return draw_charts([chart], columns=1).astype(int)

    blue = [
        ((picture[..., 2] - picture[..., 0]) > 80).sum()
        for picture in (drawn(1.0, 2.0, 1.5), drawn(1.0, None, 1.5), drawn(None, None, None))
    ]
    assert blue[0] > blue[1] > blue[2]
    # Equal and tiny values still have an axis.
    assert drawn(0.0, 0.0, 0.0).shape == drawn(1e-9, -3.0, 1e6).shape


def failure(perceptual: float, colour: int) -> Failure:
    picture = np.full((16, 16, 3), colour, np.uint8)
    return Failure("self +0 to +50", (perceptual, 0.5, 3.0), (picture,) * 4)


def test_the_worst_pairs_come_first_and_only_so_many() -> None:
    failures = [failure(float(k % 7), k) for k in range(30)]
    chosen = worst(failures)
    assert len(chosen) == FAILURE_COUNT == 24
    values = [f.figures[0] for f in chosen]
    assert values == sorted(values, reverse=True)
    assert min(values) >= sorted(f.figures[0] for f in failures)[6]
    # Batch by batch it comes to the same.
    assert worst((*worst(failures[:25]), *failures[25:])) == chosen


@pytest.mark.parametrize("count", [1, 4])
def test_the_sheet_shows_every_failure_with_its_figures(count: int) -> None:
    sheet = failure_sheet([failure(1.0, 100 + k) for k in range(count)])
    for k in range(count):
        assert ((sheet == 100 + k).all(-1)).sum() >= 4 * 16 * 16
    assert (sheet < 60).any()  # captions and figures


def test_bins_cover_0_to_90_degrees() -> None:
    assert CENTRES_DEG == (7.5, 22.5, 37.5, 52.5, 67.5, 82.5)
