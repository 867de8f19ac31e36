"""One clip into crops: sampling, faults, shots, and files that are damaged."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from hyperreenact_core.face.align import CropRule
from hyperreenact_core.face.found import FaceLandmarks
from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.training.prepare.clip import ClipCrops, prepare_clip
from hyperreenact_core.training.prepare.quality import QualityLimits
from hyperreenact_core.training.prepare.scan import ClipPath
from hyperreenact_core.training.prepare.settings import PrepareSettings
from hyperreenact_core.video.stills import write_image
from hyperreenact_core.video.writer import VideoWriter
from tests.core.reenact.tiny import SIZE, face_points, picture

SETTINGS = PrepareSettings(
    model_set="tiny",
    rule=CropRule(scale=0.85, size=SIZE),
    limits=QualityLimits(min_face=8),
    smooth=1,
)


class Everywhere:
    """A detector that sees a face wherever the picture is not black: left in dark ones."""

    def detect(self, frame: ImageU8) -> list[FaceLandmarks]:
        brightness = float(frame.mean())
        if brightness < 20:
            return []
        x = 22.0 if brightness < 100 else 42.0
        return [FaceLandmarks(face_points() * 40 + torch.tensor([x - 20, 12.0]), 0.9)]

    def track(self, frame: ImageU8, previous: FaceLandmarks) -> FaceLandmarks | None:
        return next(iter(self.detect(frame)), None)


LEVELS = {"f": 160, "d": 60, ".": 0}


def write_frames(folder: Path, pattern: str) -> Path:
    """One picture a letter: `f` a face, `d` one elsewhere in other light, `.` none."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, letter in enumerate(pattern):
        write_image(folder / f"{index}.png", picture(LEVELS[letter], seed=index))
    return folder


def write_video(path: Path, pattern: str) -> Path:
    with VideoWriter(path, width=64, height=64, rate=Fraction(25), crf=5) as writer:
        for index, letter in enumerate(pattern):
            writer.write(picture(LEVELS[letter], seed=index))
    return path


def prepare(path: Path, settings: PrepareSettings = SETTINGS) -> ClipCrops:
    return prepare_clip(
        ClipPath(path, f"ann/{path.name}"),
        Everywhere(),
        settings,
        check_interrupt=lambda: None,
    )


@pytest.mark.parametrize("kind", ["frames", "video"])
def test_all_good_frames_are_kept(tmp_path: Path, kind: str) -> None:
    pattern = "f" * 12
    path = tmp_path / ("c.mp4" if kind == "video" else "c")
    made = prepare((write_video if kind == "video" else write_frames)(path, pattern))
    assert made.record.identity == "ann"
    assert (made.record.looked_at, made.record.kept, made.record.dropped) == (12, 12, {})
    assert made.record.problem is None
    assert made.images.shape == (12, SIZE, SIZE, 3)
    assert made.landmarks.shape == (12, 68, 2)
    assert made.frames.tolist() == list(range(12))
    # The crop is the square about the landmarks, so they fill it as the rule says.
    low, high = made.landmarks.min(1), made.landmarks.max(1)
    np.testing.assert_allclose((high - low).max(1), SIZE / 2 / 0.85, rtol=1e-5)
    assert made.images.std() > 5


def test_frames_without_a_face_are_dropped(tmp_path: Path) -> None:
    made = prepare(write_frames(tmp_path / "c", "..ff.f"))
    assert made.frames.tolist() == [2, 3, 5]
    assert made.record.dropped == {"no face": 3}


def test_every_nth_frame_and_no_more_than_so_many(tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "c", "f" * 11)
    assert prepare(folder, replace(SETTINGS, every=4)).frames.tolist() == [0, 4, 8]
    spread = prepare(folder, replace(SETTINGS, max_frames=4))
    assert spread.frames.tolist() == [0, 3, 6, 9]
    assert spread.record.looked_at == 4
    video = write_video(tmp_path / "c.mp4", "f" * 11)
    assert prepare(video, replace(SETTINGS, max_frames=4)).frames.tolist() == [0, 3, 6, 9]


def test_the_smoothing_window_counts_frames_of_the_clip() -> None:
    settings = replace(SETTINGS, smooth=9)
    assert [settings.window(step) for step in (1, 2, 4, 5)] == [9, 5, 3, 1]


def test_only_the_longest_shot_is_kept_even_if_interrupted(tmp_path: Path) -> None:
    made = prepare(write_frames(tmp_path / "c", "dfffddff.d"))
    assert made.frames.tolist() == [1, 2, 3, 6, 7]
    assert made.record.dropped == {"no face": 1, "another shot": 4}


def test_faults_are_counted(tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "c", "fff")
    write_image(folder / "3.png", np.full((64, 64, 3), 160, np.uint8))
    assert prepare(folder).record.dropped == {"blurred": 1}
    strict = replace(SETTINGS, limits=replace(SETTINGS.limits, min_score=0.95))
    made = prepare(folder, strict)
    assert made.record.kept == 0
    assert made.record.problem == "none of its 4 frames is usable: 4 low score"


def test_a_clip_with_too_few_good_frames_is_dropped_whole(tmp_path: Path) -> None:
    made = prepare(write_frames(tmp_path / "c", "..f.."))
    assert made.images.shape == (0, SIZE, SIZE, 3)
    assert made.record.problem == "none of its 5 frames is usable: 4 no face, 1 too few frames"
    one = prepare(tmp_path / "c", replace(SETTINGS, min_frames=1))
    assert one.frames.tolist() == [2]


def test_damaged_pictures_are_left_out(tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "c", "ffff")
    (folder / "0.png").write_bytes(b"")
    (folder / "2.png").write_bytes((folder / "2.png").read_bytes()[:200])
    made = prepare(folder)
    assert made.frames.tolist() == [1, 3]
    assert made.record.dropped == {"unreadable picture": 2}
    assert made.record.looked_at == 4


@pytest.mark.parametrize("data", [b"", b"no video at all", bytes(3000)])
def test_a_file_that_cannot_be_opened_is_explained_in_one_line(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "c.mp4"
    path.write_bytes(data)
    record = prepare(path).record
    assert (record.looked_at, record.kept) == (0, 0)
    assert record.problem is not None
    assert record.problem.startswith("c.mp4 ")
    assert "\n" not in record.problem


def test_what_comes_before_a_break_is_kept(tmp_path: Path) -> None:
    path = write_video(tmp_path / "c.mp4", "f" * 40)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    record = prepare(path).record
    assert 2 <= record.kept < 40
    assert record.problem is not None
    assert "breaks off after frame" in record.problem


def test_a_run_can_be_stopped_at_any_frame(tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "c", "fff")
    calls: list[int] = []

    def stop_at_the_second() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare_clip(
            ClipPath(folder, "ann/c"),
            Everywhere(),
            SETTINGS,
            check_interrupt=stop_at_the_second,
        )
