"""Follow one face through the driving frames and cut it out steadily."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import cv2
import numpy as np
from numpy.typing import NDArray

from ..choices import FaceChoice
from ..errors import InputError
from ..imaging import ImageU8
from ..types import FaceCrop
from .align import CropBox, CropRule, crop_at, crop_box
from .detect import FaceDetector, choose_face
from .found import FaceLandmarks
from .search import searched
from .stabilise import BoxStabiliser

Thumbnail = NDArray[np.float32]

_CUT = 25.0
"""Mean difference of two thumbnails, of 255, from which they show different scenes: successive
frames of a clip differ by a few, pictures of different people by thirty and more."""

_NAMED_CUTS = 12


NO_PICTURE = np.zeros((1, 1, 3), np.uint8)
"""Stands for the picture of a frame that is not kept, or was never seen."""


@dataclass(frozen=True)
class TrackedFrame:
    """A driving frame [H, W, 3], its number from 0, and its face; None where none was found.

    found: how many faces it shows, where all of it was searched; else 0.
    """

    index: int
    picture: ImageU8
    crop: FaceCrop | None
    found: int = 0


_NOWHERE, _BEFORE = CropBox(0.0, 0.0, 1.0), -1
"""Square and scene of the frames before the first face."""


@dataclass(frozen=True)
class _Sighting:
    """A frame with its face and its square, which waits to be smoothed over its scene.

    A frame without a face has the last square, so that it keeps its place in the order.
    """

    index: int
    picture: ImageU8
    face: FaceLandmarks | None
    box: CropBox
    scene: int
    found: int


def _go_on() -> None:
    """Nobody asks to stop."""


def track_face(
    frames: Iterable[ImageU8],
    detector: FaceDetector,
    *,
    rule: CropRule,
    choice: FaceChoice,
    window: int,
    name_frame: Callable[[int], str],
    check_interrupt: Callable[[], None] = _go_on,
) -> Iterator[TrackedFrame]:
    """Yield every frame, in order and as it is searched, with the crop of its face.

    The face is chosen in the first frame that shows any, and followed from there, to the next cut:
    pictures of different scenes are no clip, so the face is chosen anew, and its crop tells the
    scene's number. Its square is smoothed over `window` frames (odd; 1 = not at all) of a scene, so
    frames come `window // 2` late. check_interrupt: is called at each frame and may raise.
    Raises InputError, naming the frame, where the choice cannot be had.
    """
    seen = _sightings(
        frames,
        detector,
        rule=rule,
        choice=choice,
        name_frame=name_frame,
        check_interrupt=check_interrupt,
    )
    for scene, sightings in groupby(seen, key=lambda sighting: sighting.scene):
        stabiliser = BoxStabiliser[_Sighting](1 if scene == _BEFORE else window)
        for sighting in sightings:
            for box, steadied in stabiliser.push(sighting.box, sighting):
                yield _cut_out(steadied, box, rule)
        for box, steadied in stabiliser.flush():
            yield _cut_out(steadied, box, rule)


def _sightings(
    frames: Iterable[ImageU8],
    detector: FaceDetector,
    *,
    rule: CropRule,
    choice: FaceChoice,
    name_frame: Callable[[int], str],
    check_interrupt: Callable[[], None],
) -> Iterator[_Sighting]:
    last_face: FaceLandmarks | None = None
    last_seen: Thumbnail | None = None
    box, scene = _NOWHERE, _BEFORE
    for index, frame in enumerate(frames):
        check_interrupt()
        picture = searched(frame, rule)
        seen = thumbnail(picture)
        # Compared with the last frame that showed a face: a flash between two is no cut.
        is_cut = last_seen is not None and is_other_scene(last_seen, seen)
        followed = None if is_cut else last_face
        face, found = _find(
            picture, detector, followed, choice=choice, name=name_frame, index=index
        )
        if face is not None:
            scene += followed is None
            last_face, last_seen, box = face, seen, crop_box(face.landmarks, rule)
        yield _Sighting(index, picture, face, box, scene, found)


def cuts_text(frames: Sequence[int]) -> str:
    """Such as ", cut at frames 30, 61: the face was chosen anew there"; empty without a cut."""
    if not frames:
        return ""
    named = ", ".join(map(str, frames[:_NAMED_CUTS]))
    more = f" and {len(frames) - _NAMED_CUTS} more" if len(frames) > _NAMED_CUTS else ""
    word = "frame" if len(frames) == 1 else "frames"
    return f", cut at {word} {named}{more}: the face was chosen anew there"


def thumbnail(picture: ImageU8) -> Thumbnail:
    """[16, 16, 3] float32, what is left of a picture from afar."""
    small = cv2.resize(picture, (16, 16), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32)


def is_other_scene(before: Thumbnail, now: Thumbnail) -> bool:
    """Whether a cut lies between two pictures."""
    return float(np.abs(before - now).mean()) > _CUT


def _find(
    picture: ImageU8,
    detector: FaceDetector,
    last_face: FaceLandmarks | None,
    *,
    choice: FaceChoice,
    name: Callable[[int], str],
    index: int,
) -> tuple[FaceLandmarks | None, int]:
    """The face, and how many there are where all of the picture was searched."""
    if last_face is not None:
        return detector.track(picture, last_face), 0
    height, width = picture.shape[:2]
    try:
        faces = detector.detect(picture)
        return choose_face(faces, choice, width=width, height=height), len(faces)
    except InputError as error:
        raise InputError(f"{name(index)}: {error}") from error


def _cut_out(sighting: _Sighting, box: CropBox, rule: CropRule) -> TrackedFrame:
    face = sighting.face
    crop = None
    if face is not None:
        crop = crop_at(
            sighting.picture,
            box,
            rule,
            landmarks=face.landmarks,
            score=face.score,
            reading=face.reading,
        )
        crop = replace(crop, scene=sighting.scene)
    return TrackedFrame(sighting.index, sighting.picture, crop, sighting.found)
