"""What is held before the face of a clip stays before what is drawn; bare faces hold nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from hyperreenact_core.cli.main import main
from hyperreenact_core.heads.expression import coefficients
from hyperreenact_core.host import LocalHost
from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.models.sets import LoadedSet, load_set
from hyperreenact_core.reenact.detail.head_model import load_head_model
from hyperreenact_core.reenact.detail.performance import HeadState, Performance, fit_reading
from hyperreenact_core.reenact.faces import AlignOptions, align_faces
from hyperreenact_core.reenact.footage import FootageOptions, reenact_footage
from hyperreenact_core.reenact.knobs import Transfer
from hyperreenact_core.reenact.occluders import Occluders
from hyperreenact_core.reenact.replace_face import ReplaceOptions, replace_face
from hyperreenact_core.reenact.source import SourceFace, analyse_source
from hyperreenact_core.reenact.transfer import Score
from hyperreenact_core.types import FaceReading
from hyperreenact_core.video.outputs import open_writer
from hyperreenact_core.video.pictures import read_image
from hyperreenact_core.video.sources import FrameSource
from tests.core.cli.reenact_files import read_all
from tests.core.reenact.two_people import CROSS, TALK, first_frames

HOST = LocalHost(device="cpu")
SIDE = 256
RATE = Fraction(25)
BARE = 4
"""Frames before something comes before the face."""
MOUTH, BESIDE = 13, 432
"""Mesh points of the upper lip's middle, and below the corner of the mouth."""


@pytest.fixture(scope="module")
def models() -> LoadedSet:
    return load_set("starter")


@pytest.fixture(scope="module")
def talk() -> list[ImageU8]:
    return first_frames(TALK.driving, BARE + 1, side=SIDE)


@pytest.fixture(scope="module")
def stranger(models: LoadedSet) -> SourceFace:
    return analyse_source(read_image(CROSS.source), models, HOST)


def clip_of(pictures: Sequence[ImageU8]) -> FrameSource:
    def read() -> Iterator[ImageU8]:
        yield from pictures

    name = "clip.mp4, frame {}".format
    return FrameSource(Path("clip.mp4"), RATE, len(pictures), SIDE, SIDE, read, name)


def readings_of(models: LoadedSet, pictures: Sequence[ImageU8]) -> list[FaceReading]:
    """In pixels of the pictures."""
    found = align_faces(pictures, models, HOST, AlignOptions(stabilise=1)).crops
    return [crop.reading.moved(crop.frame_from_crop) for crop in found if crop.reading]


