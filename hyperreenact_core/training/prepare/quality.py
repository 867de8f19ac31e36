"""Is a face crop fit for training, and does it belong to the same shot as the ones before?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ...errors import InputError
from ...face.align import CropBox, CropRule, box_of, crop_box, move_points
from ...imaging import ImageU8, resize, u8_from_tensor
from ...types import FaceCrop

Fault = Literal[
    "unreadable picture",
    "no face",
    "face too small",
    "low score",
    "cut off at the border",
    "blurred",
    "another shot",
    "too few frames",
]
"""Why a frame is dropped; of several faults the first one counts."""
FAULTS: tuple[Fault, ...] = get_args(Fault)

_SHARPNESS_SIZE = 128
"""Sharpness is judged at this size, pixels, so that one limit serves all sizes."""
_FLAT = 8.0
"""Added to the contrast, grey levels: on a nearly even surface noise must not count in full."""
_OVERHANG = 0.05
"""Landmarks this far beyond the border, in extents of the face, mean that a part is missing."""

_JUMP = 1.0
"""A square whose centre moves by this many half sides has jumped, as in `face.stabilise`."""
_ZOOM = 1.6
"""So has one that grows or shrinks by this factor."""
_SAME_COLOURS = 0.5
"""Frames whose colour histograms share less than this are of different shots."""


@dataclass(frozen=True)
class QualityLimits:
    """What a frame must come up to.

    min_face: larger extent of the landmarks, pixels of the frame.
    min_score: confidence of the detector, 0 to 1.
    min_sharpness: see `sharpness`. max_padding: share of the crop that lies beyond the picture.
    """

    min_face: float
    min_score: float = 0.6
    min_sharpness: float = 0.12
    max_padding: float = 0.4

    def __post_init__(self) -> None:
        if self.min_face < 0 or self.min_sharpness < 0:
            raise InputError("the least size and sharpness of a face must not be negative")
        if not 0 <= self.min_score <= 1 or not 0 <= self.max_padding <= 1:
            raise InputError("the least score and the largest padding lie in 0 to 1")


def least_face(rule: CropRule) -> float:
    """Extent of a face, in pixels of the frame, that fills its crop after twofold enlargement."""
    return rule.size / (4 * rule.scale)


def fault_of(crop: FaceCrop, *, width: int, height: int, limits: QualityLimits) -> Fault | None:
    """What is wrong with a crop of a frame of this size; None for nothing."""
    points = move_points(crop.landmarks, crop.frame_from_crop)
    low, high = points.amin(0), points.amax(0)
    extent = float((high - low).max())
    beyond = max(0.0, -float(low.min()), float(high[0]) - width, float(high[1]) - height)
    if extent < limits.min_face:
        return "face too small"
    if crop.score < limits.min_score:
        return "low score"
    padding = outside(box_of(crop), width=width, height=height)
    if beyond > _OVERHANG * extent or padding > limits.max_padding:
        return "cut off at the border"
    if sharpness(crop.image, crop.landmarks) < limits.min_sharpness:
        return "blurred"
    return None


def outside(box: CropBox, *, width: int, height: int) -> float:
    """Share of a square that lies beyond a frame, 0 to 1."""
    side = 2 * box.half
    across = min(box.cx + box.half, width) - max(box.cx - box.half, 0)
    down = min(box.cy + box.half, height) - max(box.cy - box.half, 0)
    return 1 - max(across, 0) * max(down, 0) / (side * side)


def sharpness(image: Tensor, landmarks: Tensor) -> float:
    """Fine detail of a face relative to its contrast: deviation of the Laplacian over that of grey.

    image: [3, S, S] in [-1, 1]; landmarks: [68, 2] pixels of it. Judged within the landmarks at
    128 px. Sharp faces have 0.5 to 1, those blurred by 1.5 px about 0.16, by 2 px about 0.11.
    """
    size = min(image.shape[-1], _SHARPNESS_SIZE)
    scale = size / image.shape[-1]
    small = u8_from_tensor(resize(image[None], size))[0]
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    x0, y0 = (landmarks.amin(0) * scale).floor().int().clamp(0, size - 2).tolist()
    x1, y1 = (landmarks.amax(0) * scale).ceil().int().clamp(2, size).tolist()
    face = grey[y0:y1, x0:x1]
    return float(cv2.Laplacian(face, cv2.CV_32F).std() / (face.std() + _FLAT))


class ShotFinder:
    """Numbers the shots of a clip by where the face is and what colours the frame has.

    A frame belongs to the latest shot it continues, so one that is interrupted goes on afterwards.
    """

    def __init__(self, rule: CropRule) -> None:
        self._rule = rule
        self._shots: list[tuple[CropBox, NDArray[np.float32]]] = []
        self._recent: list[int] = []

    def shot_of(self, crop: FaceCrop, picture: ImageU8) -> int:
        """Number of the shot of the next frame, from 0. picture: the frame the crop is from."""
        points = move_points(crop.landmarks, crop.frame_from_crop)
        box, colours = crop_box(points, self._rule), _colours(picture)
        for shot in reversed(self._recent):
            last_box, last_colours = self._shots[shot]
            if _near(last_box, box) and _share(last_colours, colours) >= _SAME_COLOURS:
                self._shots[shot] = box, colours
                self._recent.remove(shot)
                self._recent.append(shot)
                return shot
        self._shots.append((box, colours))
        self._recent.append(len(self._shots) - 1)
        return len(self._shots) - 1


def _near(before: CropBox, after: CropBox) -> bool:
    half = min(before.half, after.half)
    shift = math.hypot(after.cx - before.cx, after.cy - before.cy)
    return shift <= _JUMP * half and max(before.half, after.half) <= _ZOOM * half


def _colours(picture: ImageU8) -> NDArray[np.float32]:
    """[512] shares of 8 x 8 x 8 colours."""
    small = cv2.resize(picture, (64, 64), interpolation=cv2.INTER_AREA)
    counts = cv2.calcHist([small], [0, 1, 2], None, [8, 8, 8], [0, 256] * 3)
    return (counts / counts.sum()).ravel().astype(np.float32)


def _share(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.minimum(a, b).sum())
