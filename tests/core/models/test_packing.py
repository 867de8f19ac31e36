"""A set's files rewritten in 8 bits: all or none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from hyperreenact_core.cli.main import main
from hyperreenact_core.errors import ModelError, OutputError
from hyperreenact_core.models.checkpoints import read_config, read_header, save_network
from hyperreenact_core.models.kinds import NETWORKS
from hyperreenact_core.models.lock import check_pin, pin, pin_of
from hyperreenact_core.models.packing import pack_set
from hyperreenact_core.networks.landmarks import LandmarkConfig, LandmarkNet
from tests.core.reenact.tiny import save_tiny_set

LARGE = LandmarkConfig(
    input_size=64, widths=(8, 8, 32, 64), depths=(0, 0, 1, 0), vote_level=2, vote_width=32
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of tiny networks, and one that is large enough to be worth 8 bits."""
    folder = save_tiny_set(tmp_path_factory.mktemp("models") / "tiny")
    path = folder / "landmarks.safetensors"
    network = LandmarkNet(LARGE)
    save_network(path, network, kind="landmarks", config=LARGE, notes={"step": "9"})
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "tiny")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_packed_set_is_smaller_and_keeps_config_notes_and_everything_else(folder: Path):
    before = contents(folder)
    files = {file.kind: file for file in pack_set(folder)}
    assert list(files) == [kind for kind in NETWORKS if f"{kind}.safetensors" in before]
    assert contents(folder).keys() == before.keys()
    assert (folder / "set.json").read_bytes() == before["set.json"]

    path = folder / "landmarks.safetensors"
    assert files["landmarks"].before == len(before[path.name])
    assert files["landmarks"].after == path.stat().st_size < 0.7 * files["landmarks"].before
    assert read_header(path).notes == {"step": "9"}
    assert read_config(path, "landmarks") == LARGE
    assert main(["models", "verify", "tiny", "--model-path", str(folder.parent)]) == 0


def test_only_the_named_networks_are_rewritten(folder: Path):
    before = contents(folder)
    assert [file.kind for file in pack_set(folder, only=["landmarks"])] == ["landmarks"]
    after = contents(folder)
    assert {name for name in after if after[name] != before[name]} == {"landmarks.safetensors"}
    with pytest.raises(ModelError, match=r"no such weights file: .*judge_pose"):
        pack_set(folder, only=["judge_pose"])


def test_a_file_that_is_not_sound_keeps_all_as_they_are(folder: Path):
    path = folder / "pose.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    before = contents(folder)
    with pytest.raises(ModelError, match=r"damaged or cut off .*pose\.safetensors"):
        pack_set(folder)
    assert contents(folder) == before


def test_a_set_with_an_unknown_network_is_refused(folder: Path):
    shutil.copy(folder / "pose.safetensors", folder / "poses.safetensors")
    before = contents(folder)
    with pytest.raises(ModelError, match=r"no network of this program.*poses\.safetensors"):
        pack_set(folder)
    assert contents(folder) == before
    with pytest.raises(ModelError, match="no weights files to pack"):
        pack_set(folder / "absent")


def test_a_kind_of_another_version_is_refused(folder: Path):
    path = folder / "pose.safetensors"
    with safe_open(path, framework="pt") as file:
        metadata = {**file.metadata(), "kind": "posture"}
    save_file(load_file(path), path, metadata=metadata)
    with pytest.raises(ModelError, match="this file holds a posture, a pose is needed"):
        pack_set(folder)


def test_an_exchange_that_fails_half_way_is_taken_back(folder: Path, monkeypatch):
    before = contents(folder)
    replace, failed = Path.replace, []

    def fail_at_pose(path: Path, target: Path) -> Path:
        if target.name == "pose.safetensors" and not failed:
            failed.append(target)
            raise OSError("in use by another program")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", fail_at_pose)
    with pytest.raises(OutputError, match=r"pose\.safetensors cannot be written .*in use"):
        pack_set(folder)
    assert contents(folder) == before


def test_pins_follow_and_a_file_that_is_not_the_pinned_one_is_refused(folder: Path):
    name = "landmarks.safetensors"
    pin(folder, name, pin_of(folder / name))
    pack_set(folder)
    assert check_pin(folder, name, pin_of(folder / name))
    (folder / name).write_bytes(b"another")
    with pytest.raises(ModelError, match="is not the file it was"):
        pack_set(folder)


def test_the_command_tells_sizes_and_refuses_unknown_names(folder: Path, capsys):
    assert main(["models", "pack", str(folder), "--only", "landmarks"]) == 0
    line, total = capsys.readouterr().out.splitlines()
    assert line.startswith("  landmarks: 0.")
    assert " MiB -> 0." in line
    assert total.startswith(f"{folder}: ")
    assert total.endswith(" in int8")
    assert main(["models", "pack", str(folder), "--storage", "float32"]) == 0
    assert main(["models", "pack", str(folder), "--only", "posture"]) == 2
    assert "the networks are generator, e4e" in capsys.readouterr().err
