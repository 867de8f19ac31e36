"""Training of the detector: scenes with their labels, targets, losses, and runs that go on."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from hyperreenact_core.errors import InputError
from hyperreenact_core.face.framing import Frame
from hyperreenact_core.models.checkpoints import load_network
from hyperreenact_core.training.detector.decoys import faceless, with_patch, with_pattern
from hyperreenact_core.training.detector.faces import five_points, head_in, square_of
from hyperreenact_core.training.detector.learner import (
    DetectorLearner,
)
from hyperreenact_core.training.detector.looks import _CHANGES, fewer, worn
from hyperreenact_core.training.detector.run import RunSettings, train_detector
from hyperreenact_core.training.detector.scenes import (
    SceneSettings,
    SceneStream,
    with_bar,
)
from hyperreenact_core.training.detector.smoke import SMOKE, SMOKE_CONFIG
from hyperreenact_core.training.reader.shelf import Row, Shelf
from tests.core.training.killed import killed_and_gone_on

SIZE = 64
PLAIN = SceneSettings(
    size=128,
    sides=(0.3, 0.7),
    count=(1.0,),
    **dict.fromkeys(("empty", "parts", "whole", "decoys", "patched", "patterned"), 0.0),
    **dict.fromkeys(("barred", "covered"), 0.0),
)


def write_shard(path: Path, *, first: int, rows: int = 6) -> None:
    """Pale discs; the mesh points fill a square of 24 pixels about their middles."""
    rng = np.random.default_rng(first)
    points = np.empty((rows, 468, 3), np.float32)
    images = rng.integers(0, 60, (rows, SIZE, SIZE, 3), dtype=np.uint8)
    coverage = np.zeros((rows, SIZE, SIZE), np.uint8)
    mesh = np.c_[rng.uniform(-12, 12, (468, 2)), np.zeros(468)]
    mesh[:4, :2] = [[-12, -12], [12, -12], [12, 12], [-12, 12]]
    for row in range(rows):
        middle = rng.uniform(26, 38, 2)
        points[row] = mesh + np.array([*middle, 0])
        for picture, colour in ((images[row], (230, 180, 150)), (coverage[row], 255)):
            cv2.circle(picture, tuple(map(int, middle)), 18, colour, -1)
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {
        "images": images,
        "coverage": coverage,
        "points": points,
        "visible": np.ones((rows, 468), np.uint8),
        "irises": points[:, :2, :2].copy(),
        "gaze": np.tile(np.array([0, 0, 1], np.float32), (rows, 2, 1)),
        "rotation": np.tile(np.eye(3, dtype=np.float32), (rows, 1, 1)),
        "expression": np.zeros((rows, 52), np.float32),
        "identity": np.arange(first, first + rows, dtype=np.int64),
    }
    save_file(tensors, path)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("heads")
    write_shard(folder / "train/people-0.safetensors", first=0)
    write_shard(folder / "held/people-100.safetensors", first=100)
    return folder


@pytest.fixture
def row(data: Path) -> Row:
    return Shelf([data / "train"])[2]


def backgrounds() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 60, (2, 128, 128, 3), dtype=np.uint8)


def stream(data: Path, settings: SceneSettings, seed: int = 1) -> SceneStream:
    return SceneStream(Shelf([data / "train"]), backgrounds(), settings, seed=seed)


def test_the_square_goes_round_the_points() -> None:
    assert square_of(np.array([[0.0, 5], [10, 9]], np.float32)).tolist() == [5, 7, 10]


@pytest.mark.parametrize("frame", [(30, 33, 40, 0, False), (28, 30, 50, -35, True)])
def test_labels_stay_on_what_they_mark(
    row: Row, frame: tuple[float, float, float, float, bool]
) -> None:
    """A white dot drawn where the left eye is lies where the head's first point is."""
    x, y = np.floor(five_points(row.points[:, :2])[1 if frame[4] else 0]).astype(int)
    image = np.zeros_like(row.image)
    image[y, x] = 255
    moved = row.points.copy()
    moved[:, :2] += np.array([x, y]) + 0.5 - five_points(moved[:, :2])[1 if frame[4] else 0]
    head = head_in(replace(row, image=image, points=moved), Frame(frame[:2], *frame[2:]), 160)
    dot = head.picture[..., 0].astype(float)
    rows, columns = np.mgrid[0:160, 0:160] + 0.5
    found = np.array([(dot * columns).sum(), (dot * rows).sum()]) / dot.sum()
    np.testing.assert_allclose(head.face.points[0], found, atol=0.3)


