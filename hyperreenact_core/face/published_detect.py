"""Face detector of the published program: S3FD finds the boxes, FAN the landmarks in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..imaging import ImageU8, tensor_from_u8
from ..networks.s3fd import LevelMaps
from .align import CropBox, CropRule, cut, move_points
from .detect import bounded
from .fan_landmarks import fan_crop, fan_square, points_from_heatmaps, points_in_picture
from .found import FaceLandmarks
from .given import nearest
from .s3fd_detect import face_boxes

_MIN_BOX = 8.0
"""Boxes smaller than this hold no face one could see, pixels."""
_MIN_PICTURE = 32
"""The detector halves a picture five times, pixels."""


@dataclass(frozen=True)
class PublishedDetectorConfig:
    """How a picture is searched.

    max_side: faces are looked for in the picture reduced to this, pixels; landmarks are read from
        the picture as it is. The published program searches pictures of up to 1000 px, at more
        than twice the cost.
    max_faces: so many of the most certain faces get landmarks.
    whole_pixels: cut the fractions off landmarks, as the published program does.
    near: half side of the square in which a followed face is looked for, in extents of the face.
    near_size: that square is searched at this size, pixels.
    fan_size: side of the crops the landmark network reads.
    """

    max_side: int = 640
    max_faces: int = 10
    whole_pixels: bool = True
    near: float = 1.5
    near_size: int = 256
    fan_size: int = 256


class PublishedDetector:
    """FaceDetector made of an S3FD and a FAN network, both in evaluation mode on `device`.

    s3fd reads [B, 3, H, W] RGB in 0..255, fan reads [B, 3, S, S] RGB in [0, 1].
    """

    def __init__(
        self,
        s3fd: Callable[[Tensor], tuple[LevelMaps, ...]],
        fan: Callable[[Tensor], Tensor],
        *,
        device: torch.device | str = "cpu",
        config: PublishedDetectorConfig | None = None,
    ) -> None:
        self._s3fd, self._fan = s3fd, fan
        self._device = device
        self._config = config or PublishedDetectorConfig()

    @torch.inference_mode()
    def detect(self, frame: ImageU8) -> list[FaceLandmarks]:
        """All faces of a frame [H, W, 3], the most certain first."""
        reduced, factor = bounded(frame, self._config.max_side)
        if min(reduced.shape[:2]) < _MIN_PICTURE:
            return []
        boxes = self._boxes(tensor_from_u8(reduced))
        boxes[:, :4] *= factor
        return self._with_landmarks(frame, boxes)

    @torch.inference_mode()
    def track(self, frame: ImageU8, previous: FaceLandmarks) -> FaceLandmarks | None:
        """The face near `previous`; the whole frame is searched where none is there."""
        cx, cy = previous.centre
        square = CropBox(cx, cy, self._config.near * previous.extent)
        region, region_from_frame = cut(frame, square, CropRule(size=self._config.near_size))
        boxes = self._boxes(region[None])
        corners = move_points(boxes[:, :4].reshape(-1, 2, 2), region_from_frame.inverse())
        boxes = torch.cat([corners.reshape(-1, 4), boxes[:, 4:]], dim=1)
        # The nearest one, and only that: landmarks cost more than the search.
        place = torch.tensor([cx, cy])
        closest = ((boxes[:, :2] + boxes[:, 2:4]) / 2 - place).square().sum(1).argsort()[:1]
        found = self._with_landmarks(frame, boxes[closest])
        if found:
            return found[0]
        return nearest(self.detect(frame), previous)

    def _boxes(self, picture: Tensor) -> Tensor:
        """Picture [1, 3, H, W] in [-1, 1] -> boxes with scores [n, 5] on the CPU."""
        (boxes,) = face_boxes(self._s3fd((picture.to(self._device) + 1) * 127.5))
        return boxes.cpu()

    def _with_landmarks(self, frame: ImageU8, boxes: Tensor) -> list[FaceLandmarks]:
        """Faces of boxes [n, 5], pixels of the frame; those outside of it are dropped."""
        height, width = frame.shape[:2]
        seen = [box for box in boxes.tolist() if _is_within(box, width=width, height=height)]
        seen = seen[: self._config.max_faces]
        if not seen:
            return []
        picture = (tensor_from_u8(frame)[0].to(self._device) + 1) / 2
        squares = [fan_square((left, top, right, low)) for left, top, right, low, _ in seen]
        size = self._config.fan_size
        heatmaps = self._fan(torch.stack([fan_crop(picture, s, size=size) for s in squares]))
        cells = points_from_heatmaps(heatmaps.float()).cpu()  # [n, 68, 2]
        faces: list[FaceLandmarks] = []
        for (*_, score), square, points in zip(seen, squares, cells, strict=True):
            landmarks = points_in_picture(points, square, map_size=heatmaps.shape[-1])
            landmarks = landmarks.trunc() if self._config.whole_pixels else landmarks
            faces.append(FaceLandmarks(landmarks, score))
        return faces


def _is_within(box: Sequence[float], *, width: int, height: int) -> bool:
    """Whether a box has a size, and its centre lies in the picture (no mirror image beyond it)."""
    left, top, right, bottom = box[:4]
    inside = 0 <= left + right <= 2 * width and 0 <= top + bottom <= 2 * height
    return inside and min(right - left, bottom - top) >= _MIN_BOX
