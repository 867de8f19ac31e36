"""Reads the faces that a detector found: mesh points, rotation, expression and gaze of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..imaging import ImageU8, tensor_from_u8
from ..networks.reader import Reader, Reading
from ..networks.reader_regions import IBUG68
from ..types import FaceReading
from .detect import FaceDetector
from .found import FaceLandmarks, suppress
from .framing import Frame, cut, extent, frame_matrix
from .given import nearest

_SIDE = 1.7
"""Of the square that is read, over the extent of the mesh points: the middle of what the reader was
trained on."""
_FOREHEAD = 0.36
"""How far the mesh reaches above the eyes, over the distance from there to the chin."""
_EYES = (slice(36, 42), slice(42, 48))
_CHIN = 8
_BATCH = 16
_LOOKS = 3
"""At a face that was found: each from where the one before saw it."""
_SURE = 0.5
_OVERLAP = 0.35
"""Share of the united area of two boxes from which they are one face."""


class FaceReader:
    """Reads faces of a picture with a reader network on `device`."""

    def __init__(self, network: Reader, *, device: torch.device | str = "cpu") -> None:
        self._network, self._device = network, device

    def read(self, picture: ImageU8, faces: Sequence[Tensor]) -> list[FaceReading]:
        """picture: [H, W, 3]; faces: landmarks [68, 2] in its pixels -> a reading each."""
        readings: list[FaceReading] = []
        for begin in range(0, len(faces), _BATCH):
            frames = [_frame_of(face.numpy()) for face in faces[begin : begin + _BATCH]]
            readings += self._read(picture, frames)
        return readings

    @torch.inference_mode()
    def _read(self, picture: ImageU8, frames: Sequence[Frame]) -> list[FaceReading]:
        config = self._network.config
        fine = [cut(picture, frame, config.fine) for frame in frames]
        size = (config.size, config.size)
        small = [cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in fine]
        reading = self._network(self._tensor(small), self._tensor(fine))
        return [_in_picture(reading, row, frame) for row, frame in enumerate(frames)]

    def _tensor(self, pictures: Sequence[NDArray[Any]]) -> Tensor:
        batch = tensor_from_u8(np.stack(pictures).astype(np.uint8, copy=False))
        return batch.contiguous(memory_format=torch.channels_last).to(self._device)


class ReadingDetector:
    """A detector whose faces come with readings; what finds them is another one.

    own_landmarks: the finder's landmarks stay, as networks that were trained on them need; else the
    reader's take their place, and follow the face from frame to frame.
    """

    def __init__(
        self, finder: FaceDetector, reader: FaceReader, *, own_landmarks: bool = True
    ) -> None:
        self._finder, self._reader, self._own = finder, reader, own_landmarks

    def detect(self, frame: ImageU8) -> list[FaceLandmarks]:
        faces = self._finder.detect(frame)
        if self._own:
            return self._with_readings(frame, faces)
        for _ in range(_LOOKS):
            readings = self._reader.read(frame, [face.landmarks for face in faces])
            faces = [
                # The finder has seen the whole picture: it knows better what is a face.
                _landmarks_of(reading, min(face.score, reading.score))
                for face, reading in zip(faces, readings, strict=True)
                if reading.score >= _SURE
            ]
        return suppress(faces, overlap=_OVERLAP)

    def track(self, frame: ImageU8, previous: FaceLandmarks) -> FaceLandmarks | None:
        if self._own:
            found = self._finder.track(frame, previous)
            return None if found is None else self._with_readings(frame, [found])[0]
        reading = self._reader.read(frame, [previous.landmarks])[0]
        if reading.score >= _SURE:
            return _landmarks_of(reading, reading.score)
        return nearest(self.detect(frame), previous)

    def _with_readings(self, frame: ImageU8, faces: Sequence[FaceLandmarks]) -> list[FaceLandmarks]:
        unread = [face for face in faces if face.reading is None]
        readings = iter(self._reader.read(frame, [face.landmarks for face in unread]))
        return [
            face if face.reading is not None else replace(face, reading=next(readings))
            for face in faces
        ]


def _landmarks_of(reading: FaceReading, score: float) -> FaceLandmarks:
    """A face with the reader's own landmarks."""
    return FaceLandmarks(reading.points[list(IBUG68)], score, reading)


def _frame_of(landmarks: NDArray[np.float32]) -> Frame:
    """The square about the whole face, forehead included, turned as the eyes are."""
    left, right = (landmarks[eye].mean(0) for eye in _EYES)
    eyes = (left + right) / 2
    top = eyes + _FOREHEAD * (eyes - landmarks[_CHIN])
    x, y = right - left
    roll = float(np.degrees(np.arctan2(y, x)))
    middle, size = extent(np.vstack([landmarks, top[None]]))
    return Frame((float(middle[0]), float(middle[1])), size * _SIDE, roll)


def _in_picture(reading: Reading, row: int, frame: Frame) -> FaceReading:
    """One row of a batch, in pixels of the picture that the frame lies in."""
    to_crop = frame_matrix(frame, 2)
    to_crop[:, 2] -= 1
    back = np.linalg.inv(np.vstack([to_crop, (0, 0, 1)])).astype(np.float32)
    points = reading.points[row].float().cpu().numpy() @ back[:2, :2].T + back[:2, 2]
    angle = np.radians(frame.roll_deg)
    turn = np.array(
        [[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    ).astype(np.float32)
    upright = torch.from_numpy(turn)  # from the turned square back to the picture

    def own(value: Tensor) -> Tensor:
        return value[row].float().cpu().clone()

    return FaceReading(
        points=torch.from_numpy(points),
        spread=own(reading.log_spread).exp() * (frame.side / 2),
        rotation=upright @ own(reading.rotation),
        coefficients=own(reading.coefficients),
        gaze=own(reading.gaze) @ upright.T,
        score=float(own(reading.face).sigmoid()),
        visible=own(reading.visible).sigmoid(),
    )
