"""The own detector, with a stand-in network that sees red discs as faces."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from hyperreenact_core.face.found import FaceLandmarks, FoundFace
from hyperreenact_core.face.mean_shape import landmarks_from_five
from hyperreenact_core.face.own_detect import (
    OwnDetector,
    OwnDetectorConfig,
    found_in,
    padded,
    rough_landmarks,
)
from hyperreenact_core.networks.detector import Places

_FIVE = torch.tensor([[-0.2, -0.2], [0.2, -0.2], [0, 0.04], [-0.16, 0.24], [0.16, 0.24]])


class DiscNetwork:
    """A face at every red disc of 12 pixels or more, and a surer one at each one's left eye."""

    def __init__(self) -> None:
        self.pictures: list[tuple[int, int]] = []

    def __call__(self, images: Tensor) -> Places:
        self.pictures.append((images.shape[3], images.shape[2]))
        red = ((images[0, 0] > 0.2) & (images[0, 1] < -0.2)).numpy().astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(red)
        squares: list[list[float]] = [[0.0, 0.0, 1.0]]
        score = [-9.0]
        for x, y, width, height, _ in stats[1:].tolist():
            side = max(width, height)
            if side >= 12:
                squares.append([x + width / 2, y + height / 2, side])
                squares.append([x + 0.3 * width, y + 0.3 * height, 0.3 * side])
                score += [3.0, 3.2]
        at = torch.tensor(squares)
        points = at[:, None, :2] + at[:, None, 2:] * _FIVE
        return Places(torch.tensor([score]), at[None], points[None])


def picture(*discs: tuple[float, float, float], width: int, height: int) -> np.ndarray:
    frame = np.full((height, width, 3), 90, np.uint8)
    for x, y, diameter in discs:
        centre, radius = (round(x * 16 - 8), round(y * 16 - 8)), round(diameter * 8)
        cv2.circle(frame, centre, radius, (230, 20, 30), -1, cv2.LINE_AA, 4)
    return frame


@pytest.mark.parametrize("size", [(1920, 1080), (300, 200), (90, 400)])
def test_faces_are_found_once_in_pixels_of_the_frame(size: tuple[int, int]) -> None:
    width, height = size
    disc = (width * 0.4, height * 0.6, 0.5 * min(size))
    (face,) = OwnDetector(DiscNetwork()).find(picture(disc, width=width, height=height))
    assert face.square == pytest.approx(disc, abs=2 + 0.03 * disc[2])
    expected = np.array(disc[:2]) + disc[2] * _FIVE.numpy()
    np.testing.assert_allclose(face.points, expected, atol=1 + 0.03 * disc[2])


def test_small_faces_of_a_large_picture_are_found_at_the_second_look() -> None:
    discs = [(200, 300, 30), (900, 400, 120)]
    frame = picture(*discs, width=1280, height=720)
    network = DiscNetwork()
    assert len(OwnDetector(network).find(frame)) == 2
    assert network.pictures == [(320, 192), (640, 384)]
    assert len(OwnDetector(network, config=OwnDetectorConfig(sides=(320,))).find(frame)) == 1


def test_a_large_face_needs_no_second_look() -> None:
    network = DiscNetwork()
    assert len(OwnDetector(network).find(picture((900, 400, 300), width=1280, height=720))) == 1
    assert network.pictures == [(320, 192)]


def test_a_small_picture_is_looked_at_once_and_as_it_is() -> None:
    network = DiscNetwork()
    OwnDetector(network).find(picture(width=176, height=144))
    assert network.pictures == [(192, 160)]


def test_a_face_is_followed_with_a_look_at_its_neighbourhood() -> None:
    network = DiscNetwork()
    detector = OwnDetector(network)
    (face,) = detector.detect(picture((600, 300, 200), width=1280, height=720))
    assert face.landmarks.shape == (68, 2)
    network.pictures.clear()
    moved = detector.track(picture((630, 320, 210), width=1280, height=720), face)
    assert moved is not None
    assert moved.centre == pytest.approx((630, 320), abs=25)
    assert network.pictures == [(128, 128)]


def test_a_lost_face_is_searched_everywhere() -> None:
    detector = OwnDetector(DiscNetwork())
    (face,) = detector.detect(picture((200, 300, 100), width=1280, height=720))
    moved = detector.track(picture((900, 300, 100), width=1280, height=720), face)
    assert moved is not None
    assert moved.centre[0] == pytest.approx(900, abs=15)
    assert detector.track(picture(width=1280, height=720), face) is None


def test_landmarks_come_from_whoever_reads_them() -> None:
    def read(frame: np.ndarray, faces: list[FoundFace]) -> list[FaceLandmarks]:
        assert frame.shape == (720, 1280, 3)
        return [FaceLandmarks(torch.zeros(68, 2), face.score / 2) for face in faces]

    detector = OwnDetector(DiscNetwork(), read=read)
    (face,) = detector.detect(picture((600, 300, 200), width=1280, height=720))
    assert float(face.landmarks.abs().max()) == 0


def test_the_mean_face_lies_on_the_five_points() -> None:
    angle = np.radians(30)
    turn = torch.tensor([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]).float()
    five = 100 * landmarks_points(landmarks_from_five(_FIVE)) @ turn + 200
    again = landmarks_points(landmarks_from_five(five))
    torch.testing.assert_close(again, five, atol=0.1, rtol=0)
    (face,) = rough_landmarks(np.zeros((9, 9, 3), np.uint8), [FoundFace((0, 0, 1), five, 0.7)])
    assert face.score == 0.7


def landmarks_points(landmarks: Tensor) -> Tensor:
    eyes = [landmarks[36:42].mean(0), landmarks[42:48].mean(0)]
    return torch.stack([*eyes, *landmarks[[30, 48, 54]]])


@pytest.mark.parametrize("tilt", [-80.0, -30.0, 0.0, 45.0])
def test_roll_is_counter_clockwise(tilt: float) -> None:
    angle = np.radians(tilt)  # y points down: counter-clockwise to the viewer
    turn = torch.tensor([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]).float()
    assert FoundFace((0, 0, 1), _FIVE @ turn, 1.0).roll_deg == pytest.approx(tilt, abs=1e-3)


def test_padding_is_grey_at_the_right_and_below() -> None:
    frame = padded(np.zeros((33, 64, 3), np.uint8))
    assert frame.shape == (64, 64, 3)
    assert (frame[33:] == 128).all()
    assert (frame[:33] == 0).all()


def test_finds_of_other_pictures_of_the_batch_are_not_this_ones() -> None:
    score = torch.tensor([[5.0, -5.0], [-5.0, -5.0]])
    squares = torch.tensor([[[9.0, 9, 8], [20, 20, 9]]] * 2)
    places = Places(score, squares, torch.zeros(2, 2, 5, 2))
    assert [face.square for face in found_in(places, 0)] == [(9, 9, 8)]
    assert found_in(places, 1) == []
