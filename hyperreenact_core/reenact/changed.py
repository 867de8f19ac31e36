"""What all do alike that change the face of a clip: wishes, the square, and frame after frame."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import numpy as np
from torch import Tensor

from ..choices import FaceChoice
from ..face.align import box_of
from ..face.paste import at_size
from ..host import Host
from ..imaging import ImageU8
from ..types import FaceCrop
from .ahead import made_ahead
from .knobs import KEEP_IN_FRONT, SIZE, STABILISE, check_stabilise

ShotT = TypeVar("ShotT")

_AHEAD = 2
_SIDES = (256, 1024)
_SIDE_STEP = 64
"""Pixels to which the side of the drawn face is rounded."""


@dataclass(frozen=True)
class FaceOptions:
    """Which face of a clip is changed, and how it is drawn.

    choice: which of several. stabilise: frames over which the square around it is smoothed, and
    what is performed, odd. size: side in pixels of the square that is drawn; what the clip shows if
    None. keep_in_front: hands, hair and whatever else lies before the face stays there.
    """

    choice: FaceChoice = "largest"
    stabilise: int = int(STABILISE.default)
    size: int | None = None
    keep_in_front: bool = KEEP_IN_FRONT

    def __post_init__(self) -> None:
        check_stabilise(self.stabilise)
        if self.size is not None:
            SIZE.check(self.size)

    def side_for(self, crop: FaceCrop) -> int:
        """Of the square that is drawn for a face: by default as many pixels as the clip shows."""
        wanted = round(2 * box_of(crop).half / _SIDE_STEP) * _SIDE_STEP
        return self.size or int(np.clip(wanted, *_SIDES))


@dataclass(frozen=True)
class FootageFrame:
    """One result [H, W, 3]; index: its number. has_face: False where it is the clip's own frame."""

    image: ImageU8
    index: int
    has_face: bool


def changed_frames(
    shots: Generator[tuple[ImageU8, ShotT | None], None, None],
    finished: Callable[[ImageU8, ShotT], ImageU8],
    host: Host,
    *,
    limit: int | None,
    total: int | None,
    done_before: int = 0,
) -> Generator[FootageFrame, None, None]:
    """Every frame as it is finished with its shot, or as it is where it has none.

    Shots are made ahead. total, done_before: frames of work, for progress.
    """
    with closing(made_ahead(shots, _AHEAD)) as ready:
        for index, (picture, shot) in enumerate(islice(ready, limit)):
            image = picture if shot is None else finished(picture, shot)
            host.check_interrupt()
            host.progress(done_before + index + 1, total, lambda shown=image: shown)
            yield FootageFrame(image, index, shot is not None)


def place_of_drawn(crop: FaceCrop, side: int) -> Tensor:
    """The crop's place in its frame, for a picture of the face of another side."""
    return at_size(crop.crop_from_frame, cut=crop.image.shape[-1], drawn=side)
