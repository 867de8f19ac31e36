"""The figures of one evaluation, as JSON and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from .metrics import METRICS, SUBSETS, Means, Metric, Subset
from .pairs import EXTREME_YAW_DEG, KINDS, Kind

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
    counts: pairs of each kind and subset. rows: contestant -> kind -> means.
    reference: the judges' own error, on the true images.
    """

    settings: Mapping[str, str | int | float | bool]
    counts: Mapping[Kind, Mapping[Subset, int]]
    rows: Mapping[str, Mapping[Kind, Means]]
    reference: Mapping[Kind, Means]

    def to_json(self) -> str:
        """`rows[row][kind][subset][metric]`, and the rest under its own names."""
        return json.dumps(
            {
                "settings": self.settings,
                "counts": self.counts,
                "metrics": {m.name: {"better": m.better, "meaning": m.meaning} for m in METRICS},
                "rows": self.rows,
                "reference": self.reference,
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
        lines += ["## What is measured", ""]
        lines += [f"- {m.title}, {m.better} is better: {m.meaning}." for m in METRICS]
        lines += [
            f"- {_REFERENCE_TITLE}: the judging networks' own error, no contestant.",
            "- Heads are rendered straight into the face crop; detection is not measured.",
        ]
        return "\n".join(lines) + "\n"

    def _table(self, kind: Kind, subset: Subset) -> list[str]:
        figures = {row: self.rows[row][kind][subset] for row in self.rows}
        columns = [_column(metric, figures) for metric in METRICS]
        reference = self.reference[kind][subset]
        lines = [_line("", [metric.title for metric in METRICS])]
        lines.append("|---|" + "---:|" * len(METRICS))
        lines += [_line(row, [column[row] for column in columns]) for row in figures]
        lines.append(_line(_REFERENCE_TITLE, [_cell(m, reference.get(m.name)) for m in METRICS]))
        return lines


def _column(metric: Metric, figures: Mapping[str, Mapping[str, float | None]]) -> dict[str, str]:
    """Row -> printed value; values that print like the best one are bold too."""
    cells = {row: _cell(metric, values[metric.name]) for row, values in figures.items()}
    known = [cell for cell in cells.values() if cell]
    if not known:
        return cells
    best = (max if metric.better == "higher" else min)(known, key=float)
    return {row: f"**{cell}**" if cell == best else cell for row, cell in cells.items()}


def _cell(metric: Metric, value: float | None) -> str:
    return "" if value is None else f"{value:.{metric.digits}f}"


def _line(title: str, cells: list[str]) -> str:
    return f"| {' | '.join([title, *cells])} |"
