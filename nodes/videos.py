"""Between the host's VIDEO and the core's clips."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import folder_paths

from ..hyperreenact_core.video.clips import open_clip
from ..hyperreenact_core.video.sources import FrameSource
from ..hyperreenact_core.video.trim import trimmed
from ..hyperreenact_core.whole_files import name_with, write_errors, write_whole


def temporary_file(suffix: str) -> Path:
    """A new file in the host's folder for what need not last; the host empties it."""
    folder = Path(folder_paths.get_temp_directory())
    with write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            prefix="hyperreenact_", suffix=suffix, dir=folder, delete=False
        ) as file:
            return Path(file.name)


@contextmanager
def new_file(suffix: str) -> Iterator[Path]:
    """A temporary file that stays if the block succeeds; of a failed one nothing is left."""
    path = temporary_file(suffix)
    try:
        yield path
    except BaseException:
        for left in (path, path.with_name(name_with(path.name, ".partial"))):
            left.unlink(missing_ok=True)
        raise


@contextmanager
def opened(video: Any) -> Iterator[FrameSource]:
    """A VIDEO as frames that are read one by one; what is in memory only is written out first."""
    source = video.get_stream_source()
    if isinstance(source, str):
        yield _stretch(open_clip(Path(source)), video, whole=False)
        return
    copy = temporary_file(".mp4")
    try:
        write_whole(copy, source.getvalue())
        yield _stretch(open_clip(copy), video, whole=True)
    finally:
        copy.unlink(missing_ok=True)


def _stretch(clip: FrameSource, video: Any, *, whole: bool) -> FrameSource:
    """What the host has cut out of the file; a copy made from memory is that already."""
    if whole:
        return clip
    start, duration = video.get_active_trim_window()
    return trimmed(
        clip,
        start=Fraction(start).limit_denominator(1_000_000),
        duration=Fraction(duration).limit_denominator(1_000_000) if duration else None,
    )
