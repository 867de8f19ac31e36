"""The folder of a run becomes a model set; what it is made of stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyperreenact_core.errors import ModelError, TrainingError
from hyperreenact_core.models.settings import SetSettings, save_settings
from hyperreenact_core.models.store import missing_files
from hyperreenact_core.training.runs import run_folder
from hyperreenact_core.training.runs.run_folder import fill_folder, find_base, is_trained, lacking
from tests.core.reenact.tiny import save_tiny_set


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return save_tiny_set(tmp_path / "sets" / "tiny")


def train(folder: Path, kind: str) -> None:
    """A new network in place of the linked one, as `save_network` writes it."""
    (folder / "new").write_bytes(kind.encode())
    (folder / "new").replace(folder / f"{kind}.safetensors")


def test_all_but_the_trained_network_is_there(tmp_path: Path, base: Path) -> None:
    out = tmp_path / "run"
    fill_folder(out, base, "hypernetwork")
    assert lacking(out) == ("hypernetwork.safetensors",)
    assert not is_trained(out, base, "hypernetwork")
    assert (out / "generator.safetensors").samefile(base / "generator.safetensors")


def test_a_new_network_leaves_the_base_alone(tmp_path: Path, base: Path) -> None:
    out, before = tmp_path / "run", (base / "generator.safetensors").read_bytes()
    fill_folder(out, base, "hypernetwork")
    fill_folder(out, base, "generator")  # linked already: it counts as not trained
    assert not is_trained(out, base, "generator")
    train(out, "generator")
    assert is_trained(out, base, "generator")
    assert (base / "generator.safetensors").read_bytes() == before
    assert missing_files(base) == ()


def test_where_links_fail_files_are_copied(
    tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(run_folder.Path, "hardlink_to", refuse)
    fill_folder(tmp_path / "run", base, "e4e")
    copy = tmp_path / "run" / "generator.safetensors"
    assert not copy.samefile(base / "generator.safetensors")
    assert not is_trained(tmp_path / "run", base, "generator")


def test_a_new_generator_takes_away_what_rested_on_the_old_one(tmp_path: Path, base: Path) -> None:
    out = tmp_path / "run"
    fill_folder(out, base, "hypernetwork")
    fill_folder(out, base, "generator")
    assert set(lacking(out)) == {"e4e.safetensors", "hypernetwork.safetensors"}


def test_a_trained_network_is_not_taken_away(tmp_path: Path, base: Path) -> None:
    out = tmp_path / "run"
    fill_folder(out, base, "hypernetwork")
    train(out, "hypernetwork")
    with pytest.raises(TrainingError, match="trained with another e4e"):
        fill_folder(out, base, "e4e")
    with pytest.raises(TrainingError, match="trained with another generator"):
        fill_folder(out, base, "generator")
    assert is_trained(out, base, "hypernetwork")
    assert lacking(out) == (), "a refused run takes nothing out of the folder"


def test_a_run_keeps_to_one_set(tmp_path: Path, base: Path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    save_settings(out, SetSettings(64, 1.0, True, "crop", "crop", 1.0))
    with pytest.raises(TrainingError, match="another model set"):
        fill_folder(out, base, "e4e")


def test_the_base_may_be_a_run_under_way(tmp_path: Path, base: Path) -> None:
    (base / "hypernetwork.safetensors").unlink()
    assert find_base("tiny", [tmp_path / "sets"]) == base
    with pytest.raises(ModelError, match="no model set 'other'"):
        find_base("other", [tmp_path / "sets"])
    with pytest.raises(ModelError, match="plain folder name"):
        find_base("../sets/tiny", [tmp_path / "sets"])
