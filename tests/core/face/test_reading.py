"""Readings: places and directions come back into the picture, and a face is read where it is."""

from __future__ import annotations

import math
from typing import Any, cast

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from hyperreenact_core.face.align import CropRule, crop_face
from hyperreenact_core.face.found import FaceLandmarks
from hyperreenact_core.face.given import BoxedDetector
from hyperreenact_core.face.reading import FaceReader, ReadingDetector
from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.networks.reader import Reader, ReaderConfig, Reading
from hyperreenact_core.networks.reader_regions import IBUG68

DOTS = ((150, 140), (250, 140), (200, 240))
"""x and y of a red, a green and a blue dot: eyes and chin."""


class SeesDots:
    """Stands in for the network: its points are the dots; the face turns as the eyes' dots do."""

    config = ReaderConfig()

    def __init__(self, score: float = 9.0) -> None:
        self.score, self.asked = score, 0

    def __call__(self, picture: Tensor, fine: Tensor) -> Reading:
        self.asked += len(picture)
        places = torch.stack([centre(fine, channel) for channel in range(3)], 1)  # [B, 3, 2]
        line = places[:, 1] - places[:, 0]
        roll = torch.atan2(-line[:, 1], line[:, 0])
        batch = len(picture)
        ahead = torch.tensor([0.0, 1.0, 0.0]).repeat(batch, 2, 1)
        return Reading(
            points=spread_out(places),
            depth=torch.zeros(batch, 468),
            log_spread=torch.zeros(batch, 468),
            rotation=torch.stack([about_z(float(angle)) for angle in roll]),
            coefficients=torch.zeros(batch, 52),
            gaze=ahead,
            irises=torch.zeros(batch, 2, 2),
            visible=torch.zeros(batch, 468),
            face=torch.full((batch,), self.score),
        )


def spread_out(places: Tensor) -> Tensor:
    """[B, 3, 2] -> [B, 468, 2]: the eyes and the chin of iBUG's points lie on the dots."""
    points = places.mean(1, keepdim=True).repeat(1, 468, 1)
    for slot, dot in ((slice(36, 42), 0), (slice(42, 48), 1), (slice(8, 9), 2)):
        points[:, list(IBUG68[slot])] = places[:, dot, None]
    return points


def centre(picture: Tensor, channel: int) -> Tensor:
    """[B, 2] where a channel is bright, sides from -1 to 1."""
    bright = (picture[:, channel] > 0.3).float()
    axis = (torch.arange(bright.shape[-1]) + 0.5) * (2 / bright.shape[-1]) - 1
    total = bright.sum((1, 2)).clamp_min(1e-6)
    x, y = (bright * axis).sum((1, 2)) / total, (bright * axis[:, None]).sum((1, 2)) / total
    return torch.stack([x, y], 1)


def about_z(angle: float) -> Tensor:
    c, s = math.cos(angle), math.sin(angle)
    return torch.tensor([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def picture(roll_deg: float) -> tuple[ImageU8, Tensor]:
    """The dots, turned counter-clockwise about the picture's middle, and where they then are."""
    matrix = cv2.getRotationMatrix2D((200, 190), roll_deg, 1.0)
    image = np.zeros((400, 400, 3), np.uint8)
    places = np.array([matrix @ (x, y, 1) for x, y in DOTS])
    for channel, (x, y) in enumerate(places):
        colour = [0, 0, 0]
        colour[channel] = 255
        cv2.circle(image, (round(x), round(y)), 9, colour, -1)
    return image, torch.tensor(places, dtype=torch.float32)


def landmarks(places: Tensor) -> Tensor:
    """[68, 2] with the eyes and the chin there."""
    return spread_out(places[None])[0][list(IBUG68)]


def reader(stub: SeesDots) -> FaceReader:
    return FaceReader(cast("Reader", stub))


class Finds:
    """A detector that finds what it is given, and never anew."""

    def __init__(self, *faces: Tensor) -> None:
        self.faces = [FaceLandmarks(face, 0.7) for face in faces]

    def detect(self, frame: ImageU8) -> list[FaceLandmarks]:
        return self.faces

    def track(self, frame: ImageU8, previous: FaceLandmarks) -> FaceLandmarks | None:
        return self.faces[0] if self.faces else None


@pytest.mark.parametrize("roll_deg", [0, 25, -40])
def test_points_and_directions_come_back_into_the_picture(roll_deg: float):
    image, places = picture(roll_deg)
    reading = reader(SeesDots()).read(image, [landmarks(places)])[0]
    found = reading.points[[IBUG68[36], IBUG68[42], IBUG68[8]]]
    assert (found - places).norm(dim=1).max() < 1.5
    assert torch.allclose(reading.rotation, about_z(math.radians(roll_deg)), atol=0.03)
    # The square is turned with the face, so what points up in it points along the turned face.
    up = about_z(math.radians(roll_deg)) @ torch.tensor([0.0, 1.0, 0.0])
    assert torch.allclose(reading.gaze[0], up, atol=0.03)


def test_spreads_are_pixels_of_the_picture_and_scale_with_a_crop():
    image, places = picture(0)
    reading = reader(SeesDots()).read(image, [landmarks(places)])[0]
    crop = crop_face(image, landmarks(places), CropRule(size=64), reading=reading)
    assert crop.reading is not None
    scale = float(crop.crop_from_frame[0, 0])
    assert torch.allclose(crop.reading.spread, reading.spread * scale)
    assert torch.allclose(crop.reading.points[IBUG68[8]], crop.landmarks[8], atol=1.5 * scale)


def test_the_finders_landmarks_stay_where_they_are_wanted():
    image, places = picture(0)
    rough = landmarks(places + 12)
    own = ReadingDetector(Finds(rough), reader(SeesDots())).detect(image)[0]
    assert torch.equal(own.landmarks, rough)
    assert own.reading is not None
    refined = ReadingDetector(Finds(rough), reader(SeesDots()), own_landmarks=False)
    assert (refined.detect(image)[0].landmarks[8] - places[2]).norm() < 1.5


def test_what_the_reader_takes_for_no_face_is_none():
    image, places = picture(0)
    refined = ReadingDetector(Finds(landmarks(places)), reader(SeesDots(-9.0)), own_landmarks=False)
    assert refined.detect(image) == []
    assert refined.track(image, FaceLandmarks(landmarks(places), 0.9)) is None


def test_a_face_is_followed_without_the_finder():
    image, places = picture(10)
    stub = SeesDots()
    detector = ReadingDetector(Finds(), reader(stub), own_landmarks=False)
    followed = detector.track(image, FaceLandmarks(landmarks(places + 8), 0.9))
    assert followed is not None
    assert (followed.landmarks[8] - places[2]).norm() < 1.5
    assert stub.asked == 1


def test_a_face_is_read_where_a_box_says_that_it_is():
    image, places = picture(0)
    inner = ReadingDetector(Finds(), reader(SeesDots()), own_landmarks=False)
    boxed = BoxedDetector(inner, [[(130, 80, 270, 250)]], height=400, width=400)
    (face,) = boxed.detect(image)
    assert (face.landmarks[8] - places[2]).norm() < 1.5


def test_many_faces_are_read_in_batches():
    image, places = picture(0)
    faces: list[Any] = [landmarks(places + offset) for offset in range(20)]
    readings = reader(SeesDots()).read(image, faces)
    assert len(readings) == 20
    assert all((one.points[IBUG68[8]] - places[2]).norm() < 1.5 for one in readings)
