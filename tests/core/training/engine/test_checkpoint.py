"""Checkpoints hold each weight once, and those of older versions can still be read."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from hyperreenact_core.networks.hypernetwork import Hypernetwork
from hyperreenact_core.training.engine.checkpoint import (
    load_checkpoint,
    save_checkpoint,
    stored_numbers,
)
from tests.core.models.test_kinds import TINY


def hypernetwork() -> Hypernetwork:
    """Its shared weights stand in the state dict under every block that uses them."""
    return Hypernetwork(TINY["hypernetwork"])


def trained(network: nn.Module) -> torch.optim.Adam:
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    for parameter in network.parameters():
        parameter.grad = torch.randn_like(parameter)
    optimiser.step()
    return optimiser


def test_everything_comes_back(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network, random = hypernetwork(), torch.Generator().manual_seed(5)
    optimiser = trained(network)
    numbers = {"seconds": 12.5, "sum/pixel": 0.1 + 0.2}
    path = tmp_path / "stage.ckpt"
    save_checkpoint(
        path,
        step=7,
        networks={"network": network},
        optimisers={"all": optimiser},
        random=random,
        numbers=numbers,
    )
    expected = (torch.rand(3, generator=random), torch.rand(3))

    other, other_random = hypernetwork(), torch.Generator()
    other_optimiser = torch.optim.Adam(other.parameters(), 1e-3)
    step = load_checkpoint(
        path,
        networks={"network": other},
        optimisers={"all": other_optimiser},
        random=other_random,
    )
    assert step == 7
    assert stored_numbers(path) == numbers
    for mine, theirs in zip(other.parameters(), network.parameters(), strict=True):
        assert torch.equal(mine, theirs)
        moments = optimiser.state[theirs]
        assert all(torch.equal(other_optimiser.state[mine][k], moments[k]) for k in moments)
    drawn = (torch.rand(3, generator=other_random), torch.rand(3))
    assert all(torch.equal(a, b) for a, b in zip(drawn, expected, strict=True))


def test_shared_weights_are_stored_once(tmp_path: Path) -> None:
    network, path = hypernetwork(), tmp_path / "stage.ckpt"
    save_checkpoint(path, step=1, networks={"n": network}, optimisers={}, random=torch.Generator())
    stored = sum(t.numel() for k, t in load_file(path).items() if k.startswith("network/"))
    assert stored == sum(p.numel() for p in network.parameters())
    assert stored < sum(t.numel() for t in network.state_dict().values())


def test_a_file_of_the_first_version_is_read(tmp_path: Path) -> None:
    """It repeats shared weights and knows neither numbers nor the global random state."""
    torch.manual_seed(0)
    network, random = hypernetwork(), torch.Generator().manual_seed(5)
    optimiser = trained(network)
    tensors: dict[str, Tensor] = {"random": random.get_state()}
    for key, value in network.state_dict().items():
        tensors[f"network/network/{key}"] = value.clone()
    for index, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser/all/{index}/{k}": v.clone() for k, v in state.items()}
    path = tmp_path / "stage.ckpt"
    save_file(tensors, path, {"format": "hyperreenact-training/1", "step": "3"})

    other = hypernetwork()
    step = load_checkpoint(
        path,
        networks={"network": other},
        optimisers={"all": torch.optim.Adam(other.parameters(), 1e-3)},
        random=torch.Generator(),
    )
    assert step == 3
    assert stored_numbers(path) == {}
    assert all(
        torch.equal(a, b) for a, b in zip(network.parameters(), other.parameters(), strict=True)
    )
