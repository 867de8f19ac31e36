"""Shards: what they hold, that nothing but the settings decides their bytes, and going on."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from hyperreenact_core.errors import InputError
from hyperreenact_core.heads.figure import Figure
from hyperreenact_core.heads.parts import Label
from hyperreenact_core.heads.shard_files import (
    PIXEL_TRUTHS,
    SETTINGS_FILE,
    Shard,
    read_shard,
    shards_of,
)
from hyperreenact_core.heads.shards import write_shards
from hyperreenact_core.heads.stage import Stage
from hyperreenact_core.heads.takes import Recipe, film
from tests.core.heads import write_some_shards
from tests.core.heads.write_some_shards import SETTINGS
from tests.core.spreading import spread

Cast = Callable[..., Figure]
LAYOUT = {
    "images": ("uint8", (32, 32, 3)),
    "coverage": ("uint8", (32, 32)),
    "labels": ("uint8", (32, 32)),
    "depth": ("float16", (32, 32)),
    "flow": ("float16", (32, 32, 2)),
    "hidden": ("uint8", (32, 32)),
    "points": ("float32", (468, 3)),
    "visible": ("uint8", (468,)),
    "irises": ("float32", (2, 2)),
    "gaze": ("float32", (2, 3)),
    "rotation": ("float32", (3, 3)),
    "translation": ("float32", (3,)),
    "camera": ("float32", (4, 4)),
    "eye": ("float32", (3,)),
    "expression": ("float32", (52,)),
    "neutral": ("float32", (468, 3)),
    "identity": ("int64", ()),
    "clip": ("int64", ()),
    "partner": ("int64", ()),
}


@pytest.fixture(scope="module")
def folder(drawable: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three shards of one person each, written at a stretch by one process."""
    out = tmp_path_factory.mktemp("shards")
    write_shards(out, **SETTINGS)
    return out


@pytest.fixture(scope="module")
def shard(folder: Path) -> Shard:
    return read_shard(shards_of(folder)[0])


def test_a_killed_run_goes_on_and_the_bytes_are_the_same(folder: Path, tmp_path: Path):
    command = [sys.executable, "-m", write_some_shards.__name__, str(tmp_path)]
    # A session of its own: afterwards it can be asked whether anything of it is left.
    writer = subprocess.Popen(command, start_new_session=True, cwd=Path.cwd())
    try:
        _wait_until(lambda: list(tmp_path.glob("*.safetensors")) != [], seconds=600)
    finally:
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
    _wait_until(lambda: not _alive(writer.pid), seconds=60)
    finished = shards_of(tmp_path)
    assert 1 <= len(finished) < 3
    kept = [path.stat().st_mtime_ns for path in finished]

    counted: list[tuple[int, int]] = []
    paths = write_shards(
        tmp_path, **SETTINGS, workers=2, progress=lambda done, total: counted.append((done, total))
    )
    assert [path.stat().st_mtime_ns for path in finished] == kept
    assert counted[-1] == (12, 12)
    assert len(counted) == 3 - len(finished)
    for path in paths:
        assert path.read_bytes() == (folder / path.name).read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in folder.iterdir()}


