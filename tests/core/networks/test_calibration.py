"""Calibration brings a fresh hypernetwork to unit size whatever the encoders' maps are."""

from __future__ import annotations

import pytest
import torch

from hyperreenact_core.networks.calibration import calibrate
from hyperreenact_core.networks.hypernetwork import (
    DELTA_START,
    Hypernetwork,
    HypernetworkConfig,
    TunedSlot,
)


@pytest.mark.parametrize("fusion", ["matmul", "hadamard"])
@pytest.mark.parametrize("size", [0.05, 20.0])
def test_every_layer_has_unit_size(fusion: str, size: float) -> None:
    torch.manual_seed(0)
    config = HypernetworkConfig(
        pose_channels=10,
        channels=12,
        fusion=fusion,
        slots=(TunedSlot(0, 8, 8, True), TunedSlot(2, 8, 8, True), TunedSlot(3, 4, 8, False)),
        n_slots=5,
        shared_width=16,
        shared_features=16,
        code_dim=8,
        shared_hidden=8,
        own_width=16,
        own_features=16,
    )
    network = Hypernetwork(config)
    appearance, pose = torch.randn(16, 12, 7, 7) * size + size, torch.rand(16, 10, 7, 7) * size
    calibrate(network, appearance=appearance, pose=pose)
    fused = network.fuse(network.source_terms(appearance), pose)
    assert 0.5 < fused.square().mean().sqrt() < 2.0
    for delta in network(appearance, pose):
        if delta is not None:
            assert 0.3 * DELTA_START < delta.square().mean().sqrt() < 3 * DELTA_START
