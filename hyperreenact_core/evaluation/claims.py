"""The paper's claims as tables: of all that was measured, the rows and columns each is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .metrics import METRICS, Means, Subset
from .pairs import EXTREME_YAW_DEG, KINDS, Kind
from .report import FLICKER_MEANING, Report, flicker_table
from .tables import figure, table_head, table_line

FULL = "full"
"""Ablation that leaves nothing out: what the others are set against, trained as long as they."""


@dataclass(frozen=True)
class Column:
    """One figure of every row."""

    kind: Kind
    subset: Subset
    metric: str

    @property
    def title(self) -> str:
        title = next(m.title for m in METRICS if m.name == self.metric)
        extreme = f", over {EXTREME_YAW_DEG:.0f} deg" if self.subset == "extreme" else ""
        return f"{title} ({self.kind}{extreme})"


@dataclass(frozen=True)
class Claim:
    """rows: methods to be compared; where FULL was not trained, ours stands for it."""

    name: str
    rows: tuple[str, ...]
    columns: tuple[Column, ...]


def _columns(subset: Subset, *pairs: tuple[Kind, str]) -> tuple[Column, ...]:
    return tuple(Column(kind, subset, metric) for kind, metric in pairs)


_BOTH: tuple[tuple[Kind, str], ...] = tuple(
    (kind, metric)
    for kind in KINDS
    for metric in ("identity_cosine", "head_pose_deg", "expression")
)
_METHODS = (
    "inversion",
    "latent_edit",
    "refine_then_edit",
    "refine_then_edit_5",
    "hyperinverter",
    FULL,
    "ours",
)
CLAIMS = (
    Claim(
        "one_step",
        _METHODS,
        _columns(
            "all",
            ("self", "perceptual"),
            ("cross", "perceptual"),
            ("self", "identity_cosine"),
            ("cross", "identity_cosine"),
            ("self", "psnr"),
            ("self", "head_pose_deg"),
            ("cross", "head_pose_deg"),
            ("cross", "gaze_deg"),
        ),
    ),
    Claim(
        "one_step_large_pose",
        _METHODS,
        _columns("extreme", ("self", "perceptual"), ("cross", "perceptual"), *_BOTH),
    ),
    Claim(
        "cross_phase",
        (FULL, "no_cross"),
        _columns("all", *_BOTH, ("self", "identity_rank1"), ("cross", "identity_rank1")),
    ),
    Claim(
        "state",
        (FULL, "no_state"),
        _columns("all", *_BOTH, ("self", "gaze_deg"), ("cross", "gaze_deg")),
    ),
    Claim(
        "fusion",
        (FULL, "matmul"),
        _columns("all", ("self", "perceptual"), ("cross", "perceptual"), *_BOTH),
    ),
    Claim("warm_up", (FULL, "no_warm_up"), _columns("all", ("self", "psnr"), *_BOTH)),
)


def claim_tables(report: Report) -> dict[str, str]:
    """Markdown for each claim by its name, for `settings` and for `flicker`."""
    tables = {claim.name: "\n".join(_table(claim, report)) for claim in CLAIMS}
    tables["settings"] = ", ".join(f"{name} {value}" for name, value in report.settings.items())
    tables["flicker"] = "\n".join(_flicker(report))
    return tables


def _table(claim: Claim, report: Report) -> list[str]:
    rows = list(dict.fromkeys(_trained(row, report) for row in claim.rows))
    lines = table_head([column.title for column in claim.columns])
    for row in rows:
        if row in report.rows:
            lines.append(_line(row, [report.rows[row][c.kind] for c in claim.columns], claim))
    true = [report.reference[column.kind] for column in claim.columns]
    lines.append(_line("*true images*", true, claim))
    if missing := [row for row in rows if row not in report.rows]:
        lines += ["", f"Not measured: {', '.join(missing)} (no such network was given)."]
    return lines


def _trained(row: str, report: Report) -> str:
    return "ours" if row == FULL and FULL not in report.rows else row


def _line(row: str, figures: Sequence[Means], claim: Claim) -> str:
    cells: list[str] = []
    for column, means in zip(claim.columns, figures, strict=True):
        value = means[column.subset].get(column.metric)
        digits = next(m.digits for m in METRICS if m.name == column.metric)
        cells.append(figure(value, digits))
    return table_line(row, cells)


def _flicker(report: Report) -> list[str]:
    lines: list[str] = []
    for kind, flicker in report.flicker.items():
        lines += [f"{kind}:", "", *flicker_table(flicker), ""]
    return [*lines, *(f"- {line}" for line in FLICKER_MEANING)] if lines else ["Not measured."]
