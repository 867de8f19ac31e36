"""What frames come from: the values that describe a driving clip or picture."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from ..errors import InputError
from ..imaging import ImageU8

MIN_SIDE = 16
"""Pictures with a shorter side hold no face worth looking for, pixels."""


@dataclass(frozen=True)
class AudioSource:
    """The sound that belongs to a clip.

    path: file whose sound is meant, of several tracks the default one.
    offset: time stamp of the clip's first frame in that file, in seconds; the sound is
    shifted by it, so that sound and picture stay together.
    """

    path: Path
    offset: Fraction = Fraction(0)


@dataclass(frozen=True)
class FrameSource:
    """Frames of one picture, folder, animation or video, read one by one.

    Iterating, as `read_frames`, opens the file anew each time and holds one frame at a time; it
    yields uint8 RGB [H, W, 3] and raises InputError, naming the frame, where the file turns out to
    be damaged. Close the iterator (`contextlib.closing`) where a loop may be left early.

    rate: frames a second, exact.
    frame_count: number of frames to expect, None where the file does not say. A file with
    uneven time stamps may give a few more or less.
    width, height: of the first frame, upright; pictures of a folder may differ in size.
    audio: None for pictures and silent clips.
    """

    path: Path
    rate: Fraction
    frame_count: int | None
    width: int
    height: int
    read_frames: Callable[[], Generator[ImageU8, None, None]] = field(repr=False)
    name_frame: Callable[[int], str] = field(repr=False)
    audio: AudioSource | None = None

    def __iter__(self) -> Generator[ImageU8, None, None]:
        return self.read_frames()

    def name_of(self, index: int) -> str:
        """Name of frame `index` (from 0) for messages, such as "clip.mp4, frame 17"."""
        return self.name_frame(index)


def check_size(width: int, height: int, *, name: str) -> None:
    """Refuse pictures too small to hold a face."""
    if min(width, height) < MIN_SIDE:
        raise InputError(
            f"{name} is only {width}x{height} pixels; use a picture of at least "
            f"{MIN_SIDE} pixels a side"
        )
