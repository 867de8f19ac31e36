from __future__ import annotations

import subprocess
import sys
from functools import cached_property
from pathlib import Path
from typing import get_args

import pytest
import torch

from hyperreenact_core.models.checkpoints import load_network, save_network
from hyperreenact_core.models.kinds import (
    KINDS,
    NETWORKS,
    PUBLISHED_KINDS,
    REENACTMENT_KINDS,
    NetworkKind,
)
from hyperreenact_core.models.sets import FastNetworks, LoadedSet
from hyperreenact_core.networks.arcface import ArcFaceConfig
from hyperreenact_core.networks.deca import PoseEncoderConfig
from hyperreenact_core.networks.detail import DetailConfig
from hyperreenact_core.networks.detector import SingleShotConfig
from hyperreenact_core.networks.e4e import E4EConfig
from hyperreenact_core.networks.efficientnet_lite import BodyConfig
from hyperreenact_core.networks.fan import FANConfig
from hyperreenact_core.networks.hypernetwork import HypernetworkConfig, tuned_slots
from hyperreenact_core.networks.irse import IRSEConfig
from hyperreenact_core.networks.landmarks import LandmarkConfig
from hyperreenact_core.networks.reader import ReaderConfig
from hyperreenact_core.networks.reader_look import LookConfig
from hyperreenact_core.networks.s3fd import S3FDConfig
from hyperreenact_core.networks.stylegan2 import StyleGAN2Config, slots_of

BODY = IRSEConfig(stem_channels=4, stages=((4, 1), (4, 1), (8, 1)))
GENERATOR = StyleGAN2Config(
    resolution=16, channels=(8, 8, 4), latent_dim=8, z_dim=8, mapping_layers=1
)
SLOTS = slots_of(GENERATOR)
POSE = PoseEncoderConfig(
    input_size=64, stem_channels=4, widths=(4, 4, 8, 8), depths=(1, 1, 1, 1), head_hidden=8
)
APPEARANCE = ArcFaceConfig(input_size=32, body=BODY, embedding_dim=8)

SMALL_BODY = BodyConfig(
    stem=8,
    stages=((1, 3, 1, 1, 8), (1, 3, 2, 2, 8), (1, 3, 2, 2, 12), (1, 3, 2, 2, 16), (1, 3, 2, 2, 24)),
    taps=(2, 3, 4),
)

TINY: dict[NetworkKind, object] = {
    "generator": GENERATOR,
    "e4e": E4EConfig(
        input_size=32, body=BODY, head_levels=(0, 1), latent_dim=8, head_width=4, head_features=4
    ),
    "appearance": APPEARANCE,
    "pose": POSE,
    "hypernetwork": HypernetworkConfig(
        pose_channels=16,
        channels=8,
        slots=tuned_slots(SLOTS),
        n_slots=len(SLOTS),
        shared_width=4,
        shared_features=8,
        code_dim=8,
        shared_hidden=8,
        own_width=4,
        own_features=8,
    ),
    "landmarks": LandmarkConfig(
        input_size=32, widths=(4, 4, 8), depths=(0, 1, 1), vote_level=1, vote_width=4
    ),
    "s3fd": S3FDConfig(
        widths=(4, 4, 4, 8, 8), depths=(1, 1, 2, 1, 1), fc_width=8, extra=((4, 8), (4, 4))
    ),
    "fan": FANConfig(input_size=32, points=3, stem_channels=4, channels=8, stacks=2, depth=2),
    "judge_appearance": APPEARANCE,
    "judge_pose": POSE,
    "detector": SingleShotConfig(body=SMALL_BODY, width=8),
    "reader": ReaderConfig(
        size=64,
        fine=96,
        body=SMALL_BODY,
        width=16,
        code=24,
        look=LookConfig(near=8, far=12, context=8, code=16),
    ),
    "detail": DetailConfig(widths=(8, 8, 8)),
}


def test_the_table_has_every_kind():
    assert set(NETWORKS) == set(get_args(NetworkKind)) == set(TINY)
    assert set(REENACTMENT_KINDS) | set(PUBLISHED_KINDS) < set(NETWORKS)


@pytest.mark.parametrize("kind", TINY)
def test_every_kind_survives_a_file_bit_for_bit(tmp_path: Path, kind: NetworkKind):
    network = NETWORKS[kind].module(TINY[kind])
    path = tmp_path / "network.safetensors"
    save_network(path, network, kind=kind, config=TINY[kind], storage="float32")
    loaded = load_network(path, kind)

    assert loaded.config == TINY[kind]
    before, after = network.state_dict(), loaded.state_dict()
    assert list(before) == list(after)
    assert all(torch.equal(before[name], after[name]) for name in before)
    for (name, wanted), (_, got) in zip(
        network.named_buffers(), loaded.named_buffers(), strict=True
    ):
        assert torch.equal(wanted, got), name
    assert len(list(network.parameters())) == len(list(loaded.parameters())), "sharing was lost"


def test_the_table_needs_no_torch() -> None:
    program = "import sys, hyperreenact_core.models.kinds; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("networks", [LoadedSet, FastNetworks])
def test_a_set_promises_the_classes_of_the_table(networks: type) -> None:
    promised = {
        kind: value.func.__annotations__["return"]
        for kind, value in vars(networks).items()
        if kind in KINDS and isinstance(value, cached_property)
    }
    assert promised
    assert promised == {kind: KINDS[kind].module for kind in promised}
