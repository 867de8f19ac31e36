"""Following one face, with squares that do not tremble."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from hyperreenact_core.choices import FaceChoice
from hyperreenact_core.errors import InputError
from hyperreenact_core.face.align import CropBox, CropRule
from hyperreenact_core.face.follow import TrackedFrame, cuts_text, track_face
from hyperreenact_core.face.found import FaceLandmarks
from hyperreenact_core.face.stabilise import jitter
from hyperreenact_core.imaging import ImageU8
from tests.core.reenact.tiny import face_points, frames

RULE = CropRule(size=16)


class Script:
    """A detector that plays a script: frame -> centres of the faces in it, from the left."""

    def __init__(self, script: list[list[tuple[float, float]]]) -> None:
        self._script = iter(script)
        self.calls: list[str] = []

    def detect(self, frame: ImageU8) -> list[FaceLandmarks]:
        self.calls.append("detect")
        return [face_at(x, y) for x, y in next(self._script)]

    def track(self, frame: ImageU8, previous: FaceLandmarks) -> FaceLandmarks | None:
        self.calls.append("track")
        x, y = previous.centre
        faces = [face_at(*centre) for centre in next(self._script)]
        return min(faces, key=lambda f: abs(f.centre[0] - x) + abs(f.centre[1] - y), default=None)


def face_at(x: float, y: float) -> FaceLandmarks:
    shape = face_points() * 40
    middle = (shape.amin(0) + shape.amax(0)) / 2
    return FaceLandmarks(shape - middle + torch.tensor([x, y]), 0.9)


def run(
    script: list[list[tuple[float, float]]], *, choice: FaceChoice = "largest", window: int = 1
) -> list[TrackedFrame]:
    pictures = frames("f" * len(script))
    return list(
        track_face(
            pictures,
            Script(script),
            rule=RULE,
            choice=choice,
            window=window,
            name_frame="frame {}".format,
        )
    )


def centre_of(frame: TrackedFrame) -> tuple[float, float]:
    """Middle of the crop's square in the frame."""
    assert frame.crop is not None
    middle = frame.crop.frame_from_crop @ torch.tensor([8.0, 8.0, 1.0], dtype=torch.float64)
    return float(middle[0]), float(middle[1])


def test_frames_come_in_order_with_and_without_faces():
    script = [[], [(30.0, 30.0)], [], [], [(32.0, 30.0)], []]
    for window in (1, 5):
        found = run(script, window=window)
        assert [f.index for f in found] == list(range(6))
        assert [f.crop is not None for f in found] == [False, True, False, False, True, False]
        expected = list(frames("ffffff"))
        assert all(np.array_equal(f.picture, p) for f, p in zip(found, expected, strict=True))


def test_the_chosen_face_is_followed_when_others_come():
    script = [[(20.0, 30.0)], [(22.0, 30.0), (45.0, 30.0)], [(24.0, 30.0), (40.0, 30.0)]]
    x = [centre_of(frame)[0] for frame in run(script)]
    assert x == pytest.approx([20, 22, 24])


def test_choice_by_number_and_what_is_said_if_it_is_not_there():
    script = [[(20.0, 30.0), (45.0, 30.0)], [(21.0, 30.0), (44.0, 30.0)]]
    x = [centre_of(frame)[0] for frame in run(script, choice=1)]
    assert x == pytest.approx([45, 44])
    with pytest.raises(InputError, match="frame 0: face number 2"):
        run(script, choice=2)


def test_the_crop_is_smooth_and_keeps_up_with_a_movement():
    random = np.random.default_rng(0)
    x = np.linspace(24, 40, 40)
    noise = random.normal(0, 0.6, (40, 2))
    script = [[(xi + nx, 30 + ny)] for xi, (nx, ny) in zip(x, noise, strict=True)]

    def boxes(window: int) -> list[CropBox]:
        return [CropBox(*centre_of(f), half=20.0) for f in run(script, window=window)]

    rough, smooth = boxes(1), boxes(9)
    assert jitter(smooth) < 0.3 * jitter(rough)
    assert np.abs(np.array([b.cx for b in smooth]) - x).max() < 1.0


def test_no_more_frames_are_read_than_the_window_needs():
    read = 0

    def noted() -> Iterator[ImageU8]:
        nonlocal read
        for picture in frames("f" * 20):
            read += 1
            yield picture

    tracked = track_face(
        noted(),
        Script([[(30.0, 30.0)]] * 20),
        rule=RULE,
        choice="largest",
        window=5,
        name_frame=str,
    )
    assert next(tracked).index == 0
    assert read == 3


def test_the_whole_picture_is_searched_only_until_a_face_is_there():
    detector = Script([[], [(30.0, 30.0)], [(30.0, 30.0)], [], [(30.0, 30.0)]])
    list(
        track_face(frames("fffff"), detector, rule=RULE, choice="largest", window=1, name_frame=str)
    )
    assert detector.calls == ["detect", "detect", "track", "track", "track"]


def test_a_cut_chooses_the_face_anew_and_smooths_nothing_across():
    """Different pictures in one batch are no clip: nothing is followed from one to the next."""
    dark, bright = (np.full((64, 64, 3), level, np.uint8) for level in (60, 160))
    detector = Script([[(20.0, 30.0)], [(22.0, 30.0)], [(45.0, 30.0)], [(45.0, 32.0)]])
    found = list(
        track_face(
            [dark, dark, bright, bright],
            detector,
            rule=RULE,
            choice="largest",
            window=3,
            name_frame="frame {}".format,
        )
    )
    assert detector.calls == ["detect", "track", "detect", "track"]
    assert [f.index for f in found] == [0, 1, 2, 3]
    assert centre_of(found[2])[0] == pytest.approx(45.0, abs=0.5)
    assert centre_of(found[1])[0] < 25
    assert [f.crop.scene for f in found if f.crop is not None] == [0, 0, 1, 1]


def test_a_flash_is_no_cut():
    dark, bright = (np.full((64, 64, 3), level, np.uint8) for level in (60, 250))
    detector = Script([[(20.0, 30.0)], [], [(45.0, 30.0), (22.0, 30.0)]])
    pictures = [dark, bright, dark]
    found = list(
        track_face(pictures, detector, rule=RULE, choice="largest", window=1, name_frame=str)
    )
    assert detector.calls == ["detect", "detect", "track"]
    assert centre_of(found[2])[0] == pytest.approx(22.0)
    assert found[2].crop is not None
    assert found[2].crop.scene == 0


def test_cuts_are_told_in_words():
    assert cuts_text([]) == ""
    assert cuts_text([30]) == ", cut at frame 30: the face was chosen anew there"
    assert "frames 0, 1, 2" in cuts_text(range(20))
    assert "11 and 8 more" in cuts_text(range(20))
