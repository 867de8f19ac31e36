"""Search and tracking, with a stand-in network that sees red discs as faces."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from hyperreenact_core.errors import InputError
from hyperreenact_core.face.align import CropBox
from hyperreenact_core.face.detect import (
    DetectorConfig,
    LandmarkDetector,
    choose_face,
    search_squares,
)
from hyperreenact_core.face.found import FaceLandmarks, suppress
from hyperreenact_core.networks.landmarks import LandmarkPrediction


class DiscNetwork:
    """Points on the outline of the largest red disc, as inexact as its place in the square.

    Like the real network it is sure only of faces that lie in the square and fill enough of it.
    """

    def __init__(self) -> None:
        self.squares_seen = 0

    def __call__(self, images: Tensor) -> LandmarkPrediction:
        assert images.shape[1:] == (3, 128, 128)
        assert float(images.abs().max()) <= 1
        self.squares_seen += len(images)
        answers = [self._one(image) for image in images]
        return LandmarkPrediction(
            points=torch.stack([points for points, _ in answers]),
            score=torch.tensor([score for _, score in answers]),
        )

    def _one(self, image: Tensor) -> tuple[Tensor, float]:
        red = ((image[0] > 0.3) & (image[1] < -0.3)).numpy().astype(np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(red)
        if count < 2:
            return torch.rand(68, 2), -4.0
        x, y, width, height, area = stats[1 + stats[1:, 4].argmax()]
        extent = max(width, height) / 128
        whole = min(x, y) > 0 and max(x + width, y + height) < 128
        round_enough = area / (width * height) > 0.7 and 0.8 < width / height < 1.25
        centre = torch.tensor([x + width / 2, y + height / 2]) / 128
        # The farther from the middle, the less exact.
        centre = centre + 0.6 * (centre - 0.5).abs() * (centre - 0.5)
        angles = torch.linspace(0, 2 * math.pi, 69)[:68]
        outline = torch.stack([angles.cos(), angles.sin()], dim=1) * extent / 2
        sure = whole and round_enough and 0.25 < extent < 0.9
        return centre + outline, 3.0 - 2 * abs(extent - 0.5) if sure else -3.0


def picture(*discs: tuple[float, float, float], width: int = 640, height: int = 360) -> np.ndarray:
    """Discs (x, y, diameter) on a grey gradient."""
    frame = np.repeat(np.linspace(60, 160, width)[None, :, None], height, 0)
    frame = np.repeat(frame, 3, 2).astype(np.uint8)
    for x, y, diameter in discs:
        centre, radius = (round(x * 16 - 8), round(y * 16 - 8)), round(diameter * 8)
        cv2.circle(frame, centre, radius, (230, 20, 30), -1, cv2.LINE_AA, 4)
    return frame


def found(faces: list[FaceLandmarks]) -> list[tuple[float, float, float]]:
    return sorted((*face.centre, face.extent) for face in faces)


@pytest.mark.parametrize(
    "disc",
    [(320, 180, 200), (90, 100, 60), (600, 330, 50), (350, 60, 110), (470, 200, 300)],
)
def test_one_face_of_any_size_and_place(disc: tuple[float, float, float]) -> None:
    (face,) = LandmarkDetector(DiscNetwork()).detect(picture(disc))
    assert face.landmarks.shape == (68, 2)
    assert face.score > 0.5
    assert found([face])[0] == pytest.approx(disc, abs=1 + 0.02 * disc[2])


def test_several_faces_the_most_certain_first() -> None:
    discs = [(100, 120, 80), (330, 200, 150), (560, 100, 60)]
    faces = LandmarkDetector(DiscNetwork()).detect(picture(*discs))
    assert np.allclose(found(faces), discs, atol=3)
    scores = [face.score for face in faces]
    assert scores == sorted(scores, reverse=True)


def test_no_face() -> None:
    assert LandmarkDetector(DiscNetwork()).detect(picture()) == []


@pytest.mark.parametrize("size", [(1920, 1080), (720, 1280), (100, 100), (2000, 300)])
def test_pictures_of_any_shape(size: tuple[int, int]) -> None:
    width, height = size
    disc = (width * 0.4, height * 0.55, 0.4 * min(size))
    (face,) = LandmarkDetector(DiscNetwork()).detect(picture(disc, width=width, height=height))
    assert found([face])[0] == pytest.approx(disc, abs=0.02 * min(size) + 1)


def test_closer_looks_sharpen_the_landmarks() -> None:
    disc = (90, 100, 60)

    def error(refinements: int) -> float:
        config = DetectorConfig(refinements=refinements)
        faces = LandmarkDetector(DiscNetwork(), config=config).detect(picture(disc))
        return float(np.abs(np.array(found(faces)[0]) - disc).max())

    assert error(2) < 1.5 < 3 < error(0)


def test_tracking_takes_one_look_and_follows() -> None:
    network = DiscNetwork()
    detector = LandmarkDetector(network)
    (face,) = detector.detect(picture((200, 150, 90)))
    network.squares_seen = 0
    for step in range(1, 20):
        previous = detector.track(picture((200 + 9 * step, 150 + 3 * step, 90)), face)
        assert previous is not None
        face = previous
        assert face.centre == pytest.approx((200 + 9 * step, 150 + 3 * step), abs=3)
    assert network.squares_seen == 19


def test_tracking_searches_again_and_takes_the_nearest() -> None:
    detector = LandmarkDetector(DiscNetwork())
    (face,) = detector.detect(picture((100, 150, 60)))
    moved = detector.track(picture((300, 150, 60), (550, 150, 60)), face)
    assert moved is not None
    assert moved.centre == pytest.approx((300, 150), abs=3)
    assert detector.track(picture(), face) is None


def test_answers_that_are_no_numbers_are_dropped() -> None:
    def broken(images: Tensor) -> LandmarkPrediction:
        points = torch.full((len(images), 68, 2), torch.nan)
        points[::2] = 0.5
        return LandmarkPrediction(points=points, score=torch.full((len(images),), 9.0))

    assert LandmarkDetector(broken).detect(picture()) == []


@pytest.mark.parametrize("extent", [0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.8, 1.0])
def test_every_face_lies_wholly_in_a_square_that_suits_it(extent: float) -> None:
    width, height = 640, 360
    side = extent * height
    config = DetectorConfig()
    squares = search_squares(
        width, height, whole_scales=config.whole_scales, tile_scales=config.tile_scales
    )
    assert len(squares) < 100
    for x in np.linspace(0, width - side, 23):
        for y in np.linspace(0, height - side, 17):
            assert any(
                s.cx - s.half <= x + 1e-6
                and s.cy - s.half <= y + 1e-6
                and x + side <= s.cx + s.half + 1e-6
                and y + side <= s.cy + s.half + 1e-6
                and 0.25 <= side / (2 * s.half) <= 0.85
                for s in squares
            )


def test_search_squares_of_a_tiny_picture() -> None:
    assert CropBox(8.0, 8.0, 8.0) in search_squares(16, 16, whole_scales=(1.0,), tile_scales=(0.5,))


def face(x: float, y: float, extent: float, score: float = 0.9) -> FaceLandmarks:
    angles = torch.linspace(0, 2 * math.pi, 69)[:68]
    outline = torch.stack([angles.cos(), angles.sin()], dim=1) * extent / 2
    return FaceLandmarks(outline + torch.tensor([x, y]), score)


def test_suppression_keeps_the_best_of_each_place() -> None:
    faces = [face(100, 100, 50, 0.6), face(104, 98, 52, 0.9), face(300, 100, 50, 0.7)]
    assert [f.score for f in suppress(faces, overlap=0.35)] == [0.9, 0.7]


@pytest.mark.parametrize("order", [1, -1])
def test_a_part_of_a_face_is_no_second_face(order: int) -> None:
    whole, eye, other = face(100, 100, 100, 0.9), face(80, 85, 25, 0.95), face(300, 100, 30, 0.5)
    assert suppress([whole, eye, other][::order], overlap=0.35) == [whole, other]


def test_a_doubtful_square_round_a_certain_face_goes() -> None:
    sure, large = face(100, 100, 40, 0.95), face(110, 100, 120, 0.55)
    assert suppress([large, sure], overlap=0.35) == [sure]


def test_two_faces_cheek_to_cheek_are_two() -> None:
    faces = [face(100, 100, 80, 0.9), face(160, 110, 70, 0.8)]
    assert suppress(faces, overlap=0.35) == faces


def test_choice() -> None:
    left, middle, right = face(50, 50, 40, 0.9), face(200, 100, 30, 0.8), face(350, 60, 90, 0.7)
    faces = [middle, right, left]
    size = {"width": 400, "height": 200}
    assert choose_face(faces, "largest", **size) is right
    assert choose_face(faces, "leftmost", **size) is left
    assert choose_face(faces, "rightmost", **size) is right
    assert choose_face(faces, "centre", **size) is middle
    assert choose_face(faces, 1, **size) is middle
    assert choose_face([], "largest", **size) is None
    with pytest.raises(InputError, match="face number 3"):
        choose_face(faces, 3, **size)
