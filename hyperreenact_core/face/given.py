"""Detectors that are told where the faces are, and one that forgets from frame to frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import InputError
from ..imaging import ImageU8
from ..networks.reader_regions import IBUG68
from .detect import FaceChoice, FaceDetector, choose_face
from .found import FaceLandmarks
from .mean_shape import landmarks_in_box

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the frame."""

_CLOSER_LOOKS = 2
"""A box says only roughly where the landmarks are."""


def ibug_from_mesh(points: NDArray[Any]) -> FaceLandmarks:
    """Face mesh [478 or 468, >= 2] in pixels -> the 68 landmarks; InputError for other shapes."""
    mesh = np.asarray(points, np.float32)
    if mesh.ndim != 2 or mesh.shape[0] < 468 or mesh.shape[1] < 2:
        raise InputError(f"a face mesh has 468 or 478 points, these are {list(mesh.shape)}")
    return FaceLandmarks(torch.from_numpy(mesh[list(IBUG68), :2].copy()), 1.0)


class GivenLandmarks:
    """The faces of each frame as somebody else found them, asked for in order of the frames."""

    def __init__(
        self, frames: Sequence[Sequence[FaceLandmarks]], *, height: int, width: int
    ) -> None:
        """height, width: of the picture the landmarks are pixels of."""
        self._frames = iter(frames)
        self._height, self._width = height, width

    @staticmethod
    def from_meshes(payload: Any) -> GivenLandmarks:
        """Face meshes as ComfyUI's FACE_LANDMARKS have them; InputError for anything else."""
        try:
            height, width = payload["image_size"]
            frames = [
                [ibug_from_mesh(face["landmarks_xy"]) for face in frame]
                for frame in payload["frames"]
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"these are no FACE_LANDMARKS ({error!r})") from error
        return GivenLandmarks(frames, height=int(height), width=int(width))

    def detect(self, frame: ImageU8) -> list[FaceLandmarks]:
        scale = torch.tensor([frame.shape[1] / self._width, frame.shape[0] / self._height])
        faces = next(self._frames, None)
        if faces is None:
            raise InputError("there are landmarks for fewer frames than the batch has")
        return [FaceLandmarks(face.landmarks * scale, face.score) for face in faces]

    def track(self, frame: ImageU8, previous: FaceLandmarks) -> FaceLandmarks | None:
        return nearest(self.detect(frame), previous)


class BoxedDetector:
    """Looks for landmarks only where boxes say that faces are, in order of the frames."""

    def __init__(
        self,
        detector: FaceDetector,
        frames: Sequence[Sequence[Box]],
        *,
        height: int,
        width: int,
        first: int = 0,
    ) -> None:
        """frames: the boxes of each frame; of one entry, those of every frame.

        height, width: of the picture the boxes are pixels of; what is searched may be smaller.
        first: number of the frame that is searched first.
        """
        self._detector = detector
        self._frames = frames
        self._height, self._width = height, width
        self._next = first

    def detect(self, frame: ImageU8) -> list[FaceLandmarks]:
        at = 0 if len(self._frames) == 1 else self._next
        if at >= len(self._frames):
            raise InputError("there are boxes for fewer frames than the batch has")
        self._next += 1
        across, down = frame.shape[1] / self._width, frame.shape[0] / self._height
        scaled = [
            (x0 * across, y0 * down, x1 * across, y1 * down) for x0, y0, x1, y1 in self._frames[at]
        ]
        found = [self._look(frame, box) for box in scaled]
        return [face for face in found if face is not None]

    def track(self, frame: ImageU8, previous: FaceLandmarks) -> FaceLandmarks | None:
        return nearest(self.detect(frame), previous)

    def _look(self, frame: ImageU8, box: Box) -> FaceLandmarks | None:
        face: FaceLandmarks | None = FaceLandmarks(landmarks_in_box(box), 1.0)
        for _ in range(_CLOSER_LOOKS):
            if face is not None:
                face = self._detector.track(frame, face)
        # Detectors that lose a face search the whole picture: what they find there is another one.
        return face if face is not None and _lies_in(face, box) else None


class EachFrameAlone:
    """Searches every frame anew, so that a result never depends on the frames before it.

    Slower than following, but a clip cut into chunks gives the same faces as in one piece.
    """

    def __init__(self, detector: FaceDetector, choice: FaceChoice | None) -> None:
        """choice: None for the face nearest to the one before, where somebody else found them."""
        self._detector = detector
        self._choice: FaceChoice | None = choice

    def over(self, wrapped: Callable[[FaceDetector], FaceDetector]) -> EachFrameAlone:
        """The same, around what `wrapped` makes of the detector."""
        return EachFrameAlone(wrapped(self._detector), self._choice)

    def detect(self, frame: ImageU8) -> list[FaceLandmarks]:
        return self._detector.detect(frame)

    def track(self, frame: ImageU8, previous: FaceLandmarks) -> FaceLandmarks | None:
        faces = self.detect(frame)
        if self._choice is None:
            return nearest(faces, previous)
        height, width = frame.shape[:2]
        return choose_face(faces, self._choice, width=width, height=height)


def nearest(faces: Sequence[FaceLandmarks], previous: FaceLandmarks) -> FaceLandmarks | None:
    """The face closest to where one was; None where there are none."""
    x, y = previous.centre
    return min(
        faces,
        key=lambda face: (face.centre[0] - x) ** 2 + (face.centre[1] - y) ** 2,
        default=None,
    )


def _lies_in(face: FaceLandmarks, box: Box) -> bool:
    """Whether the middle of a face lies in a box."""
    left, top, right, bottom = box
    x, y = face.centre
    return left <= x <= right and top <= y <= bottom


def boxes_from(value: object) -> list[list[Box]]:
    """A box {x, y, width, height}, a list of them, or such a list for every frame.

    Returns one list a frame; of one entry where the boxes are those of every frame. InputError
    for anything else.
    """
    if isinstance(value, Mapping):
        return [[_box(value)]]
    if isinstance(value, Sequence) and value and all(isinstance(v, Mapping) for v in value):
        return [[_box(v) for v in value]]
    if isinstance(value, Sequence) and value and all(isinstance(v, Sequence) for v in value):
        return [[_box(box) for box in frame] for frame in value]
    raise InputError("boxes must be tables of x, y, width and height, or lists of them")


def _box(value: Any) -> Box:
    try:
        x, y = float(value["x"]), float(value["y"])
        width, height = float(value["width"]), float(value["height"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"a box needs the numbers x, y, width and height, not {value}") from error
    if width <= 0 or height <= 0:
        raise InputError(f"a box must have a size, this one is {width} x {height}")
    return x, y, x + width, y + height
