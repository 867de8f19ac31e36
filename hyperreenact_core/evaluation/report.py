"""The figures of one evaluation, as JSON and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from .flicker import TRUTH, Flicker, Unrest
from .metrics import METRICS, SUBSETS, Means, Metric, Subset
from .pairs import EXTREME_YAW_DEG, KINDS, Kind
from .tables import figure, table_head, table_line
from .turns import EDGES_DEG, TurnCurves

_KIND_TITLES: Mapping[Kind, str] = {
    "self": "Self-reenactment",
    "cross": "Cross-subject reenactment",
}
_SUBSET_TITLES: Mapping[Subset, str] = {
    "all": "all poses",
    "extreme": f"yaw difference over {EXTREME_YAW_DEG:.0f} degrees",
}
_REFERENCE_TITLE = "*true images*"


@dataclass(frozen=True)
class Report:
    """All figures of one evaluation.

    settings: what was measured and how, in the order it is printed.
    counts: pairs of each kind and subset. rows: method -> kind -> means.
    reference: the judges' own error, on the true images.
    turns: the same by yaw difference. flicker: empty if it was not measured.
    left_out: rows that could not be made, and why.
    """

    settings: Mapping[str, str | int | float | bool]
    counts: Mapping[Kind, Mapping[Subset, int]]
    rows: Mapping[str, Mapping[Kind, Means]]
    reference: Mapping[Kind, Means]
    turns: Mapping[Kind, TurnCurves] = field(default_factory=dict[Kind, TurnCurves])
    flicker: Mapping[Kind, Flicker] = field(default_factory=dict[Kind, Flicker])
    left_out: tuple[str, ...] = ()

    def to_json(self) -> str:
        """`rows[row][kind][subset][metric]`, and the rest under its own names."""
        return json.dumps(
            {
                "settings": self.settings,
                "counts": self.counts,
                "metrics": {m.name: {"better": m.better, "meaning": m.meaning} for m in METRICS},
                "rows": self.rows,
                "reference": self.reference,
                "turns": {
                    "edges_deg": EDGES_DEG,
                    **{kind: asdict(curves) for kind, curves in self.turns.items()},
                },
                "flicker": {kind: asdict(flicker) for kind, flicker in self.flicker.items()},
                "left_out": self.left_out,
            },
            indent=2,
            allow_nan=False,
        )

    def to_markdown(self) -> str:
        """One table a kind and subset; the best value of each column is bold."""
        lines = [f"# Evaluation of model set `{self.settings['model_set']}`", ""]
        lines += [", ".join(f"{name} {value}" for name, value in self.settings.items()), ""]
        for kind in KINDS:
            for subset in SUBSETS:
                count = self.counts[kind][subset]
                title = f"{_KIND_TITLES[kind]}, {_SUBSET_TITLES[subset]} ({count} pairs)"
                lines += [f"## {title}", "", *self._table(kind, subset), ""]
        for kind, flicker in self.flicker.items():
            lines += [f"## Flicker, {_KIND_TITLES[kind].lower()}", "", *flicker_table(flicker), ""]
        if self.left_out:
            lines += ["## Rows left out", "", *(f"- {line}" for line in self.left_out), ""]
        lines += ["## What is measured", ""]
        lines += [f"- {m.title}, {m.better} is better: {m.meaning}." for m in METRICS]
        lines += [
            f"- {_REFERENCE_TITLE}: the judging networks' own error, no method.",
            "- Heads are cut out by their true landmarks; detection is not measured.",
        ]
        if self.flicker:
            lines += [f"- {line}" for line in FLICKER_MEANING]
        return "\n".join(lines) + "\n"

    def _table(self, kind: Kind, subset: Subset) -> list[str]:
        figures = {row: self.rows[row][kind][subset] for row in self.rows}
        columns = [_column(metric, figures) for metric in METRICS]
        reference = self.reference[kind][subset]
        lines = table_head([metric.title for metric in METRICS])
        lines += [table_line(row, [column[row] for column in columns]) for row in figures]
        lines.append(
            table_line(_REFERENCE_TITLE, [figure(reference.get(m.name), m.digits) for m in METRICS])
        )
        return lines


FLICKER_MEANING = (
    "change: mean absolute difference of one frame and the next, in thousandths of the range from "
    "black to white; beside it the ratio to the true images.",
    "tremble: mean absolute difference of a frame and the mean of its neighbours, likewise; smooth "
    "motion has little of it, flicker much. A picture softer than the truth has less of both.",
    "head tremble: the same of yaw, pitch and roll as the judging pose network reads them.",
)


def flicker_table(flicker: Flicker) -> list[str]:
    """Lines of a Markdown table, the true images last."""
    titles = ["change", "ratio", "tremble", "ratio", "head tremble (deg)", "ratio"]
    lines = table_head(titles)
    rows = {**flicker.rows, f"*{TRUTH}*": flicker.truth}
    cells = {row: _unrest_cells(unrest, flicker.truth) for row, unrest in rows.items()}
    return lines + [table_line(row, cells[row]) for row in rows]


def _unrest_cells(unrest: Unrest, truth: Unrest) -> list[str]:
    cells: list[str] = []
    for name, scale in (("change", 1000), ("tremble", 1000), ("head_tremble_deg", 1)):
        mine, true = getattr(unrest, name), getattr(truth, name)
        cells += [f"{mine * scale:.2f}", f"{mine / true:.2f}" if true > 0 else ""]
    return cells


def _column(metric: Metric, figures: Mapping[str, Mapping[str, float | None]]) -> dict[str, str]:
    """Row -> printed value; values that print like the best one are bold too."""
    cells = {row: figure(values[metric.name], metric.digits) for row, values in figures.items()}
    known = [cell for cell in cells.values() if cell]
    if not known:
        return cells
    best = (max if metric.better == "higher" else min)(known, key=float)
    return {row: f"**{cell}**" if cell == best else cell for row, cell in cells.items()}
