"""A piece of a clip's work: the whole, the reading, a range to draw, or the joining of ranges.

Its results lie under names made of what went in, appear whole, and are skipped where they are:
so a piece may be lost, done again, or done twice at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..reenact.clip import ClipRequest

ShardKind = Literal["whole", "read", "draw", "join"]


@dataclass(frozen=True)
class Tools:
    """Which networks work, and how; device and precision ("auto" or torch's name) are a worker's.

    digest: of the model set's files, which must be the same on every worker.
    """

    model_set: str
    model_paths: tuple[Path, ...]
    device: str
    precision: str
    digest: str


@dataclass(frozen=True)
class ClipPlan:
    """How a clip is done.

    name: of its content. folder: of all jobs, shared by all workers. length: frames of a range.
    """

    name: str
    request: ClipRequest = field(hash=False)
    tools: Tools = field(hash=False)
    folder: Path
    length: int

    @property
    def place(self) -> Path:
        """Folder of its pieces, removed once the clip is done."""
        return self.folder / "pieces" / self.name

    @property
    def reading(self) -> Path:
        """What was read: how many ranges there are, and of how many frames."""
        return self.place / "reading.json"

    @property
    def done(self) -> Path:
        """Says that the clip is done, and how large it is."""
        return self.folder / "done" / f"{self.name}.json"

    def posed(self, number: int) -> Path:
        """What the frames of a range ask for."""
        return self.place / f"posed-{number:05d}.safetensors"

    def drawn(self, number: int) -> Path:
        """Folder of the results of a range, PNG."""
        return self.place / f"drawn-{number:05d}"


@dataclass(frozen=True)
class Shard:
    """A piece of a clip. number: of a range to draw."""

    kind: ShardKind
    clip: ClipPlan
    number: int = 0

    def __str__(self) -> str:
        part = f" range {self.number}" if self.kind == "draw" else ""
        return f"{self.clip.request.out.name}: {self.kind}{part}"


@dataclass(frozen=True)
class Made:
    """What a worker says of a piece. ranges: of the clip; frames: made or read; 0 if skipped."""

    ranges: int
    frames: int
    seconds: float
