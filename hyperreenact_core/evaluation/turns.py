"""How the error grows with the turn of the head: scores by yaw difference, 0 to 90 degrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch

from ..charts import Chart, draw_charts
from ..imaging import ImageU8
from .metrics import METRICS, Scores, known_mean
from .pairs import KINDS, Kind

EDGES_DEG = (0.0, 15.0, 30.0, 45.0, 60.0, 75.0, 90.0)
"""Bins of the yaw difference; a pair on an edge belongs to the bin above, but 90 to the last."""
CENTRES_DEG = tuple((low + high) / 2 for low, high in pairwise(EDGES_DEG))

_PLOTTED = ("head_pose_deg", "identity_cosine")
_KIND_TITLES: Mapping[Kind, str] = {"self": "self-reenactment", "cross": "cross-subject"}

Curve = tuple["float | None", ...]
"""One mean a bin; None where the bin has no pair that can be judged."""


@dataclass(frozen=True)
class TurnCurves:
    """Means of one kind of pairs, bin by bin.

    counts: pairs in each bin; those beyond 90 degrees are in none.
    rows: method -> metric -> curve. reference: the judges' own error on the true images.
    """

    counts: tuple[int, ...]
    rows: Mapping[str, Mapping[str, Curve]]
    reference: Mapping[str, Curve]


def turn_curves(
    turns_deg: Sequence[float], rows: Mapping[str, Scores], reference: Scores
) -> TurnCurves:
    """Sort N pairs by yaw difference; scores are [N] each."""
    turn = torch.tensor(turns_deg, dtype=torch.float64)
    last = len(CENTRES_DEG) - 1
    # right=True: a value on an edge belongs to the bin that begins there.
    bins = torch.bucketize(turn, torch.tensor(EDGES_DEG, dtype=torch.float64), right=True) - 1
    bins[turn == EDGES_DEG[-1]] = last
    members = [bins == number for number in range(last + 1)]

    def curves(scores: Scores) -> dict[str, Curve]:
        return {
            name: tuple(known_mean(values[chosen]) for chosen in members)
            for name, values in scores.items()
        }

    return TurnCurves(
        counts=tuple(int(chosen.sum()) for chosen in members),
        rows={row: curves(scores) for row, scores in rows.items()},
        reference=curves(reference),
    )


def turn_plot(turns: Mapping[Kind, TurnCurves]) -> ImageU8:
    """Head pose error and identity against the yaw difference, a line for every method."""
    titles = {metric.name: metric.title for metric in METRICS}
    charts: list[Chart] = []
    for name in _PLOTTED:
        for kind in KINDS:
            curves = turns[kind]
            lines = {row: figures[name] for row, figures in curves.rows.items()}
            if name in curves.reference:
                lines["true images"] = curves.reference[name]
            counts = "/".join(str(count) for count in curves.counts)
            charts.append(
                Chart(
                    title=f"{titles[name]}, {_KIND_TITLES[kind]}",
                    x_title=f"yaw difference of source and driving, degrees (pairs: {counts})",
                    x=CENTRES_DEG,
                    ticks=EDGES_DEG,
                    lines=lines,
                )
            )
    return draw_charts(charts, columns=len(KINDS))
