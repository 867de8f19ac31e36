"""Find faces with the small landmark network, and follow them from frame to frame."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import cv2
import numpy as np
import torch
from torch import Tensor

from ..choices import FaceChoice
from ..errors import InputError
from ..imaging import ImageU8
from ..networks.landmarks import LandmarkPrediction
from .align import CropBox, CropRule, crop_box, cut, move_points
from .found import FaceLandmarks, suppress

_MIN_EXTENT = 2.0
"""Landmarks closer together than this have no size to go by, pixels."""


class FaceDetector(Protocol):
    """What finds the faces of a frame."""

    def detect(self, frame: ImageU8) -> list[FaceLandmarks]:
        """All faces of a frame [H, W, 3], the most certain first."""
        ...

    def track(self, frame: ImageU8, previous: FaceLandmarks) -> FaceLandmarks | None:
        """The face that was at `previous` in the frame before; None where it is gone."""
        ...


@dataclass(frozen=True)
class DetectorConfig:
    """How the picture is searched.

    max_side: the search works on a picture reduced to this, pixels.
    whole_scales: sides of the squares around the whole picture, relative to its longer side.
    tile_scales: sides of the squares it is tiled with, relative to its shorter side. The network
    sees faces of about 0.28 to 0.85 of a square; the tiles overlap by half, so each face up to
    half a tile lies wholly in one, and the next size takes over at 0.28 of this one.
    batch_size: squares given to the network at once.
    candidate_threshold: score from which a square is looked at more closely; squares show the
    face off-centre, so it is lower than `threshold`, from which a face counts as one.
    max_candidates: so many are looked at more closely, at most.
    overlap: share of the union of two boxes from which they are one face.
    refine_rule: square around the landmarks for the closer look; a face then fills half of it,
    the middle of the sizes the network was trained on.
    refinements: closer looks after a search; following a face takes one.
    """

    max_side: int = 640
    whole_scales: tuple[float, ...] = (1.5, 1.0)
    tile_scales: tuple[float, ...] = (1.0, 0.57, 0.33)
    batch_size: int = 32
    candidate_threshold: float = 0.2
    threshold: float = 0.5
    max_candidates: int = 16
    overlap: float = 0.35
    refine_rule: CropRule = field(
        default_factory=lambda: CropRule(scale=1.0, up_divisor=6, size=128)
    )
    refinements: int = 2


class LandmarkDetector:
    """Face detector made of a landmark network alone.

    The network reads [B, 3, S, S] in [-1, 1], S = `config.refine_rule.size`, on `device`.
    """

    def __init__(
        self,
        network: Callable[[Tensor], LandmarkPrediction],
        *,
        device: torch.device | str = "cpu",
        config: DetectorConfig | None = None,
    ) -> None:
        self._network = network
        self._device = device
        self._config = config or DetectorConfig()

    def detect(self, frame: ImageU8) -> list[FaceLandmarks]:
        config = self._config
        reduced, reduction = bounded(frame, config.max_side)
        squares = search_squares(
            reduced.shape[1],
            reduced.shape[0],
            whole_scales=config.whole_scales,
            tile_scales=config.tile_scales,
        )
        found = self._look(reduced, squares)
        to_frame = torch.diag(torch.tensor([reduction, reduction, 1.0], dtype=torch.float64))
        faces = [FaceLandmarks(move_points(f.landmarks, to_frame), f.score) for f in found]
        faces = [face for face in faces if face.score >= config.candidate_threshold]
        faces = suppress(faces, overlap=config.overlap)[: config.max_candidates]
        for _ in range(config.refinements):
            faces = self._refine(frame, faces)
        faces = [face for face in faces if face.score >= config.threshold]
        return suppress(faces, overlap=config.overlap)

    def track(self, frame: ImageU8, previous: FaceLandmarks) -> FaceLandmarks | None:
        """One closer look where the face was; a new search only where it is not there."""
        followed = self._refine(frame, [previous])
        if followed and followed[0].score >= self._config.threshold:
            return followed[0]
        x, y = previous.centre
        return min(
            self.detect(frame),
            key=lambda face: (face.centre[0] - x) ** 2 + (face.centre[1] - y) ** 2,
            default=None,
        )

    def _refine(self, frame: ImageU8, faces: Sequence[FaceLandmarks]) -> list[FaceLandmarks]:
        rule = self._config.refine_rule
        return self._look(frame, [crop_box(face.landmarks, rule) for face in faces])

    @torch.inference_mode()
    def _look(self, frame: ImageU8, squares: Sequence[CropBox]) -> list[FaceLandmarks]:
        """What the network sees in each square, pixels of `frame`; unusable answers are dropped."""
        faces: list[FaceLandmarks] = []
        for begin in range(0, len(squares), self._config.batch_size):
            batch = squares[begin : begin + self._config.batch_size]
            crops = [cut(frame, square, self._config.refine_rule) for square in batch]
            images = torch.stack([image for image, _ in crops]).to(self._device)
            prediction = self._network(images)
            points = prediction.points.float().cpu() * self._config.refine_rule.size
            scores = prediction.score.float().sigmoid().cpu().tolist()
            for (_, crop_from_frame), face, score in zip(crops, points, scores, strict=True):
                landmarks = move_points(face, torch.linalg.inv(crop_from_frame))
                seen = FaceLandmarks(landmarks, score)
                if _is_within(seen, width=frame.shape[1], height=frame.shape[0]):
                    faces.append(seen)
        return faces


def choose_face(
    faces: Sequence[FaceLandmarks], rule: FaceChoice, *, width: int, height: int
) -> FaceLandmarks | None:
    """Pick one of several faces of a frame [height, width]; None where there are none.

    InputError where a face is asked for by a number that is not there.
    """
    if not faces:
        return None
    from_left = sorted(faces, key=lambda face: face.centre[0])
    match rule:
        case "largest":
            return max(faces, key=lambda face: face.extent)
        case "leftmost":
            return from_left[0]
        case "rightmost":
            return from_left[-1]
        case "centre":
            x, y = width / 2, height / 2
            return min(faces, key=lambda f: (f.centre[0] - x) ** 2 + (f.centre[1] - y) ** 2)
        case index:
            if not 0 <= index < len(from_left):
                raise InputError(
                    f"face number {index} was asked for, but {len(faces)} face(s) are seen "
                    f"(0 to {len(faces) - 1}, from the left)"
                )
            return from_left[index]


def search_squares(
    width: int, height: int, *, whole_scales: Sequence[float], tile_scales: Sequence[float]
) -> list[CropBox]:
    """Squares to search a picture in: around all of it, and tiles that overlap by half."""
    x, y, longer, shorter = width / 2, height / 2, max(width, height), min(width, height)
    squares = [CropBox(x, y, scale * longer / 2) for scale in whole_scales]
    for scale in tile_scales:
        half = scale * shorter / 2
        squares.extend(
            CropBox(cx, cy, half)
            for cy in _tile_centres(height, half)
            for cx in _tile_centres(width, half)
        )
    return list(dict.fromkeys(squares))  # in a square picture the largest tile is the whole


def _tile_centres(length: int, half: float) -> list[float]:
    """Centres no farther than `half` apart, so that the tiles reach from border to border."""
    count = 1 + math.ceil((length - 2 * half) / half - 1e-9)
    return np.linspace(half, length - half, count).tolist() if count > 1 else [length / 2]


def _is_within(face: FaceLandmarks, *, width: int, height: int) -> bool:
    """False for points that are no shape, and for mirror images beyond the picture's border."""
    x, y = face.centre
    is_shape = bool(torch.isfinite(face.landmarks).all()) and face.extent >= _MIN_EXTENT
    return is_shape and 0 <= x <= width and 0 <= y <= height


def bounded(frame: ImageU8, max_side: int) -> tuple[ImageU8, float]:
    """The frame reduced to `max_side` and the factor that leads back; small ones stay."""
    height, width = frame.shape[:2]
    factor = max(width, height) / max_side
    if factor <= 1:
        return frame, 1.0
    size = (max(round(width / factor), 1), max(round(height / factor), 1))
    reduced = np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
    return reduced, factor