@pytest.mark.slow
def test_workers_of_a_cluster_write_the_same_bytes(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(os, "environ", dict(os.environ))
    for path in write_shards(tmp_path, **SETTINGS, spread=spread):
        assert path.read_bytes() == (folder / path.name).read_bytes()


def test_a_finished_folder_is_left_alone_and_keeps_its_settings(folder: Path):
    assert len(write_shards(folder, **SETTINGS)) == 3
    with pytest.raises(InputError, match="shards of other settings"):
        write_shards(folder, **{**SETTINGS, "seed": 6})
    settings = json.loads((folder / SETTINGS_FILE).read_text())
    assert settings["recipe"]["frames"] == 4
    assert settings["first_person"] == 200


def test_pictures_are_claimed_and_put_behind_some_clips(folder: Path, tmp_path: Path):
    pictures, out = tmp_path / "pictures", tmp_path / "out"
    pictures.mkdir()
    green = np.full((40, 40, 3), (0, 255, 0), np.uint8)
    cv2.imwrite(str(pictures / "green.png"), green)
    paths = write_shards(out, **SETTINGS, backgrounds=pictures)
    differ = [path.read_bytes() != (folder / path.name).read_bytes() for path in paths]
    assert any(differ)
    again = write_shards(tmp_path / "again", **SETTINGS, backgrounds=pictures)
    assert [path.read_bytes() for path in paths] == [path.read_bytes() for path in again]
    assert "backgrounds" in json.loads((out / SETTINGS_FILE).read_text())
    assert "backgrounds" not in json.loads((folder / SETTINGS_FILE).read_text())
    with pytest.raises(InputError, match="shards of other settings"):
        write_shards(out, **SETTINGS)
    cv2.imwrite(str(pictures / "green.png"), green[:20])
    with pytest.raises(InputError, match="shards of other settings"):
        write_shards(out, **SETTINGS, backgrounds=pictures)


def test_a_shard_is_laid_out_as_documented(folder: Path, shard: Shard):
    found = {name: (str(a.dtype), a.shape[1:]) for name, a in shard.arrays.items()}
    assert found == LAYOUT
    assert {len(array) for array in shard.arrays.values()} == {4}
    assert list(shard.people) == [200]
    assert {"traits", "changes", "skin", "hair", "glasses"} <= shard.people[200].keys()
    arrays = [read_shard(path).arrays for path in shards_of(folder)]
    np.testing.assert_array_equal([a["identity"][0] for a in arrays], [200, 201, 202])
    np.testing.assert_array_equal([a["clip"][0] for a in arrays], [0, 1, 2])
    for name in ("identity", "clip", "neutral", "camera", "eye"):
        np.testing.assert_array_equal(shard.arrays[name], shard.arrays[name][[1, 2, 3, 0]])


def test_truths_of_a_shard_fit_together(shard: Shard):
    a = shard.arrays
    figure = a["labels"] != Label.BACKGROUND
    np.testing.assert_array_equal(np.isfinite(a["depth"]), figure)
    assert (a["flow"][~figure] == 0).all()
    assert set(np.unique(a["hidden"])) <= {0, 1}
    np.testing.assert_array_equal(a["partner"], [1, 0, 3, 2])
    # There and back again leads to where it began.
    rows, columns = np.nonzero((a["labels"][0] == Label.FACE) & (a["hidden"][0] == 0))
    begin = np.stack([columns, rows], 1) + 0.5
    there = begin + a["flow"][0][rows, columns]
    x, y = np.floor(there).astype(int).clip(0, 31).T
    back = there + a["flow"][1][y, x]
    assert np.median(np.linalg.norm(back - begin, axis=1)) < 0.5
    posed = a["neutral"] @ a["rotation"].transpose(0, 2, 1) + a["translation"][:, None]
    clip = np.concatenate([posed, np.ones((4, 468, 1))], -1) @ a["camera"].transpose(0, 2, 1)
    bridge = (clip[:, 168, :2] / clip[:, 168, 3:] * [1, -1] + 1) * 16
    assert np.abs(bridge - a["points"][:, 168, :2]).max() < 1


def test_rows_and_keys_can_be_chosen(folder: Path, shard: Shard):
    path = shards_of(folder)[0]
    some = read_shard(path, keys=["points"], rows=slice(1, 3)).arrays
    assert list(some) == ["points"]
    np.testing.assert_array_equal(some["points"], shard.arrays["points"][1:3])
    with pytest.raises(InputError, match="holds no sound"):
        read_shard(path, keys=["sound"])


def test_what_is_no_shard_says_so(tmp_path: Path):
    with pytest.raises(InputError, match="no shards are there"):
        shards_of(tmp_path)
    (tmp_path / "a.safetensors").write_bytes(b"nothing")
    with pytest.raises(InputError, match="cannot be read as a shard"):
        read_shard(tmp_path / "a.safetensors")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"people": 0}, "people is 0"),
        ({"workers": 0}, "workers is 0"),
        ({"size": 8}, "at least 16 pixels"),
        ({"seed": -1}, "not be negative"),
        ({"recipe": Recipe(frames=3)}, "even number"),
        ({"recipe": Recipe(side=(2.0, 1.0))}, "two factors"),
        ({"recipe": Recipe(occluded=1.5)}, "occluded is 1.5"),
        ({"recipe": Recipe(expressions=-0.1)}, "expressions is -0.1"),
    ],
)
def test_nonsense_is_refused_before_anything_is_written(
    tmp_path: Path, change: dict[str, object], message: str
):
    with pytest.raises(InputError, match=message):
        write_shards(tmp_path / "out", **{**SETTINGS, **change})
    assert not (tmp_path / "out").exists()


