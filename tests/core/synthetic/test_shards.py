"""Shards: same bytes however they are made, resumable, never mixed."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from hyperreenact_core.errors import InputError
from hyperreenact_core.synthetic.camera import FaceFraming
from hyperreenact_core.synthetic.sampling import sample_identity
from hyperreenact_core.synthetic.shards import SETTINGS_FILE, write_shards
from hyperreenact_core.synthetic.vector import EXPRESSION, PARAMETER_COUNT, POSE

SETTINGS = {
    "first_identity": 7,
    "identities": 3,
    "clips_per_identity": 2,
    "frames_per_clip": 2,
    "size": 32,
    "seed": 5,
    "framing": FaceFraming(jitter_x=0.1, jitter_y=0.1, jitter_scale=0.1),
    "shard_identities": 2,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("shards")
    write_shards(out, **SETTINGS)
    return out


def test_contents(folder: Path):
    paths = sorted(folder.glob("*.safetensors"))
    assert [path.name for path in paths] == [
        "people-000007-000008.safetensors",
        "people-000009-000009.safetensors",
    ]
    shard = load_file(paths[0])
    n = 8
    shapes = {
        "images": ((n, 32, 32, 3), np.uint8),
        "landmarks": ((n, 68, 2), np.float32),
        "face_mask": ((n, 16, 16), np.uint8),
        "parameters": ((n, PARAMETER_COUNT), np.float32),
        "identity": ((n,), np.int64),
        "clip": ((n,), np.int64),
        "pose": ((n, 3), np.float32),
        "expression": ((n, 12), np.float32),
        "geometry": ((n, 28), np.float32),
    }
    assert {name: (array.shape, array.dtype) for name, array in shard.items()} == shapes
    assert shard["identity"].tolist() == [7] * 4 + [8] * 4
    assert shard["clip"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert load_file(paths[1])["clip"].tolist() == [4, 4, 5, 5]
    np.testing.assert_array_equal(shard["geometry"][0], sample_identity(7).geometry)
    np.testing.assert_allclose(
        shard["parameters"][:, EXPRESSION], shard["expression"] * 1.5, rtol=1e-6
    )
    np.testing.assert_allclose(
        shard["parameters"][:, POSE][:, 0] * 30, shard["pose"][:, 0], rtol=1e-5
    )
    assert shard["face_mask"].max() == 255
    # Frames of a clip share the wall; poses differ.
    environment = shard["parameters"][:, -17:]
    assert (environment[0] == environment[1]).all()
    assert (environment[0] != environment[2]).any()
    assert len(np.unique(shard["pose"][:, 0])) == n


def test_jitter_differs_from_frame_to_frame(folder: Path):
    landmarks = load_file(folder / "people-000007-000008.safetensors")["landmarks"]
    centres = (landmarks.min(1) + landmarks.max(1)) / 2
    assert (centres.std(0) > 0.3).all()


def test_workers_write_the_same_bytes(folder: Path, tmp_path: Path):
    calls: list[tuple[int, int]] = []
    paths = write_shards(
        tmp_path, **SETTINGS, workers=2, progress=lambda done, total: calls.append((done, total))
    )
    for path in paths:
        assert path.read_bytes() == (folder / path.name).read_bytes()
    assert calls[-1] == (12, 12)
    assert not list(tmp_path.glob("*.partial"))


def test_a_second_run_only_fills_gaps(tmp_path: Path):
    paths = write_shards(tmp_path, **SETTINGS)
    paths[0].write_bytes(b"kept")
    lost = paths[1].read_bytes()
    paths[1].unlink()
    calls: list[int] = []
    write_shards(tmp_path, **SETTINGS, progress=lambda done, _: calls.append(done))
    assert paths[0].read_bytes() == b"kept"
    assert paths[1].read_bytes() == lost
    assert calls == [12]


def test_settings_are_kept_and_never_mixed(folder: Path):
    assert json.loads((folder / SETTINGS_FILE).read_text())["size"] == 32
    with pytest.raises(InputError, match="other settings"):
        write_shards(folder, **{**SETTINGS, "seed": 6})


@pytest.mark.parametrize("change", [{"identities": 0}, {"size": 33}, {"first_identity": -1}])
def test_numbers_that_make_no_sense(change: dict[str, int], tmp_path: Path):
    with pytest.raises(InputError):
        write_shards(tmp_path / "new", **{**SETTINGS, **change})
    assert not (tmp_path / "new").exists()


def test_others_may_read_them_as_any_new_file(folder: Path, tmp_path: Path):
    plain = tmp_path / "plain"
    plain.touch()
    modes = {path.stat().st_mode for path in folder.glob("*.safetensors")}
    assert modes == {plain.stat().st_mode}