def with_microphone(models: LoadedSet, picture: ImageU8, at: int) -> tuple[ImageU8, np.ndarray]:
    """A dark ball on a stick before a mesh point, and where it is: [H, W] of bool."""
    points = readings_of(models, [picture])[0].points.numpy()
    x, y = points[at].round().astype(int).tolist()
    radius = round(0.26 * float(np.ptp(points[:, 0])))
    told = np.zeros((SIDE, SIDE), np.uint8)
    cv2.rectangle(told, (x - radius // 3, y), (x + radius // 3, SIDE), 1, -1)
    cv2.circle(told, (x, y), radius, 1, -1)
    covered = np.where(told[..., None] == 1, np.uint8(36), picture)
    inner = cv2.erode(told, np.ones((7, 7), np.uint8)) == 1
    return covered, inner


def new_face(
    models: LoadedSet, source: SourceFace, pictures: Sequence[ImageU8], *, keep: bool
) -> list[ImageU8]:
    options = ReplaceOptions(keep_in_front=keep)
    results = replace_face(clip_of(pictures), source, models, HOST, options=options)
    return [result.image for result in results]


def differs(one: ImageU8, other: ImageU8) -> np.ndarray:
    return np.abs(one.astype(int) - other).max(2)


@pytest.mark.parametrize("at", [MOUTH, BESIDE])
def test_a_microphone_stays_before_a_new_face(
    models: LoadedSet, stranger: SourceFace, talk: list[ImageU8], at: int
) -> None:
    covered, there = with_microphone(models, talk[-1], at)
    clip = [*talk[:-1], covered]
    kept, lost = (new_face(models, stranger, clip, keep=keep)[-1] for keep in (True, False))
    share_kept, share_lost = ((differs(x, covered)[there] > 8).mean() for x in (kept, lost))
    assert share_lost > 0.2
    assert share_kept < share_lost / 5
    points = readings_of(models, [talk[-1]])[0].points.numpy()
    x, y = points[151].astype(int).tolist()  # between the brows
    assert differs(kept, covered)[y - 8 : y + 8, x - 8 : x + 8].mean() > 2


def test_bare_faces_are_replaced_as_ever(
    models: LoadedSet, stranger: SourceFace, talk: list[ImageU8]
) -> None:
    kept, plain = (new_face(models, stranger, talk, keep=keep) for keep in (True, False))
    assert all(np.array_equal(one, other) for one, other in zip(kept, plain, strict=True))


@pytest.mark.parametrize(("transfer", "stays"), [("lips", True), ("pose", False)])
def test_footage_keeps_it_where_the_head_stays(
    models: LoadedSet, talk: list[ImageU8], transfer: Transfer, stays: bool
) -> None:
    covered, there = with_microphone(models, talk[-1], MOUTH)
    turned = np.asarray(cv2.Rodrigues(np.array([0.0, 0.3, 0.0]))[0], float)
    states = [coefficients({"jawOpen": 1.0}).astype(np.float64)] * 2
    told = Performance.of([HeadState(turned, state) for state in states])
    options = FootageOptions(transfer=transfer, stabilise=1)
    score = Score(told, RATE, RATE, 2, "shortest")
    results = list(
        reenact_footage(clip_of([covered, covered]), score, models, HOST, options=options)
    )
    moved = (differs(results[-1].image, covered)[there] > 8).mean()
    assert (moved < 0.02) == stays


def test_what_a_reader_does_not_tell_is_not_guessed(models: LoadedSet, talk: list[ImageU8]) -> None:
    covered, _ = with_microphone(models, talk[0], MOUTH)
    reading = readings_of(models, [covered])[0]
    model = load_head_model()
    fit = fit_reading(model, reading)
    found = Occluders(model).before(covered, reading, fit)
    assert found is not None
    assert found.shape == (SIDE, SIDE)
    assert 0 <= found.min() < 0.1
    assert 0.9 < found.max() <= 1
    silent = replace(reading, visible=None)
    assert Occluders(model).before(covered, silent, fit) is None


def test_behind_a_cut_colours_are_learnt_anew(models: LoadedSet, talk: list[ImageU8]) -> None:
    """The same face in blue light is another one's only in the same scene."""
    model = load_head_model()
    blue = (talk[-1] * (0.3, 0.5, 1.0)).astype(np.uint8)
    blue[: SIDE // 2] = talk[-1][: SIDE // 2]  # the light of all of the face is allowed for
    readings = readings_of(models, talk)
    fits = [fit_reading(model, reading) for reading in readings]
    found = []
    for scene in (0, 1):
        occluders = Occluders(model)
        for picture, reading, fit in zip(talk[:-1], readings, fits, strict=False):
            assert occluders.before(picture, reading, fit) is None
        found.append(occluders.before(blue, readings[-1], fits[-1], scene=scene))
    assert found[0] is not None
    assert found[1] is None


def test_the_command_can_lay_the_face_over_everything(
    models: LoadedSet, talk: list[ImageU8], tmp_path: Path
) -> None:
    covered, there = with_microphone(models, talk[-1], MOUTH)
    clip = tmp_path / "clip.mkv"
    with open_writer(clip, width=SIDE, height=SIDE, rate=RATE, crf=4) as writer:
        for picture in [*talk[:-1], covered]:
            writer.write(picture)
    off = []
    for options in ([], ["--no-keep-in-front"]):
        out = tmp_path / "out.mp4"
        command = ["reenact", str(CROSS.source), str(clip), "--replace-face", "--device", "cpu"]
        assert main([*command, "-o", str(out), "--crf", "4", *options]) == 0
        off.append((differs(read_all(out)[-1], covered)[there] > 16).mean())
    assert off[0] < off[1] / 3
