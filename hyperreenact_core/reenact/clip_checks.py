"""What can be said of a clip before anything is loaded: how long it is, and what does not fit."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError, OutputError
from ..video.sources import FrameSource
from ..video.stills import STILL_SUFFIXES
from .given_boxes import Boxes


def frames_to_expect(driving: FrameSource, *, start: int, limit: int | None) -> int | None:
    """Frames from `start` on, `limit` at most; None if unknown; InputError where there are none."""
    count = driving.frame_count
    if count is None:
        return limit
    if start >= count:
        raise InputError(
            f"{driving.path} has {count} frame(s), numbered from 0: there is no frame "
            f"{start} to start with"
        )
    rest = count - start
    return rest if limit is None else min(rest, limit)


def check_still(out: Path, total: int | None) -> None:
    """One picture holds one frame: say so before an hour of drawing, not after."""
    if out.suffix.lower() in STILL_SUFFIXES and not out.is_dir() and total not in (1, None):
        raise OutputError(
            f"{out} can hold one picture only, and there are {total} frames; name an .mp4, .gif or "
            ".webp file, or a folder"
        )


def check_track(driving: Path, *, compares: bool, boxes: Boxes) -> None:
    """InputError where a pose track is to do what only pictures can."""
    if compares:
        raise InputError(
            f"{driving.name} is a pose track, which has no pictures to show beside the "
            "result: leave the comparison away"
        )
    if boxes:
        raise InputError(
            f"{driving.name} is a pose track, which has no pictures to look for faces in: leave "
            "the boxes away"
        )
