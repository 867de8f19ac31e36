from __future__ import annotations

import gc
import os
import weakref
from pathlib import Path

import pytest
import torch

from hyperreenact_core.errors import ModelError, OutputError
from hyperreenact_core.models import cache, store
from hyperreenact_core.models.cache import shared_network
from hyperreenact_core.models.checkpoints import save_network
from hyperreenact_core.models.kinds import REENACTMENT_KINDS
from hyperreenact_core.models.sets import LoadedSet, load_set
from hyperreenact_core.models.settings import SetSettings, load_settings, save_settings
from hyperreenact_core.models.store import installed, locate, missing_files
from hyperreenact_core.networks.stylegan2 import Generator, StyleGAN2Config

SETTINGS = SetSettings(
    resolution=16,
    crop_scale=1.25,
    crop_whole_pixels=False,
    appearance_input="crop",
    pose_input="crop",
    truncation_psi=0.7,
)
GENERATOR = StyleGAN2Config(
    resolution=16, channels=(8, 8, 4), latent_dim=8, z_dim=8, mapping_layers=1
)


def write_set(folder: Path) -> Path:
    """A complete set by its file names, of which only the generator holds weights."""
    save_settings(folder, SETTINGS)
    for kind in REENACTMENT_KINDS:
        (folder / f"{kind}.safetensors").touch()
    generator = Generator(GENERATOR)
    generator.latent_avg.fill_(0.5)
    save_network(folder / "generator.safetensors", generator, kind="generator", config=GENERATOR)
    return folder


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the user's model sets; nothing ships."""
    monkeypatch.setattr(store, "SHIPPED_WEIGHTS", tmp_path / "shipped")
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    return shelf


def test_the_users_folders_come_before_the_shipped_weights(shelf: Path):
    shipped = write_set(store.SHIPPED_WEIGHTS / "starter")
    assert locate("starter") == shipped
    assert locate("starter", [shelf]) == shipped
    mine = write_set(shelf / "starter")
    assert locate("starter", [shelf / "nowhere", shelf]) == mine


def test_an_incomplete_folder_does_not_hide_a_complete_one(shelf: Path):
    shipped = write_set(store.SHIPPED_WEIGHTS / "starter")
    (shelf / "starter").mkdir()
    assert locate("starter", [shelf]) == shipped


def test_an_incomplete_set_is_refused_with_what_it_lacks(shelf: Path):
    folder = write_set(shelf / "mine")
    (folder / "pose.safetensors").unlink()
    (folder / "set.json").unlink()
    assert missing_files(folder) == ("set.json", "pose.safetensors")
    with pytest.raises(ModelError, match=r"set\.json, pose\.safetensors missing in .*mine"):
        locate("mine", [shelf])
    assert not installed("mine", [shelf])


@pytest.mark.parametrize(
    ("set_id", "said"),
    [
        ("starter", "install it again"),
        ("voxceleb-256", "hyperreenact models get voxceleb-256"),
        ("mine", "registry has starter, voxceleb-256"),
        ("../shelf", "plain folder name"),
        ("", "plain folder name"),
    ],
)
def test_a_missing_set_is_refused_with_what_to_do(shelf: Path, set_id: str, said: str):
    with pytest.raises(ModelError, match=said):
        locate(set_id, [shelf])
    assert not installed(set_id, [shelf])


def test_two_networks_may_find_the_faces_in_place_of_one(shelf: Path):
    folder = write_set(shelf / "mine")
    assert not load_set("mine", [shelf]).detects_with_s3fd
    (folder / "landmarks.safetensors").unlink()
    both = "s3fd.safetensors and fan.safetensors"
    new = "detector.safetensors and reader.safetensors"
    assert missing_files(folder) == (f"landmarks.safetensors or {both} or {new}",)
    (folder / "s3fd.safetensors").touch()
    assert missing_files(folder) == (f"landmarks.safetensors or fan.safetensors or {new}",)
    (folder / "fan.safetensors").touch()
    assert missing_files(folder) == ()
    assert load_set("mine", [shelf]).detects_with_s3fd


def test_settings_survive_their_file(tmp_path: Path):
    save_settings(tmp_path / "new", SETTINGS)
    assert load_settings(tmp_path / "new") == SETTINGS


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"pose_input": "crop"', '"pose_input": "photo"', "config.pose_input is 'photo'"),
        ('"truncation_psi": 0.7', '"truncation_psi": 1.7', "must lie in 0..1"),
        ('"crop_scale": 1.25', '"crop_scale": 0', "crop_scale must be positive"),
        ('"resolution": 16, ', "", "lacks resolution"),
        ("{", "", "not JSON"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, old: str, new: str, said: str):
    save_settings(tmp_path, SETTINGS)
    path = tmp_path / "set.json"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ModelError, match=said) as caught:
        load_settings(tmp_path)
    assert str(path) in str(caught.value)


def test_missing_and_unwritable_settings_are_refused(tmp_path: Path):
    with pytest.raises(ModelError, match=r"set\.json"):
        load_settings(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        save_settings(tmp_path / "file", SETTINGS)


def test_networks_are_loaded_when_asked_for_frozen_and_once(shelf: Path):
    write_set(shelf / "mine")
    models = load_set("mine", [shelf])
    assert models.settings == SETTINGS
    generator = models.generator
    assert isinstance(generator, Generator)
    assert models.generator is generator
    assert LoadedSet(shelf / "mine").generator is generator, "loaded twice"
    assert not generator.training
    assert not any(p.requires_grad for p in generator.parameters())
    assert torch.equal(models.latent_avg, torch.full((8,), 0.5))
    with pytest.raises(ModelError, match=r"pose\.safetensors"):
        _ = models.pose
    with pytest.raises(ModelError, match=r"judge_pose\.safetensors"):
        _ = models.judge_pose


def test_the_cache_lets_go_with_the_last_user(shelf: Path):
    folder = write_set(shelf / "mine")
    models = LoadedSet(folder)
    alive = weakref.ref(models.generator)
    assert any(network is alive() for network in cache._networks.values())
    del models
    gc.collect()
    assert alive() is None


def test_a_file_written_anew_is_loaded_anew(shelf: Path):
    path = write_set(shelf / "mine") / "generator.safetensors"
    first = shared_network(path, "generator")
    assert shared_network(path, "generator") is first
    os.utime(path, ns=(1, 1))
    assert shared_network(path, "generator") is not first
