"""Faces that somebody else found, and detectors that forget from frame to frame."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hyperreenact_core.face.found import FaceLandmarks
from hyperreenact_core.face.given import BoxedDetector, EachFrameAlone
from hyperreenact_core.face.mean_shape import landmarks_in_box
from hyperreenact_core.imaging import ImageU8
from tests.core.reenact.tiny import face_points

FRAME = np.zeros((50, 100, 3), np.uint8)


def face_at(x: float, y: float) -> FaceLandmarks:
    shape = face_points() * 20
    return FaceLandmarks(shape - (shape.amin(0) + shape.amax(0)) / 2 + torch.tensor([x, y]), 0.9)


class OneFace:
    """A detector that finds its one face wherever it is told to look."""

    def __init__(self, x: float, y: float) -> None:
        self._face = face_at(x, y)
        self.asked: list[tuple[float, float]] = []

    def detect(self, frame: ImageU8) -> list[FaceLandmarks]:
        return [self._face]

    def track(self, frame: ImageU8, previous: FaceLandmarks) -> FaceLandmarks | None:
        self.asked.append(previous.centre)
        return self._face


def test_boxes_are_pixels_of_the_picture_even_if_a_smaller_one_is_searched():
    finder = OneFace(25, 25)
    boxed = BoxedDetector(finder, [[(80, 80, 120, 120)]], height=200, width=400)
    (face,) = boxed.detect(FRAME)
    assert finder.asked[0] == (25.0, 25.0)
    assert torch.allclose(torch.tensor(face.centre), torch.tensor((25.0, 25.0)))


def test_a_box_is_looked_into_with_a_whole_face():
    shape = landmarks_in_box((10.0, 20.0, 40.0, 60.0))
    assert shape.shape == (68, 2)
    assert FaceLandmarks(shape, 1.0).box == (10.0, 20.0, 40.0, 60.0)
    eyes, chin = shape[36:48].mean(0), shape[8]
    assert eyes[0] == pytest.approx(25, abs=0.5)
    assert 20 < eyes[1] < chin[1] == 60


def test_a_box_without_a_face_takes_none_from_elsewhere():
    boxed = BoxedDetector(OneFace(80, 25), [[(10, 10, 40, 40)]], height=50, width=100)
    assert boxed.detect(FRAME) == []


def test_each_frame_alone_may_stay_with_the_nearest():
    class TwoFaces(OneFace):
        def detect(self, frame: ImageU8) -> list[FaceLandmarks]:
            return [face_at(20, 25), face_at(80, 25)]

    near = EachFrameAlone(TwoFaces(0, 0), None).track(FRAME, face_at(70, 25))
    left = EachFrameAlone(TwoFaces(0, 0), "leftmost").track(FRAME, face_at(70, 25))
    assert near is not None
    assert left is not None
    assert (round(near.centre[0]), round(left.centre[0])) == (80, 20)
