"""A stretch of a clip."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from itertools import islice

from ..errors import InputError
from ..imaging import ImageU8
from .sources import AudioSource, FrameSource


def trimmed(clip: FrameSource, *, start: Fraction, duration: Fraction | None) -> FrameSource:
    """The clip from `start` on, `duration` long (None: to its end), both in seconds.

    Frames keep their numbers in messages. InputError where nothing is left.
    """
    first = max(round(start * clip.rate), 0)
    count = None if duration is None else round(duration * clip.rate)
    if count is not None and count < 1:
        raise InputError(f"{clip.path.name}: the stretch that was cut out holds no frame")
    if first == 0 and count is None:
        return clip
    known = clip.frame_count
    if known is not None:
        left = max(known - first, 0)
        known = left if count is None else min(left, count)
    else:
        known = count

    def read() -> Generator[ImageU8, None, None]:
        with closing(clip.read_frames()) as frames:
            yield from islice(frames, first, None if count is None else first + count)

    audio = clip.audio
    if audio is not None:
        audio = AudioSource(audio.path, offset=audio.offset + first / clip.rate)
    return replace(
        clip,
        frame_count=known,
        read_frames=read,
        name_frame=lambda index: clip.name_frame(index + first),
        audio=audio,
    )
