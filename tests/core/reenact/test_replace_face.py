"""A clip performs with a new face, in place of its own and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from hyperreenact_core.cli.main import main
from hyperreenact_core.host import LocalHost
from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.models.sets import LoadedSet, load_set
from hyperreenact_core.reenact.changed import FootageFrame
from hyperreenact_core.reenact.detail.fit import OVAL, eye_distance
from hyperreenact_core.reenact.faces import AlignOptions, align_faces
from hyperreenact_core.reenact.replace_face import ReplaceOptions, replace_face
from hyperreenact_core.reenact.source import SourceFace, analyse_source
from hyperreenact_core.video.pictures import read_image
from hyperreenact_core.video.reader import open_frames
from hyperreenact_core.video.sources import FrameSource
from tests.core.cli.reenact_files import read_all
from tests.core.reenact.two_people import CROSS, TALK, first_frames

HOST = LocalHost(device="cpu")
SIDE = 256
BLACK = np.zeros((SIDE, SIDE, 3), np.uint8)


@pytest.fixture(scope="module")
def models() -> LoadedSet:
    return load_set("starter")


@pytest.fixture(scope="module")
def talk() -> list[ImageU8]:
    return first_frames(TALK.driving, 5, side=SIDE)


@pytest.fixture(scope="module")
def stranger(models: LoadedSet) -> SourceFace:
    return analyse_source(read_image(CROSS.source), models, HOST)


@pytest.fixture(scope="module")
def replaced(models: LoadedSet, stranger: SourceFace, talk: list[ImageU8]) -> list[FootageFrame]:
    return put_in(models, stranger, talk)


def put_in(
    models: LoadedSet,
    source: SourceFace,
    pictures: Sequence[ImageU8],
    options: ReplaceOptions | None = None,
) -> list[FootageFrame]:
    def read() -> Iterator[ImageU8]:
        yield from pictures

    name = "clip.mp4, frame {}".format
    clip = FrameSource(Path("clip.mp4"), Fraction(25), len(pictures), SIDE, SIDE, read, name)
    wanted = options or ReplaceOptions()
    return list(replace_face(clip, source, models, HOST, options=wanted))


def points_of(models: LoadedSet, pictures: Sequence[ImageU8]) -> np.ndarray:
    """[B, 468, 2] mesh points in the pictures."""
    found = align_faces(pictures, models, HOST, AlignOptions(stabilise=1)).crops
    readings = [crop.reading.moved(crop.frame_from_crop) for crop in found if crop.reading]
    return np.stack([reading.points.numpy() for reading in readings])


def test_the_new_face_sits_where_the_old_one_was(
    models: LoadedSet, talk: list[ImageU8], replaced: list[FootageFrame]
) -> None:
    before = points_of(models, talk)
    after = points_of(models, [result.image for result in replaced])
    off = np.linalg.norm(after - before, axis=2) / [[eye_distance(face)] for face in before]
    assert np.median(off) < 0.05
    middles = np.linalg.norm(after.mean(1) - before.mean(1), axis=1)
    assert (middles < 0.04 * eye_distance(before[0])).all()


def test_the_face_changes_and_not_a_bit_off_it(
    models: LoadedSet, talk: list[ImageU8], replaced: list[FootageFrame]
) -> None:
    for result, own, points in zip(replaced, talk, points_of(models, talk), strict=True):
        assert result.has_face
        outline = cv2.convexHull(points[list(OVAL)].astype(np.float32))
        face = np.zeros((SIDE, SIDE), np.uint8)
        cv2.fillConvexPoly(face, outline.astype(np.int32), 1)
        around = cv2.dilate(face, np.ones((15, 15), np.uint8))
        differs = np.abs(result.image.astype(int) - own).max(2)
        assert differs[around == 0].max() == 0
        assert np.percentile(differs[cv2.erode(face, np.ones((25, 25), np.uint8)) == 1], 50) > 8


def test_frames_without_a_face_stay_in_their_places(
    models: LoadedSet, stranger: SourceFace, talk: list[ImageU8], replaced: list[FootageFrame]
) -> None:
    results = put_in(models, stranger, [BLACK, talk[0], BLACK, BLACK, talk[1], BLACK])
    assert [result.has_face for result in results] == [False, True, False, False, True, False]
    assert [result.index for result in results] == list(range(6))
    assert all((result.image == 0).all() for result in results if not result.has_face)
    near = np.abs(results[1].image.astype(int) - replaced[0].image).mean()
    assert near < np.abs(results[1].image.astype(int) - talk[0]).mean() / 2


def test_its_own_face_hardly_changes_a_clip(models: LoadedSet, talk: list[ImageU8]) -> None:
    own = analyse_source(talk[0], models, HOST)
    other = analyse_source(read_image(CROSS.source), models, HOST)
    mine, theirs = (
        np.abs(put_in(models, face, talk[:1])[0].image.astype(int) - talk[0]).mean()
        for face in (own, other)
    )
    assert mine < theirs / 4


def test_the_face_is_lit_as_the_clip_is(
    models: LoadedSet, stranger: SourceFace, talk: list[ImageU8]
) -> None:
    blue = [(picture * (0.5, 0.6, 1.0)).astype(np.uint8) for picture in talk[:2]]
    x0, y0, x1, y1 = 90, 120, 170, 200
    wanted = blue[0][y0:y1, x0:x1].mean((0, 1))
    off = [
        np.abs(
            put_in(models, stranger, blue, ReplaceOptions(colour_match=match))[0]
            .image[y0:y1, x0:x1]
            .mean((0, 1))
            - wanted
        ).max()
        for match in (True, False)
    ]
    assert off[0] < 10
    assert off[0] < off[1] / 2


def test_the_command_keeps_the_clip_but_for_its_face(tmp_path: Path, capsys) -> None:
    out, me, clip = tmp_path / "out.mp4", CROSS.source, TALK.driving
    command = ["reenact", str(me), str(clip), "--replace-face", "--device", "cpu", "-o", str(out)]
    assert main([*command, "--start", "2", "--frames", "3"]) == 0
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith(f"{out}: 3 frames in ")
    given, result = open_frames(clip), open_frames(out)
    assert (result.rate, result.width, result.height) == (given.rate, given.width, given.height)
    assert len(read_all(out)) == 3
    for option in (["--paste-back"], ["--crop-size", "1.5"], ["--transfer", "lips"]):
        assert main([*command, *option]) == 2
        assert option[0] in capsys.readouterr().err
    assert main(["reenact", str(clip), *command[2:]]) == 2
    assert f"{clip} is a video" in capsys.readouterr().err
    assert main(["reenact", str(me), "moves.csv", *command[3:]]) == 2
    assert "shows no face that could be replaced" in capsys.readouterr().err
    assert main([*command, "--start", "9999"]) == 2
    assert "there is no frame 9999" in capsys.readouterr().err
