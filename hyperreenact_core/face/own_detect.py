"""The starter set's own detector: squares and five points from one look at the whole picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from ..imaging import ImageU8, tensor_from_u8
from ..networks.detector import STRIDES, Places, sort_by_score
from .detect import bounded
from .found import FaceLandmarks, FoundFace, suppress
from .given import nearest
from .mean_shape import landmarks_from_five

_PADDING = 128
"""Grey beyond the picture."""


@dataclass(frozen=True)
class OwnDetectorConfig:
    """How the picture is searched.

    sides: longer sides to which the picture is reduced, one look each, until one shows a face whose
    side is `enough`, pixels of the look; smaller pictures are seen as they are. threshold: score
    from which something is a face. overlap: see `suppress`. follow_side, follow_reach: a face is
    followed in a square of so many times its side, seen at so many pixels.
    """

    sides: tuple[int, ...] = (320, 640)
    enough: float = 48.0
    threshold: float = 0.65
    overlap: float = 0.35
    follow_side: int = 128
    follow_reach: float = 2.2


ReadFaces = Callable[[ImageU8, Sequence[FoundFace]], list[FaceLandmarks]]
"""Landmarks of the faces that were found in a frame; may leave out what turns out to be none."""


def rough_landmarks(frame: ImageU8, faces: Sequence[FoundFace]) -> list[FaceLandmarks]:
    """A mean face laid on the five points: for want of something that reads the picture."""
    return [FaceLandmarks(landmarks_from_five(face.points), face.score) for face in faces]


class OwnDetector:
    """FaceDetector of a single-shot network, [B, 3, H, W] in [-1, 1] -> Places, on `device`.

    read: finds the landmarks of the faces that the network found.
    """

    def __init__(
        self,
        network: Callable[[Tensor], Places],
        *,
        read: ReadFaces = rough_landmarks,
        device: torch.device | str = "cpu",
        config: OwnDetectorConfig | None = None,
    ) -> None:
        self._network = network
        self._read = read
        self._device = device
        self._config = config or OwnDetectorConfig()

    def find(self, frame: ImageU8) -> list[FoundFace]:
        """Squares and points of all faces of a frame [H, W, 3], the most certain first."""
        longer, found = max(frame.shape[:2]), list[FoundFace]()
        for index, side in enumerate(self._config.sides):
            if index and longer <= self._config.sides[index - 1]:
                break
            reduced, factor = bounded(frame, side)
            seen = self._look(reduced)
            found += [face.moved(factor, 0.0, 0.0) for face in seen]
            # Each further look makes up faces too: it is worth that only for small ones.
            if any(face.square[2] >= self._config.enough for face in seen):
                break
        return suppress(found, overlap=self._config.overlap)

    def detect(self, frame: ImageU8) -> list[FaceLandmarks]:
        return self._read(frame, self.find(frame))

    def track(self, frame: ImageU8, previous: FaceLandmarks) -> FaceLandmarks | None:
        """A look about where the face was; the whole frame is searched where it is not there."""
        near = nearest(self._read(frame, self._find_near(frame, previous)), previous)
        return near if near is not None else nearest(self.detect(frame), previous)

    def _find_near(self, frame: ImageU8, previous: FaceLandmarks) -> list[FoundFace]:
        """Faces of about the same size whose middle lies in the box of the one before."""
        c, (x, y) = self._config, previous.centre
        side = c.follow_reach * max(previous.extent, 8.0)
        factor = side / c.follow_side
        left, top = x - side / 2, y - side / 2
        # Sampled at pixel middles, as areas would be: half a pixel of each side.
        to_frame = np.array(
            [[factor, 0, left + factor / 2 - 0.5], [0, factor, top + factor / 2 - 0.5]], np.float64
        )
        seen = frame if factor < 2 else cv2.GaussianBlur(frame, (0, 0), 0.35 * factor)
        cut = cv2.warpAffine(
            seen,
            to_frame,
            (c.follow_side, c.follow_side),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderValue=(_PADDING,) * 3,
        )
        faces = [f.moved(factor, left, top) for f in self._look(np.asarray(cut, np.uint8))]
        faces = suppress(faces, overlap=c.overlap)
        return [face for face in faces if _is_like(face, previous)]

    @torch.inference_mode()
    def _look(self, picture: ImageU8) -> list[FoundFace]:
        """What the network sees in a picture, its pixels."""
        image = tensor_from_u8(padded(picture)).to(self._device)
        places = self._network(image.contiguous(memory_format=torch.channels_last))
        height, width = picture.shape[:2]
        faces = found_in(places, 0, threshold=self._config.threshold)
        # What is seen in the padding is no face of the picture.
        return [f for f in faces if 0 <= f.square[0] <= width and 0 <= f.square[1] <= height]


def found_in(
    places: Places, row: int, *, threshold: float = 0.5, overlap: float = 0.35, most: int = 300
) -> list[FoundFace]:
    """The faces that the places of one picture tell of, doubles removed."""
    squares, points = places.squares[row].float().cpu(), places.points[row].float().cpu()
    score = places.score[row].float().sigmoid().cpu()
    faces = [
        FoundFace((*squares[i].tolist(),), points[i], float(score[i]))
        for i in sort_by_score(places, row, threshold=threshold, most=most)
    ]
    return suppress([face for face in faces if face.square[2] > 1], overlap=overlap)


def padded(picture: ImageU8) -> ImageU8:
    """[H, W, 3] with grey at the right and below, sides multiples of the coarsest stride."""
    height, width = picture.shape[:2]
    right, below = -width % STRIDES[-1], -height % STRIDES[-1]
    return np.pad(picture, ((0, below), (0, right), (0, 0)), constant_values=_PADDING)


def _is_like(face: FoundFace, previous: FaceLandmarks) -> bool:
    x, y, side = face.square
    left, top, right, bottom = previous.box
    return left <= x <= right and top <= y <= bottom and 0.6 < side / previous.extent < 1.9
