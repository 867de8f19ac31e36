"""Between the host's VIDEO and the core's clips."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folder_paths

from ..hyperreenact_core.errors import InputError
from ..hyperreenact_core.video.clips import open_clip
from ..hyperreenact_core.video.sources import FrameSource
from ..hyperreenact_core.video.trim import trimmed
from ..hyperreenact_core.whole_files import name_with, write_errors, write_whole

if TYPE_CHECKING:
    from ..hyperreenact_core.reenact.posetrack import PoseTrack


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


@contextmanager
def driving_clip(video: Any, poses: PoseTrack | None) -> Iterator[FrameSource]:
    """What gives rate, length and sound: a VIDEO, else the poses; InputError for neither."""
    if video is not None:
        with opened(video) as clip:
            yield clip
    elif poses is not None:
        from ..hyperreenact_core.reenact.given_files import as_clip

        yield as_clip(Path("poses"), poses)
    else:
        raise InputError("there is nothing to perform: connect driving or poses")


@contextmanager
def face_file(wanted: bool) -> Iterator[Path | None]:
    """A second file of a result, as `new_file`; None where it is not wanted."""
    if not wanted:
        yield None
        return
    with new_file(".mp4") as path:
        yield path


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
