"""Pictures and clips that show the sample heads side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from fractions import Fraction
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from hyperreenact_core.cli.demo import CLIPS
from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.video.pictures import read_image
from hyperreenact_core.video.reader import open_frames
from hyperreenact_core.video.sources import FrameSource

TALK, CROSS = CLIPS
_SIDE = 160


def two_in_a_picture() -> ImageU8:
    """[160, 320, 3] the persons of both samples."""
    return np.hstack([_small(read_image(clip.source)) for clip in (TALK, CROSS)])


def clip_of(places: Callable[[int], tuple[int, int]], *, count: int, rate: int = 25) -> FrameSource:
    """Two performers before a wall, [160, 480, 3]; places: frame -> x of their middles.

    The performer of the talk lies in front.
    """
    front, behind = (first_frames(clip.driving, count, side=_SIDE) for clip in (TALK, CROSS))

    def read() -> Iterator[ImageU8]:
        for at in range(count):
            frame = np.full((_SIDE, 480, 3), 120, np.uint8)
            first, second = places(at)
            for picture, x in ((behind[at], second), (front[at], first)):
                left = x - _SIDE // 2
                shown = slice(max(left, 0), min(left + _SIDE, 480))
                frame[:, shown] = picture[:, shown.start - left : shown.stop - left]
            yield frame

    return FrameSource(
        Path("two.mp4"), Fraction(rate), count, 480, _SIDE, read, "two.mp4, frame {}".format
    )


def first_frames(clip: Path, count: int, *, side: int) -> list[ImageU8]:
    """The beginning of a clip, reduced to a square."""
    with closing(open_frames(clip).read_frames()) as frames:
        return [_small(frame, side) for frame in islice(frames, count)]


def _small(picture: ImageU8, side: int = _SIDE) -> ImageU8:
    resized = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, np.uint8)