def test_a_folder_without_pictures_is_refused_before_anything_is_written(tmp_path: Path):
    (tmp_path / "pictures").mkdir()
    with pytest.raises(InputError, match="holds no background pictures"):
        write_shards(tmp_path / "out", **SETTINGS, backgrounds=tmp_path / "pictures")
    assert not (tmp_path / "out").exists()


def test_assets_that_are_missing_are_named_first(tmp_path: Path):
    with pytest.raises(InputError, match="no folder of assets"):
        write_shards(tmp_path / "out", **SETTINGS, assets=tmp_path / "nowhere")
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def small_stage(drawable: None) -> Stage:
    return Stage(32)


def test_pairs_that_differ_in_expression_alone_share_the_pose(cast: Cast, small_stage: Stage):
    def turns(share: float) -> np.ndarray:
        rng = np.random.default_rng(2)
        recipe = Recipe(frames=8, expressions=share, occluded=0.0)
        frames = list(film(small_stage, cast(7), recipe, rng))
        rotation = np.stack([frame["rotation"] for frame in frames])
        between = rotation[::2] @ rotation[1::2].transpose(0, 2, 1)
        expression = np.stack([frame["expression"] for frame in frames])
        assert (np.abs(expression[::2] - expression[1::2]).max(1) > 0.05).all()
        return np.degrees(np.arccos((np.trace(between, axis1=1, axis2=2) - 1).clip(-2, 2) / 2))

    assert turns(1.0).max() < 4
    assert np.median(turns(0.0)) > 8


def test_pictures_alone_leave_the_other_truths_out(cast: Cast, small_stage: Stage):
    recipe = Recipe(frames=2, truths=False)
    frames = list(film(small_stage, cast(7), recipe, np.random.default_rng(0)))
    assert {"images", "coverage", "points", "visible"} <= frames[0].keys()
    assert not frames[0].keys() & set(PIXEL_TRUTHS)
    # What is left is the same as with them.
    whole = list(film(small_stage, cast(7), replace(recipe, truths=True), np.random.default_rng(0)))
    for one, other in zip(frames, whole, strict=True):
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])


def test_moving_clips_move_a_little_from_frame_to_frame(cast: Cast, small_stage: Stage):
    recipe = Recipe(frames=8, motion=True, occluded=0.0)
    frames = list(film(small_stage, cast(7), recipe, np.random.default_rng(0)))
    points = np.stack([frame["points"][:, :2] for frame in frames])
    steps = np.abs(np.diff(points, axis=0)).max((1, 2))
    assert steps.max() < 4
    assert steps.sum() > 0.2


def test_framings_stay_within_the_range(cast: Cast, small_stage: Stage):
    extents = []
    for seed in range(6):
        recipe = Recipe(frames=2, side=(2.0, 2.2), shift=0.0, expressions=1.0)
        rng = np.random.default_rng(seed)
        points = next(film(small_stage, cast(7), recipe, rng))["points"][:, :2]
        extents.append(32 / (points.max(0) - points.min(0)).max())
    assert min(extents) > 1.7
    assert max(extents) < 2.5


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _wait_until(done: Callable[[], bool], *, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"not within {seconds} seconds"
        time.sleep(0.02)
