"""Training of the reader: crops with their labels, losses, and runs that go on after a kill."""

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
from hyperreenact_core.face.framing import Frame, cut
from hyperreenact_core.heads.expression import ACTIONS
from hyperreenact_core.networks.rotation import euler_from_matrix, matrix_from_euler
from hyperreenact_core.training.reader.framing import labels_in, miss_frame
from hyperreenact_core.training.reader.learner import ReaderLearner
from hyperreenact_core.training.reader.losses import Weights, geodesic, reading_losses
from hyperreenact_core.training.reader.obstacles import obstructed
from hyperreenact_core.training.reader.photometry import _CHANGES, disturbed
from hyperreenact_core.training.reader.run import RunSettings, train_reader
from hyperreenact_core.training.reader.shelf import Row, Shelf
from hyperreenact_core.training.reader.smoke import SMOKE, SMOKE_CONFIG
from hyperreenact_core.training.reader.stream import (
    Batch,
    Stream,
    StreamSettings,
    batch_of,
    plain_crop,
)
from hyperreenact_core.training.reader.tables import mesh_mirror
from tests.core.training.killed import killed_and_gone_on

SIZE = 64
SMALL = StreamSettings(fine=96, size=64)


def write_shard(path: Path, *, first: int, rows: int = 6) -> None:
    """Pictures with a blob that the points surround."""
    rng = np.random.default_rng(first)
    points = np.empty((rows, 468, 3), np.float32)
    images = rng.integers(0, 60, (rows, SIZE, SIZE, 3), dtype=np.uint8)
    coverage = np.zeros((rows, SIZE, SIZE), np.uint8)
    mesh = rng.normal(0, 7, (468, 3))
    for row in range(rows):
        middle = rng.uniform(26, 38, 2)
        points[row] = mesh + np.array([*middle, 0])
        for picture in (images[row], coverage[row]):
            cv2.circle(picture, tuple(map(int, middle)), 18, (230, 180, 150), -1)
    coverage[coverage > 0] = 255
    gaze = rng.normal(0, 1, (rows, 2, 3)) + np.array([0, 0, 3])
    yaw, pitch, roll = (torch.from_numpy(rng.normal(0, 15, rows)) for _ in range(3))
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {
        "images": images,
        "coverage": coverage,
        "labels": coverage // 255,
        "points": points,
        "visible": rng.integers(0, 2, (rows, 468)).astype(np.uint8),
        "irises": points[:, [468 - 2, 468 - 1], :2].copy(),
        "gaze": (gaze / np.linalg.norm(gaze, axis=-1, keepdims=True)).astype(np.float32),
        "rotation": matrix_from_euler(yaw, pitch, roll).float().numpy(),
        "expression": rng.random((rows, 52)).astype(np.float32),
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
    return np.random.default_rng(0).integers(0, 255, (2, 128, 128, 3), dtype=np.uint8)


def batch(data: Path, count: int = 4) -> Batch:
    shelf = Shelf([data / "train"])
    return batch_of([plain_crop(shelf[i], SMALL) for i in range(count)], SMALL.size)


def test_a_point_stays_on_what_it_marks(row: Row) -> None:
    """A white square drawn at a point is where the crop's label says."""
    picture = np.zeros_like(row.image)
    x, y = (int(v) for v in row.points[7, :2])
    picture[y, x] = 255
    marked = replace(row, points=row.points.copy())
    marked.points[7, :2] = x + 0.5, y + 0.5
    for frame in (
        Frame((30.0, 33.0), 40.0),
        Frame((30.0, 33.0), 40.0, 25.0),
        Frame((34.0, 30.0), 50.0, -30.0, True),
    ):
        crop = cut(picture, frame, 160)[..., 0].astype(float)
        rows, columns = np.mgrid[0:160, 0:160] + 0.5
        found = np.array([(crop * columns).sum(), (crop * rows).sum()]) / crop.sum()
        index = mesh_mirror()[7] if frame.mirrored else 7
        at = (labels_in(marked, frame).points[index] + 1) * 80
        np.testing.assert_allclose(at, found, atol=0.3)


def test_shrinking_does_not_move_the_picture(row: Row) -> None:
    crop = cut(row.image, Frame((32.0, 32.0), 64.0), 16).astype(float)
    plain = cv2.resize(row.image, (16, 16), interpolation=cv2.INTER_AREA).astype(float)
    assert np.abs(crop - plain)[1:-1, 1:-1].mean() < 2


def test_turning_the_frame_turns_head_and_gaze(row: Row) -> None:
    plain, turned = (labels_in(row, Frame((32.0, 32.0), 40.0, roll)) for roll in (0.0, 20.0))
    angles = [euler_from_matrix(torch.from_numpy(x.rotation)[None]) for x in (plain, turned)]
    assert float(angles[1][2] - angles[0][2]) == pytest.approx(20, abs=1e-3)
    assert float(angles[1][0]) == pytest.approx(float(angles[0][0]), abs=1e-3)
    ways = [np.degrees(np.arctan2(x.gaze[0, 1], x.gaze[0, 0])) for x in (plain, turned)]
    assert (ways[1] - ways[0]) % 360 == pytest.approx(20, abs=1e-2)


def test_a_mirror_twice_is_none(row: Row) -> None:
    """The mirrored crop's labels, taken for a picture and mirrored again, are the plain ones."""
    frame = Frame((30.0, 33.0), 40.0, 12.0)
    plain, once = labels_in(row, frame), labels_in(row, replace(frame, mirrored=True))
    as_row = Row(
        image=row.image,
        coverage=row.coverage,
        points=np.c_[(once.points + 1) * 20, once.depth * 20].astype(np.float32),
        visible=once.visible.astype(np.uint8),
        irises=(once.irises + 1) * 20,
        gaze=once.gaze,
        rotation=once.rotation,
        expression=once.coefficients,
    )
    twice = labels_in(as_row, Frame((20.0, 20.0), 40.0, 0.0, True))
    for name in ("points", "depth", "irises", "gaze", "rotation", "coefficients"):
        expected = getattr(plain, name)
        np.testing.assert_allclose(getattr(twice, name), expected, atol=1e-4, err_msg=name)


def test_a_mirror_swaps_the_sides(row: Row) -> None:
    frame = Frame((32.0, 32.0), 40.0)
    plain, mirrored = labels_in(row, frame), labels_in(row, replace(frame, mirrored=True))
    np.testing.assert_allclose(mirrored.points[263, 0], -plain.points[33, 0], atol=1e-5)
    left, right = ACTIONS.index("eyeBlinkLeft"), ACTIONS.index("eyeBlinkRight")
    assert mirrored.coefficients[left] == plain.coefficients[right]
    assert mirrored.irises[0, 0] == pytest.approx(-plain.irises[1, 0], abs=1e-5)
    yaws = [
        float(euler_from_matrix(torch.from_numpy(x.rotation)[None])[0]) for x in (plain, mirrored)
    ]
    assert yaws[1] == pytest.approx(-yaws[0], abs=1e-3)
    assert (mesh_mirror()[mesh_mirror()] == np.arange(468)).all()


def test_misses_keep_the_face_out_or_in_pieces(row: Row) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        labels = labels_in(row, miss_frame(rng, row.points))
        inside = (np.abs(labels.points) < 1).all(1).mean()
        middle = np.abs(labels.points.mean(0)).max()
        assert inside < 0.6 or middle > 1 or np.ptp(labels.points, 0).max() > 4


def test_obstacles_hide_what_they_cover() -> None:
    rng, picture = np.random.default_rng(1), np.full((96, 96, 3), 128, np.uint8)
    covered, hidden = obstructed(picture, rng, np.full((468, 2), 48.0, np.float32), backgrounds())
    assert covered.shape == picture.shape
    assert 0 < hidden.mean() < 0.9
    far = cv2.dilate(hidden.astype(np.uint8), np.ones((31, 31))) == 0
    assert (covered[far] == 128).mean() > 0.95


def test_every_disturbance_keeps_the_picture_one() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), 3), np.uint8)
    for _, change in _CHANGES:
        for seed in range(8):
            changed = change(picture, np.random.default_rng(seed))
            assert changed.shape == picture.shape
            assert changed.dtype == np.uint8
            assert changed.std() > 0
    first, second = (disturbed(picture, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_batches_follow_from_seed_and_number(data: Path) -> None:
    stream = Stream(Shelf([data / "train"]), backgrounds(), SMALL, seed=1)
    one, again, other = stream.batch(5, 8), stream.batch(5, 8), stream.batch(6, 8)
    torch.testing.assert_close(one.fine, again.fine)
    assert not torch.equal(one.fine, other.fine)
    assert one.picture.shape == (8, 3, 64, 64)
    assert one.fine.shape == (8, 3, 96, 96)


def test_the_truth_costs_nothing_and_errors_do(data: Path) -> None:
    truth = batch(data)
    learner = ReaderLearner(SMOKE_CONFIG, SMOKE.recipe)
    reading = learner.network.first(truth.picture).reading
    exact = replace(
        reading,
        **{
            name: getattr(truth, name)
            for name in ("points", "depth", "rotation", "coefficients", "gaze", "irises")
        },
    )
    losses = reading_losses(exact, exact, truth, Weights())
    for name in ("points", "irises", "depth", "openings", "rotation", "coefficients", "gaze"):
        assert float(losses[name].detach()) < 1e-2, name
    worse = replace(exact, points=exact.points + 0.1)
    assert float(reading_losses(worse, exact, truth, Weights())["points"]) > 0.5


def test_crops_without_a_face_teach_only_that(data: Path) -> None:
    truth = replace(batch(data), face=torch.zeros(4, dtype=torch.bool))
    reading = ReaderLearner(SMOKE_CONFIG, SMOKE.recipe).network.first(truth.picture).reading
    assert set(reading_losses(reading, reading, truth, Weights())) == {"face"}


def test_the_angle_between_rotations() -> None:
    angles = torch.tensor([0.0, 30.0, 90.0])
    turned = matrix_from_euler(angles, torch.zeros(3), torch.zeros(3))
    found = torch.rad2deg(geodesic(turned, torch.eye(3).expand(3, 3, 3)))
    torch.testing.assert_close(found, angles, atol=0.02, rtol=0)


def test_steps_lower_the_loss(data: Path) -> None:
    truth = batch(data)
    learner = ReaderLearner(SMOKE_CONFIG, replace(SMOKE.recipe, warm_up=5))
    losses = [learner.learn(truth, progress=0.0)["total"] for _ in range(15)]
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:3])


def test_a_killed_run_goes_on_as_if_nothing_had_been(data: Path, tmp_path: Path) -> None:
    def train(out: Path, settings: RunSettings) -> Path:
        return train_reader([data / "train"], data / "held", out, settings, config=SMOKE_CONFIG)

    stopped = killed_and_gone_on(train, SMOKE, tmp_path)
    with (stopped / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert float(rows[-1]["held_out_points"]) > 0
    assert list(stopped.glob("sheet-*.jpg"))


def test_people_must_not_be_trained_on_and_held_out(data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="both trained on and held out"):
        train_reader([data / "train"], data / "train", tmp_path, SMOKE, config=SMOKE_CONFIG)
