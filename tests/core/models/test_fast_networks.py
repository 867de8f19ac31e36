"""The folded networks of a set: how they are loaded, shared and let go."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest
import torch

from hyperreenact_core.models import cache
from hyperreenact_core.models.cache import folded
from hyperreenact_core.models.checkpoints import load_network, read_config
from hyperreenact_core.models.sets import LoadedSet
from hyperreenact_core.networks.landmarks import LandmarkConfig, LandmarkNet
from tests.core.reenact.tiny import save_tiny_set


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_set(tmp_path_factory.mktemp("models") / "tiny")


def loaded(folder: Path) -> set[tuple[str, object]]:
    """Kind and form of every network in memory that comes from that folder."""
    gc.collect()
    return {(key[0], key[-1]) for key in cache._networks if key[1].parent == folder.resolve()}


def test_plain_networks_are_not_loaded_for_the_fast_ones(folder: Path):
    models = LoadedSet(folder)
    fast = models.fast(torch.bfloat16)
    kept = [fast.generator, fast.e4e, fast.appearance, fast.pose, fast.hypernetwork]
    assert models.pose_config == fast.pose.config
    assert models.appearance_config == fast.appearance.config
    assert loaded(folder) == {
        ("generator", None),
        ("e4e", torch.float32),
        ("appearance", torch.float32),
        ("pose", torch.bfloat16),
        ("hypernetwork", torch.bfloat16),
    }
    assert not any(p.requires_grad for network in kept for p in network.parameters())
    assert not any(network.training for network in kept)
    assert {p.dtype for p in fast.hypernetwork.parameters()} == {torch.bfloat16}
    assert {p.dtype for p in fast.pose.layers.parameters()} == {torch.float32}


def test_users_share_them_and_both_number_formats_share_the_sources_encoders(folder: Path):
    models, other = LoadedSet(folder), LoadedSet(folder)
    single, half = models.fast(torch.float32), models.fast(torch.bfloat16)
    assert models.fast(torch.float32) is single
    assert single.generator is half.generator is models.generator
    assert other.fast(torch.float32).hypernetwork is single.hypernetwork
    assert half.hypernetwork is not single.hypernetwork
    assert half.e4e is single.e4e
    assert models.hypernetwork is not single.hypernetwork, "the plain one is for training"


def test_they_go_with_their_last_user(folder: Path):
    models = LoadedSet(folder)
    alive = weakref.ref(models.fast(torch.float32).hypernetwork)
    assert alive() is not None
    del models
    assert alive() is None, "at once, without waiting for the garbage collector"


def test_weights_are_read_in_the_number_format_asked_for(folder: Path):
    path = folder / "hypernetwork.safetensors"
    single, half = (
        load_network(path, "hypernetwork"),
        load_network(path, "hypernetwork", dtype=torch.bfloat16),
    )
    for a, b in zip(single.parameters(), half.parameters(), strict=True):
        assert b.dtype == torch.bfloat16
        assert torch.equal(a.to(torch.bfloat16), b)
    assert read_config(path, "hypernetwork") == single.config


def test_only_what_is_known_is_folded():
    with pytest.raises(TypeError, match="nothing to fold in a LandmarkNet"):
        folded(LandmarkNet(LandmarkConfig(widths=(4, 4, 4, 4, 4))), torch.float32)
