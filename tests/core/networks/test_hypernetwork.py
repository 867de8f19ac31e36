"""The reenactment module and the weight generators."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from hyperreenact_core.networks.hypernetwork import (
    Hypernetwork,
    HypernetworkConfig,
    ScaleShift,
    SharedWeightGenerator,
    TunedSlot,
    tuned_slots,
)
from hyperreenact_core.networks.stylegan2 import Slot

SLOTS = (
    TunedSlot(0, 8, 8, shared=True),
    TunedSlot(2, 8, 8, shared=True),
    TunedSlot(3, 4, 8, shared=False),
)
SMALL = HypernetworkConfig(
    pose_channels=10,
    channels=12,
    slots=SLOTS,
    n_slots=5,
    shared_width=6,
    shared_features=8,
    code_dim=7,
    shared_hidden=5,
    own_width=6,
    own_features=9,
)


def maps(batch: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    appearance = torch.randn(batch, 12, 7, 7, generator=generator)
    return appearance, torch.randn(batch, 10, 7, 7, generator=generator)


def test_published_size_and_slots() -> None:
    config = HypernetworkConfig()
    with torch.device("meta"):
        network = Hypernetwork(config)
    assert sum(p.numel() for p in network.parameters()) == 302_628_992
    assert len(network.state_dict()) == 172
    assert config.n_slots == 20
    assert [slot.index for slot in config.slots if slot.shared] == [0, 2, 3, 5, 6, 8, 9]
    own = [(s.index, s.out_channels, s.in_channels) for s in config.slots if not s.shared]
    assert own[:2] == [(11, 256, 512), (12, 256, 256)]
    assert own[-1] == (18, 64, 64)


def test_tuned_slots_leave_rgb_alone() -> None:
    slots = (Slot(0, 8, 8, False, 0), Slot(1, 8, 3, True, 1), Slot(2, 8, 4, False, 1))
    assert tuned_slots(slots) == (
        TunedSlot(0, 8, 8, shared=True),
        TunedSlot(2, 4, 8, shared=False),
    )


def test_one_entry_a_slot() -> None:
    deltas = Hypernetwork(SMALL)(*maps())
    shapes = [None if d is None else tuple(d.shape) for d in deltas]
    assert shapes == [(2, 8, 8), None, (2, 8, 8), (2, 4, 8), None]


def test_matmul_fusion_multiplies_matrices_of_each_channel() -> None:
    branch = ScaleShift(3, "matmul").double()
    x = torch.randn(1, 3, 7, 7, dtype=torch.double, generator=torch.Generator().manual_seed(0))
    gamma, beta, result = branch.conv_gamma(x), branch.conv_beta(x), branch(x)
    for row, column in ((0, 0), (2, 5), (6, 3)):
        product = sum(gamma[0, 1, row, k] * x[0, 1, k, column] for k in range(7))
        torch.testing.assert_close(result[0, 1, row, column], product + beta[0, 1, row, column])


def test_hadamard_fusion_multiplies_values() -> None:
    branch = ScaleShift(3, "hadamard")
    x = torch.randn(1, 3, 7, 7, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(branch(x), branch.conv_gamma(x) * x + branch.conv_beta(x))


def test_shared_generator_is_two_factors() -> None:
    generator = SharedWeightGenerator(out_channels=4, in_channels=6, code_dim=3, hidden=5)
    code = torch.randn(1, 3)
    rows = (code @ generator.w2 + generator.b2).reshape(4, 5)
    torch.testing.assert_close(generator(code)[0], rows @ generator.w1 + generator.b1)


def test_blocks_share_one_generator_and_store_it_under_each() -> None:
    network = Hypernetwork(SMALL)
    keys = [key for key in network.state_dict() if key.endswith("w2")]
    assert keys == [
        "shared_weight_hypernet.w2",
        "refinement_blocks.0.hypernet.w2",
        "refinement_blocks.2.hypernet.w2",
    ]
    assert sum(name.endswith("w2") for name, _ in network.named_parameters()) == 1


@pytest.mark.parametrize("fusion", ["matmul", "hadamard"])
def test_source_terms_serve_many_frames(fusion: str) -> None:
    torch.manual_seed(0)
    network = Hypernetwork(replace(SMALL, fusion=fusion))
    appearance, pose = maps(3)
    expected = network(appearance[:1].expand(3, -1, -1, -1), pose)
    actual = network.deltas(network.source_terms(appearance[:1]), pose)
    for a, e in zip(actual, expected, strict=True):
        assert (a is None) == (e is None)
        if a is not None and e is not None:
            torch.testing.assert_close(a, e)


def test_each_slot_has_its_own_delta_and_each_sample_too() -> None:
    torch.manual_seed(0)
    network = Hypernetwork(SMALL)
    deltas = network(*maps())
    alone = network(*(m[1:] for m in maps()))
    assert deltas[0] is not None
    assert deltas[2] is not None
    assert alone[2] is not None
    torch.testing.assert_close(deltas[2][1:], alone[2])
    assert not torch.allclose(deltas[0], deltas[2])
    assert not torch.allclose(deltas[0][0], deltas[0][1])


def test_fresh_deltas_are_small_and_learn() -> None:
    torch.manual_seed(0)
    network = Hypernetwork(SMALL)
    appearance, pose = maps(4)
    targets = [None if d is None else torch.randn_like(d) for d in network(appearance, pose)]

    def loss() -> torch.Tensor:
        pairs = zip(network(appearance, pose), targets, strict=True)
        return sum((d - t).square().mean() for d, t in pairs if d is not None) / 3

    assert all(d is None or d.abs().max() < 0.1 for d in network(appearance, pose))
    start = loss()
    start.backward()
    assert all(p.grad is not None and p.grad.any() for p in network.parameters())
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(150):
        optimiser.zero_grad()
        loss().backward()
        optimiser.step()
    assert loss() < 0.3 * start


def test_half_precision() -> None:
    network = Hypernetwork(SMALL)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        deltas = network(*maps())
    assert all(d is None or d.isfinite().all() for d in deltas)


def test_wrong_maps_are_refused() -> None:
    network = Hypernetwork(SMALL)
    appearance, pose = maps()
    with pytest.raises(ValueError, match=r"Hypernetwork \(pose\) reads maps"):
        network(appearance, appearance)
    with pytest.raises(ValueError, match=r"Hypernetwork \(appearance\) reads maps"):
        network(appearance[..., :6, :6], pose)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"slots": (TunedSlot(0, 8, 8, shared=True), TunedSlot(2, 4, 8, shared=True))}, "one size"),
        ({"n_slots": 3}, "below n_slots"),
        ({"map_size": 8}, "odd"),
    ],
)
def test_impossible_configs_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(SMALL, **change)
