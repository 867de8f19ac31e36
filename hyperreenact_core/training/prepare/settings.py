"""All that decides which crops come out of a folder of clips."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...choices import DetectorKind
from ...errors import InputError
from ...face.align import CropRule
from ...whole_files import sweep, write_whole
from ..data.clips import CLIPS_FORMAT, SETTINGS_FILE
from .quality import QualityLimits


@dataclass(frozen=True)
class PrepareSettings:
    """How clips become crops.

    model_set: its detector finds the faces, and `rule` is its crop rule, for another size perhaps.
    detector: the set's own or another. every: look at each n-th frame.
    max_frames: frames of a clip that are looked at, at most, spread over its length.
    min_frames: clips with fewer good frames are dropped whole.
    smooth: frames of the clip over which the square is smoothed, odd; 1 = not at all.
    """

    model_set: str
    rule: CropRule
    limits: QualityLimits
    detector: DetectorKind = "auto"
    every: int = 1
    max_frames: int = 100
    min_frames: int = 2
    smooth: int = 9

    def __post_init__(self) -> None:
        if self.rule.size < 16:
            raise InputError(f"crops of {self.rule.size} px show no face; use 16 or more")
        if min(self.every, self.max_frames, self.min_frames, self.smooth) < 1:
            raise InputError("counts of frames must be at least 1")
        if self.smooth % 2 == 0:
            raise InputError(f"the smoothing window must be odd, it is {self.smooth}")

    def step(self, frame_count: int | None) -> int:
        """Distance of the frames looked at in a clip of this length (None if unknown)."""
        return max(self.every, -(-(frame_count or 0) // self.max_frames))

    def window(self, step: int) -> int:
        """Frames looked at over which the square is smoothed, odd."""
        return 2 * (self.smooth // 2 // step) + 1

    def to_dict(self) -> dict[str, Any]:
        """For the file beside the shards."""
        return {"format": CLIPS_FORMAT, **asdict(self)}


def claim_folder(out: Path, settings: PrepareSettings) -> None:
    """Make the folder and write the settings into it, or see that they are the same.

    Raises InputError, naming what differs, where it was begun with others or holds something else;
    OutputError where it cannot be written.
    """
    path = out / SETTINGS_FILE
    wanted = json.loads(json.dumps(settings.to_dict()))
    if path.is_file():
        _check_same(path, wanted)
        return
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; name a folder for the shards")
    sweep(out)
    if out.is_dir() and any(out.iterdir()):
        raise InputError(f"{out} is not empty and holds no prepared clips; name a new folder")
    write_whole(path, (json.dumps(wanted, indent=2) + "\n").encode())


def _check_same(path: Path, wanted: Mapping[str, Any]) -> None:
    try:
        found: Any = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); use another folder") from error
    before, now = _flat(found), _flat(wanted)
    changed = [
        f"{name} was {before.get(name)} and is {now.get(name)}"
        for name in dict.fromkeys([*before, *now])
        if before.get(name) != now.get(name)
    ]
    if changed:
        raise InputError(
            f"{path.parent} was begun with other settings ({', '.join(changed)}): give the same "
            "ones or name another folder"
        )


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """Nested tables as one, with names like limits.min_face."""
    if not isinstance(value, Mapping):
        return {prefix.rstrip("."): value}
    return {
        k: v for key, inner in value.items() for k, v in _flat(inner, f"{prefix}{key}.").items()
    }