def test_the_box_of_a_composed_face_is_where_the_head_is(data: Path) -> None:
    """The discs are 1.5 squares wide: what is pale lies about the square's middle."""
    source, rng = stream(data, replace(PLAIN, sides=(0.2, 0.3))), np.random.default_rng(3)
    checked = 0
    for _ in range(30):
        scene = source.scene(rng)
        (face,) = scene.faces or (None,)
        if face is None:
            continue
        x, y, side = face.square
        if min(x, y) < side or max(x, y) > 128 - side:
            continue
        grey = scene.picture.astype(float).mean(-1)
        apart = np.abs(grey - np.median(grey))
        inner = apart[int(y - side / 4) : int(y + side / 4), int(x - side / 4) : int(x + side / 4)]
        assert inner.mean() > 2 * np.median(apart) + 5
        checked += 1
    assert checked > 5


def test_a_head_ends_where_its_picture_ends(row: Row) -> None:
    covered = replace(row, coverage=np.full_like(row.coverage, 255))
    frame = Frame((32.0, 32.0), 256.0)
    head, bust = (head_in(covered, frame, 64, bust=bust) for bust in (False, True))
    assert head.coverage[32, 32] == bust.coverage[32, 32] == 255
    assert head.coverage[2].max() == head.coverage[:, 2].max() == head.coverage[:, -2].max() == 0
    assert (head.coverage[-2, 28:36].min(), bust.coverage[-2].max()) == (255, 0)


def test_bars_are_told_of() -> None:
    picture, bar = with_bar(np.zeros((64, 64, 3), np.uint8), np.random.default_rng(0))
    assert 0 < (bar > 0).mean() < 0.45
    assert len(np.unique(picture[bar > 0])) == 1


def test_decoys_and_changes_keep_the_picture_a_picture(row: Row) -> None:
    head = head_in(row, Frame((32.0, 32.0), 64.0), 96)
    picture = np.asarray(cv2.GaussianBlur(head.picture, (0, 0), 1), np.uint8)
    for seed in range(6):
        rng = np.random.default_rng(seed)
        gone = faceless(head, rng, backgrounds())
        made = [gone, with_patch(picture, rng, row), with_pattern(picture, rng)]
        made += [worn(picture, rng, least=96), fewer(picture, rng, 40)]
        made += [change(picture, rng) for _, _, change in _CHANGES]
        for changed in made:
            assert changed.shape == (96, 96, 3)
            assert changed.dtype == np.uint8
    assert (gone != head.picture).any()


def test_scenes_follow_from_seed_and_number(data: Path) -> None:
    source = stream(data, SceneSettings(size=64))
    one, again, other = source.batch(5, 6), source.batch(5, 6), source.batch(6, 6)
    torch.testing.assert_close(one.pictures, again.pictures)
    assert not torch.equal(one.pictures, other.pictures)
    assert [len(s.faces) for s in one.scenes] == [len(s.faces) for s in again.scenes]
    assert one.pictures.shape == (6, 3, 64, 64)


def test_scenes_without_faces_have_none(data: Path) -> None:
    for settings in (replace(PLAIN, empty=1.0), replace(PLAIN, parts=1.0)):
        batch = stream(data, settings).batch(0, 8)
        assert not any(scene.faces for scene in batch.scenes)


def test_steps_lower_the_loss(data: Path) -> None:
    batch = stream(data, replace(PLAIN, size=64)).batch(0, 4)
    learner = DetectorLearner(SMOKE_CONFIG, replace(SMOKE.recipe, warm_up=5))
    losses = [learner.learn(batch, progress=0.0)["total"] for _ in range(20)]
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:3])


def test_a_killed_run_goes_on_as_if_nothing_had_been(data: Path, tmp_path: Path) -> None:
    def train(out: Path, settings: RunSettings) -> Path:
        return train_detector([data / "train"], data / "held", out, settings, config=SMOKE_CONFIG)

    stopped = killed_and_gone_on(train, SMOKE, tmp_path)
    with (stopped / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert float(rows[-1]["held_out_recall"]) >= 0
    assert list(stopped.glob("sheet-*.jpg"))


def test_the_weights_of_a_run_are_those_of_a_set(data: Path, tmp_path: Path) -> None:
    path = train_detector([data / "train"], data / "held", tmp_path, SMOKE, config=SMOKE_CONFIG)
    assert load_network(path, "detector").config == SMOKE_CONFIG


def test_people_must_not_be_trained_on_and_held_out(data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="both trained on and held out"):
        train_detector([data / "train"], data / "train", tmp_path, SMOKE, config=SMOKE_CONFIG)
