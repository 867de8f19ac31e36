"""The figures on clips of one's own, as JSON and as Markdown beside the paper's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from .clip_pairs import LARGE_POSE_DEG, Task
from .paper import PAPER, SOURCE
from .tables import figure, table_head, table_line

Figures = Mapping[str, "float | None"]
"""Metric -> mean; a metric that has no sense for a task is absent, None was not measured."""


@dataclass(frozen=True)
class _Column:
    """paper: name of the same figure in `paper.PaperFigures`; None where the paper has none."""

    title: str
    task: Task
    metric: str
    digits: int
    paper: str | None


_MAIN = (
    _Column("CSIM", "self", "csim", 2, "csim"),
    _Column("L1", "self", "l1", 3, None),
    _Column("LPIPS", "self", "lpips", 2, "lpips"),
    _Column("FID", "self", "fid", 1, "fid"),
    _Column("FVD", "self", "fvd", 0, "fvd"),
    _Column("APD", "self", "apd", 1, "apd"),
    _Column("AED", "self", "aed", 3, "aed"),
    _Column("gaze", "self", "gaze", 1, None),
    _Column("X-CSIM", "cross", "csim", 2, "cross_csim"),
    _Column("X-APD", "cross", "apd", 1, "cross_apd"),
    _Column("X-AED", "cross", "aed", 3, "cross_aed"),
    _Column("X-gaze", "cross", "gaze", 1, None),
)
_LARGE = (("CSIM", "csim", 2), ("APD", "apd", 1), ("AED", "aed", 3), ("gaze", "gaze", 1))
_MEANING = (
    "CSIM, higher is better: cosine of the embeddings of result and source picture.",
    "L1: mean absolute difference from the driving frame, part of the range from black to white. "
    "LPIPS, FID, FVD: see their packages; FID of a few hundred pictures is far too large, compare "
    "it within one run only.",
    "APD: mean absolute difference of yaw, pitch and roll from the driving frame, degrees.",
    "AED: mean absolute difference of the expression coefficients. Its unit is that of the "
    "coefficients of the judging network, so it does not compare with the paper's.",
    "gaze: mean absolute difference of the two gaze angles, degrees, where the coefficients hold "
    "it.",
    "source: the source picture as it is. inversion: its latent code drawn by the untouched "
    "generator. ours: reenacted.",
)


@dataclass(frozen=True)
class ClipsReport:
    """All figures of one evaluation on clips.

    counts: driving frames of each task; clips: driven clips. rows: method -> task -> figures.
    missing: metric -> how to get the network that measures it.
    """

    settings: Mapping[str, str | int | bool]
    counts: Mapping[Task, int]
    clips: Mapping[Task, int]
    rows: Mapping[str, Mapping[Task, Figures]]
    missing: Mapping[str, str]

    def to_json(self) -> str:
        """`rows[row][task][metric]`, the paper's figures, and the rest under its own names."""
        return json.dumps(
            {
                "settings": self.settings,
                "counts": self.counts,
                "clips": self.clips,
                "rows": self.rows,
                "missing": self.missing,
                "paper": {
                    "source": SOURCE,
                    "rows": {name: asdict(figures) for name, figures in PAPER.items()},
                },
            },
            indent=2,
            allow_nan=False,
        )

    def to_markdown(self) -> str:
        """The paper's two tables with rows of our own."""
        tasks = ", ".join(
            f"{t} {self.counts[t]} frames in {self.clips[t]} clips" for t in self.counts
        )
        lines = [f"# Evaluation of model set `{self.settings['model_set']}` on clips", ""]
        lines += [", ".join(f"{name} {value}" for name, value in self.settings.items()), ""]
        lines += [f"{tasks}.", "", "## Self and cross-subject (X-) reenactment", ""]
        lines += self._main_table()
        lines += ["", f"## Large pose: mean Euler difference over {LARGE_POSE_DEG:.0f} degrees", ""]
        lines += self._large_table()
        lines += ["", f"Rows of the paper: {SOURCE}. Other clips, other judging networks.", ""]
        lines += ["## What is measured", ""]
        lines += [f"- {line}" for line in _MEANING]
        lines += [f"- {metric} was not measured: {how}." for metric, how in self.missing.items()]
        return "\n".join(lines) + "\n"

    def _main_table(self) -> list[str]:
        lines = table_head([column.title for column in _MAIN])
        for row, tasks in self.rows.items():
            cells = [figure(tasks[c.task].get(c.metric), c.digits) for c in _MAIN]
            lines.append(table_line(row, cells))
        for name, figures in PAPER.items():
            cells = ["" if c.paper is None else f"{getattr(figures, c.paper):g}" for c in _MAIN]
            lines.append(table_line(f"{name} (paper)", cells))
        return lines

    def _large_table(self) -> list[str]:
        lines = table_head([title for title, _, _ in _LARGE])
        for row, tasks in self.rows.items():
            figures = tasks["large_pose"]
            lines.append(table_line(row, [figure(figures.get(name), d) for _, name, d in _LARGE]))
        for name, figures in PAPER.items():
            if figures.large_pose is not None:
                cells = [*(f"{value:g}" for value in figures.large_pose), ""]
                lines.append(table_line(f"{name} (paper)", cells))
        return lines
