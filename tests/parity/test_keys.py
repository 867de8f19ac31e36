"""The networks have the keys and shapes of the published files, and the converter knows them."""

from __future__ import annotations

import pytest
import torch

from tests.parity.golden import manifest
from tests.parity.networks import NETS, build, layout_of


@pytest.mark.parametrize("net", NETS)
def test_keys_and_shapes(net: str) -> None:
    expected, network = manifest(net), build(net)
    shapes = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    if net == "stylegan2":
        assert shapes.pop("latent_avg") == (512,)
    assert shapes == expected.shapes
    assert sum(p.numel() for p in network.parameters()) == expected.parameters


@pytest.mark.parametrize("net", NETS)
def test_tensors_that_stand_there_twice_are_one(net: str) -> None:
    state = build(net).state_dict(keep_vars=True)
    first: dict[int, str] = {}
    copies = {key for key, value in state.items() if first.setdefault(id(value), key) != key}
    aliases = {entry.key for entry in manifest(net).entries if entry.alias_of is not None}
    assert len(copies) == len(aliases)
    for entry in manifest(net).entries:
        if entry.alias_of is not None:
            assert state[entry.key] is state[entry.alias_of]


@pytest.mark.parametrize("net", NETS)
def test_the_converter_has_the_layout_of_the_file(net: str) -> None:
    expected, layout = manifest(net), layout_of(net)
    assert (layout.container, layout.prefix) == (expected.container, expected.prefix)
    wanted = {expected.prefix + key: torch.Size(shape) for key, shape in expected.shapes.items()}
    assert layout.keys() == wanted
    counters = [e.key for e in expected.entries if e.is_counter]
    assert all(layout.may_lack(expected.prefix + key) for key in counters)
