"""What was kept, what was dropped and why: index.json for the reader, the report for people."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...whole_files import write_whole
from ..data.clips import CLIPS_FORMAT, INDEX_FILE
from .clip import ClipRecord
from .ledger import Ledger
from .quality import FAULTS
from .settings import PrepareSettings

REPORT_FILES = ("report.json", "report.md")
_ROWS = 2000
"""So many clips are listed in report.md; all of them are in report.json."""


@dataclass(frozen=True)
class PrepareReport:
    """The outcome for a whole folder of clips.

    records: every clip that was looked at, by name. problems: name -> one line, for clips that
    could not be read (to the end) or gave nothing, and for what lies in no place for a clip.
    identities, frames: what the shards hold. passed_over: files that are no clips.
    unfinished: clips that were not looked at yet.
    """

    records: tuple[ClipRecord, ...]
    problems: Mapping[str, str]
    identities: int
    passed_over: int
    unfinished: int = 0

    @property
    def clips(self) -> int:
        """Clips of which something was kept."""
        return sum(record.kept > 0 for record in self.records)

    @property
    def frames(self) -> int:
        """Frames that were kept."""
        return sum(record.kept for record in self.records)

    @property
    def looked_at(self) -> int:
        """Frames that were read."""
        return sum(record.looked_at for record in self.records)

    @property
    def dropped(self) -> dict[str, int]:
        """Fault -> frames, in the order of the checks."""
        total = Counter[str]()
        for record in self.records:
            total.update(record.dropped)
        return {fault: total[fault] for fault in FAULTS if total[fault]}

    def summary(self) -> str:
        """The totals in one line for people."""
        line = (
            f"{self.frames} of {self.looked_at} frames kept: {self.clips} clips of "
            f"{self.identities} people"
        )
        if self.dropped:
            line += "; dropped: " + _listed(self.dropped)
        if self.unfinished:
            line += f"; {self.unfinished} clips not looked at yet"
        return line

    def to_dict(self) -> dict[str, Any]:
        return {
            "format": CLIPS_FORMAT,
            "totals": {
                "identities": self.identities,
                "clips": self.clips,
                "frames": self.frames,
                "looked_at": self.looked_at,
                "dropped": self.dropped,
                "passed_over_files": self.passed_over,
                "clips_not_looked_at_yet": self.unfinished,
            },
            "problems": dict(self.problems),
            "clips": [asdict(record) for record in self.records],
        }

    def to_markdown(self) -> str:
        lines = ["# Prepared clips", "", self.summary() + ".", ""]
        if self.passed_over:
            lines += [f"{self.passed_over} other files were passed over.", ""]
        lines += ["## Problems", ""]
        lines += [f"- `{name}`: {why}" for name, why in self.problems.items()] or ["None."]
        lines += [
            "",
            "## Clips",
            "",
            "| clip | frames | kept | dropped |",
            "| --- | --: | --: | --- |",
        ]
        for record in self.records[:_ROWS]:
            dropped = _listed(record.dropped) or "-"
            lines.append(f"| `{record.name}` | {record.looked_at} | {record.kept} | {dropped} |")
        if len(self.records) > _ROWS:
            lines += ["", f"{len(self.records) - _ROWS} more are in {REPORT_FILES[0]}."]
        return "\n".join(lines) + "\n"


def make_report(
    ledger: Ledger, *, strays: Mapping[str, str], passed_over: int, unfinished: int
) -> PrepareReport:
    """Put the outcome together."""
    records = tuple(record for _, record in sorted(ledger.records.items()))
    problems = {record.name: record.problem for record in records if record.problem}
    return PrepareReport(
        records=records,
        problems=dict(sorted({**problems, **strays}.items())),
        identities=len(ledger.identities),
        passed_over=passed_over,
        unfinished=unfinished,
    )


def write_outcome(
    out: Path, ledger: Ledger, settings: PrepareSettings, report: PrepareReport
) -> None:
    """Write the report and, once there are shards, the index; each whole or not at all.

    Raises OutputError.
    """
    json_file, markdown_file = REPORT_FILES
    _write(out / json_file, json.dumps(report.to_dict(), indent=2) + "\n")
    _write(out / markdown_file, report.to_markdown())
    if ledger.shards:
        _write(out / INDEX_FILE, json.dumps(_index(ledger, settings), indent=1) + "\n")


def _index(ledger: Ledger, settings: PrepareSettings) -> dict[str, Any]:
    numbers = {name: number for number, name in enumerate(ledger.identities)}
    clips = [ledger.records[name] for name in ledger.clips]
    return {
        **settings.to_dict(),
        "frames": sum(shard.frames for shard in ledger.shards),
        "identities": ledger.identities,
        "clips": [
            {"name": clip.name, "identity": numbers[clip.identity], "frames": clip.kept}
            for clip in clips
        ],
        "shards": [asdict(shard) for shard in ledger.shards],
    }


def _listed(dropped: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {fault}" for fault, count in dropped.items())


def _write(path: Path, text: str) -> None:
    write_whole(path, text.encode())
