"""A clip as the source: frames stay as they are but for what the driver changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from hyperreenact_core.cli.main import main
from hyperreenact_core.errors import NoFaceError
from hyperreenact_core.heads.expression import coefficients
from hyperreenact_core.host import LocalHost
from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.models.sets import LoadedSet, load_set
from hyperreenact_core.reenact.changed import FootageFrame
from hyperreenact_core.reenact.detail import stage
from hyperreenact_core.reenact.detail.drawn import paint_of
from hyperreenact_core.reenact.detail.paint import Paint
from hyperreenact_core.reenact.detail.performance import HeadState, Performance
from hyperreenact_core.reenact.footage import (
    FootageOptions,
    reenact_footage,
)
from hyperreenact_core.reenact.footage_faces import read_performance
from hyperreenact_core.reenact.knobs import LengthRule
from hyperreenact_core.reenact.motion.live import LiveMotion
from hyperreenact_core.reenact.motion.smoothing import smooth, smooth_over
from hyperreenact_core.reenact.transfer import Score
from hyperreenact_core.video.outputs import open_writer
from hyperreenact_core.video.reader import open_frames
from hyperreenact_core.video.sources import FrameSource
from tests.core.cli.reenact_files import read_all
from tests.core.reenact.two_people import CROSS, TALK, first_frames

HOST = LocalHost(device="cpu")
RATE = Fraction(25)
BLACK = np.zeros((128, 128, 3), np.uint8)


def clip_of(pictures: Sequence[ImageU8]) -> FrameSource:
    def read() -> Iterator[ImageU8]:
        yield from pictures

    name = "clip.mp4, frame {}".format
    return FrameSource(Path("clip.mp4"), RATE, len(pictures), 128, 128, read, name)


@pytest.fixture(scope="module")
def models() -> LoadedSet:
    return load_set("starter")


@pytest.fixture(scope="module")
def talk() -> list[ImageU8]:
    return first_frames(TALK.driving, 2, side=128)


def jaw(*openings: float) -> Performance:
    states = [coefficients({"jawOpen": amount}).astype(np.float64) for amount in openings]
    return Performance.of([HeadState(np.eye(3), state) for state in states])


def changed(
    models: LoadedSet,
    pictures: Sequence[ImageU8],
    told: Performance,
    length: LengthRule = "shortest",
    motion: LiveMotion | None = None,
) -> list[FootageFrame]:
    clip = clip_of(pictures)
    score = Score(told, RATE, clip.rate, clip.frame_count, length)
    options = FootageOptions(transfer="lips", stabilise=1, motion=motion or LiveMotion())
    return list(reenact_footage(clip, score, models, HOST, options=options))


def test_a_mouth_is_opened_and_nothing_else_is_touched(models, talk):
    results = changed(models, talk, jaw(1.0, 1.0))
    assert [result.index for result in results] == [0, 1]
    for result, picture in zip(results, talk, strict=True):
        differs = np.abs(result.image.astype(int) - picture).max(2)
        assert differs[70:].max() > 40
        assert differs[:40].max() == 0
        assert (differs == 0).mean() > 0.5


def test_relative_motion_adds_what_the_driver_does_to_what_the_footage_does(models, talk):
    relative = LiveMotion("relative")
    still, opened = changed(models, [talk[0]] * 2, jaw(0.3, 1.0), motion=relative)
    assert np.array_equal(still.image, talk[0])
    assert np.abs(opened.image.astype(int) - talk[0]).max() > 40


def test_behind_a_cut_the_colours_of_the_face_are_measured_anew(models, talk, monkeypatch):
    measured: list[ImageU8] = []

    def counted(model: object, drawing: object, seen: ImageU8) -> Paint:
        measured.append(seen)
        return paint_of(model, drawing, seen)

    monkeypatch.setattr(stage, "paint_of", counted)
    other = first_frames(CROSS.driving, 2, side=128)
    changed(models, [talk[0], talk[1], other[0], other[1]], jaw(*[1.0] * 4))
    assert len(measured) == 2


def test_frames_without_a_face_stay_as_they_are(models, talk):
    results = changed(models, [talk[0], BLACK], jaw(1.0, 1.0))
    assert [result.has_face for result in results] == [True, False]
    assert np.array_equal(results[1].image, BLACK)


@pytest.mark.parametrize("length", ["hold", "loop"])
def test_footage_goes_on_as_long_as_the_performance(models, talk, length: LengthRule):
    results = changed(models, talk, jaw(0.0, 0.5, 1.0), length)
    assert len(results) == 3
    last = talk[1] if length == "hold" else talk[0]
    assert np.array_equal(results[2].image[:40], last[:40])
    assert not np.array_equal(results[2].image, last)


def test_a_performance_is_held_where_no_face_is_seen(models, talk):
    told = read_performance(clip_of([BLACK, talk[0], BLACK, talk[1]]), models, HOST)
    rotation = told.rotation
    assert len(told) == 4
    assert (rotation[0] == rotation[1]).all()
    assert (rotation[2] == rotation[1]).all()
    assert (rotation[3] != rotation[1]).any()
    with pytest.raises(NoFaceError, match=r"clip\.mp4: none of 2 frames shows a face"):
        read_performance(clip_of([BLACK, BLACK]), models, HOST)


def test_a_driver_is_steadied_scene_by_scene_as_clips_are(models, talk):
    pictures = [*first_frames(TALK.driving, 7, side=128), *first_frames(CROSS.driving, 5, side=128)]
    plain = read_performance(clip_of(pictures), models, HOST)
    steady = read_performance(clip_of(pictures), models, HOST, stabilise=9)
    scenes = [0] * 7 + [1] * 5
    expected = smooth(plain, smooth_over(9), scenes=scenes)
    assert torch.allclose(steady.coefficients, expected.coefficients)
    assert torch.allclose(steady.rotation, expected.rotation)
    assert (steady.coefficients - plain.coefficients).abs().max() > 0.005


def write(path: Path, pictures: Sequence[ImageU8], rate: int) -> Path:
    with open_writer(path, width=128, height=128, rate=Fraction(rate), crf=10) as writer:
        for picture in pictures:
            writer.write(picture)
    return path


def test_the_command_takes_a_video_as_source(talk, tmp_path: Path, capsys):
    source = write(tmp_path / "me.mp4", [talk[0], BLACK, talk[1]], 10)
    driving = write(tmp_path / "driving.mp4", first_frames(TALK.driving, 6, side=128), 20)
    out = tmp_path / "out.mp4"
    command = ["reenact", str(source), str(driving), "-o", str(out), "--device", "cpu"]
    assert main([*command, "--transfer", "lips", "--smooth", "1"]) == 0
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith(f"{out}: 3 frames, 1 of them without a face left as they are, in ")
    result = open_frames(out)
    assert (result.rate, result.width, result.height) == (10, 128, 128)
    assert len(read_all(out)) == 3
    assert main([*command, "--compare"]) == 2
    assert f"--compare is for pictures, and {source} is a video" in capsys.readouterr().err
    assert main([*command, "--front", str(TALK.source)]) == 2
    assert "--front is for pictures" in capsys.readouterr().err
    assert main(["reenact", str(source), "moves.csv", *command[3:]]) == 2
    assert "moves.csv is a pose track" in capsys.readouterr().err
    assert main([*command, "--length", "stretch", "--sound", "driving"]) == 2
    assert "loses its sound" in capsys.readouterr().err
    assert main(["reenact", str(TALK.source), *command[2:], "--length", "hold"]) == 2
    assert "--length is for videos" in capsys.readouterr().err
