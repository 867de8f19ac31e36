"""Faces as detectors find them in a frame, and which of those found are one and the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import torch
from torch import Tensor

from ..types import FaceReading

_INSIDE = 0.5
"""Share of a box from which it lies inside another one: no face lies in a face."""
_PART, _ABOUT_AS_SURE = 0.5, 0.1
"""A piece of a face has less than this share of its area, and is surer by less than this."""


@dataclass(frozen=True)
class FaceLandmarks:
    """One face in a frame.

    landmarks: [68, 2] float32 on the CPU, x and y in pixels of the frame, iBUG order.
    score: confidence in [0, 1].
    reading: what a reader sees there, in pixels of the frame; None where none was asked.
    """

    landmarks: Tensor
    score: float
    reading: FaceReading | None = None

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the landmarks."""
        low, high = self.landmarks.amin(0), self.landmarks.amax(0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    @property
    def centre(self) -> tuple[float, float]:
        left, top, right, bottom = self.box
        return (left + right) / 2, (top + bottom) / 2

    @property
    def extent(self) -> float:
        """Larger side of the box, pixels."""
        left, top, right, bottom = self.box
        return max(right - left, bottom - top)


@dataclass(frozen=True)
class FoundFace:
    """A face in a frame, its pixels; the first pixel spans 0 to 1.

    square: middle x, y and side of the upright square about the 468 mesh points, seen or not: from
    the top of the forehead to the chin. points: [5, 2] float32 eye centres (the one on the
    viewer's left first), tip of the nose, corners of the mouth. score: in [0, 1].
    """

    square: tuple[float, float, float]
    points: Tensor
    score: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        x, y, side = self.square
        return x - side / 2, y - side / 2, x + side / 2, y + side / 2

    @property
    def roll_deg(self) -> float:
        """How far the head is tilted, counter-clockwise as the viewer sees it, in degrees."""
        eyes, mouth = self.points[:2].mean(0), self.points[3:].mean(0)
        right, down = (mouth - eyes).tolist()  # the eyes' line vanishes in profile, this one never
        return math.degrees(math.atan2(right, down))

    def moved(self, factor: float, x: float, y: float) -> FoundFace:
        """The same face where every place is taken times a factor and then shifted."""
        left, top, side = self.square
        square = left * factor + x, top * factor + y, side * factor
        points = self.points * factor + torch.tensor([x, y])
        return FoundFace(square, points, self.score)


class Boxed(Protocol):
    """Something found in a frame: left, top, right and bottom, and a confidence in 0..1."""

    @property
    def box(self) -> tuple[float, float, float, float]: ...

    @property
    def score(self) -> float: ...


BoxedT = TypeVar("BoxedT", bound=Boxed)


def suppress(faces: Sequence[BoxedT], *, overlap: float) -> list[BoxedT]:
    """Keep one of faces that are the same one, the most certain first.

    They are where they share `overlap` of their united area, or half of the smaller one: an eye is
    no second face. The less certain one goes; the smaller one, where they are about as certain.
    """
    kept: list[BoxedT] = []
    for face in sorted(faces, key=lambda face: face.score, reverse=True):
        same = [other for other in kept if _are_one(face, other, overlap=overlap)]
        if all(_is_part(other, face) for other in same):
            kept = [other for other in kept if not any(other is part for part in same)]
            kept.append(face)
    return sorted(kept, key=lambda face: face.score, reverse=True)


def _are_one(a: Boxed, b: Boxed, *, overlap: float) -> bool:
    shared, smaller, larger = _areas(a, b)
    return shared >= overlap * max(smaller + larger - shared, 1e-9) or shared > _INSIDE * smaller


def _is_part(part: Boxed, face: Boxed) -> bool:
    """Whether `part`, though as certain or more, is but a piece of the face."""
    return _area(part) < _PART * _area(face) and part.score - face.score < _ABOUT_AS_SURE


def _areas(a: Boxed, b: Boxed) -> tuple[float, float, float]:
    """Shared area of two boxes, that of the smaller and that of the larger one."""
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = a.box, b.box
    shared = max(0.0, min(ax1, bx1) - max(ax0, bx0)) * max(0.0, min(ay1, by1) - max(ay0, by0))
    smaller, larger = sorted((_area(a), _area(b)))
    return shared, smaller, larger


def _area(face: Boxed) -> float:
    left, top, right, bottom = face.box
    return (right - left) * (bottom - top)
