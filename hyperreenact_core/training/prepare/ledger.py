"""Which clips are done and where their crops lie: a file that only grows, a line at a time.

Each line says which shard was finished and what became of the clips since the line before. A run
that is killed loses the line it was writing at most; what no line speaks of does not count.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...video.output import output_errors
from .clip import ClipRecord

LEDGER_FILE = "progress.jsonl"


@dataclass(frozen=True)
class ShardEntry:
    """A finished shard. first_clip: number of the first clip in it, which has `clips` of them."""

    file: str
    frames: int
    first_clip: int
    clips: int


@dataclass
class Ledger:
    """What is done in a folder so far.

    records: by name; the last one counts. identities, clips: names in order of their numbers;
    clips without crops have none. shards: in order.
    """

    path: Path
    records: dict[str, ClipRecord] = field(default_factory=dict[str, ClipRecord])
    identities: list[str] = field(default_factory=list[str])
    clips: list[str] = field(default_factory=list[str])
    shards: list[ShardEntry] = field(default_factory=list[ShardEntry])

    def is_done(self, name: str) -> bool:
        """Whether a clip needs no further look; one that could not be read may be repaired."""
        record = self.records.get(name)
        return record is not None and record.looked_at > 0

    def add(self, records: Sequence[ClipRecord], *, shard: ShardEntry | None) -> None:
        """Write a line, then count it in. OutputError where it cannot be written."""
        line = json.dumps(
            {
                "shard": None if shard is None else asdict(shard),
                "records": [asdict(record) for record in records],
            }
        )
        with output_errors(self.path), self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        self._count(records, shard)

    def _count(self, records: Sequence[ClipRecord], shard: ShardEntry | None) -> None:
        known = set(self.identities)
        for record in records:
            self.records[record.name] = record
            if record.kept:
                self.clips.append(record.name)
                if record.identity not in known:
                    known.add(record.identity)
                    self.identities.append(record.identity)
        if shard is not None:
            self.shards.append(shard)

    @staticmethod
    def read(folder: Path) -> Ledger:
        """The ledger of a folder, empty if there is none; a torn last line is cut off.

        InputError where the file is no ledger.
        """
        path = folder / LEDGER_FILE
        ledger = Ledger(path)
        if not path.is_file():
            return ledger
        data = path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            with output_errors(path), path.open("r+b") as file:
                file.truncate(len(whole))
        try:
            for line in whole.decode("utf-8").splitlines():
                entry: dict[str, Any] = json.loads(line)
                shard = entry["shard"]
                ledger._count(
                    [ClipRecord(**record) for record in entry["records"]],
                    None if shard is None else ShardEntry(**shard),
                )
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path} is damaged ({error}); prepare into a new folder") from error
        return ledger
