"""The networks in their published sizes, filled with the stand-in weights; made once a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import torch
from torch import Tensor, nn

from hyperreenact_core.models.networks import NETWORKS, NetworkKind
from hyperreenact_core.models.published import PUBLISHED, FileLayout
from tests.parity.fill import fill
from tests.parity.golden import golden, manifest

NETS: dict[str, NetworkKind] = {
    "arcface": "appearance",
    "deca": "pose",
    "e4e": "e4e",
    "fan": "fan",
    "hypernet": "hypernetwork",
    "s3fd": "s3fd",
    "stylegan2": "generator",
}
"""Names of the networks in the expected numbers, and what we call them."""


def layout_of(net: str) -> FileLayout:
    """How the published file holds the network; its config is the published one."""
    return next(layout for layout in PUBLISHED if layout.kind == NETS[net])


def build(net: str) -> nn.Module:
    """The network in its published size, on the meta device."""
    with torch.device("meta"):
        return NETWORKS[NETS[net]].module(layout_of(net).config)


@cache
def published(net: str) -> nn.Module:
    """The network with the set's weights, loaded strictly.

    The generator's `latent_avg`, which no file holds, is the `mean_latent` of the expected numbers.
    """
    network = build(net)
    state = fill(manifest(net), seed=golden().seed)
    if net == "stylegan2":
        state["latent_avg"] = golden().tensor("stylegan2", "mean_latent")[0]
    network.load_state_dict(state, strict=True, assign=True)
    return network.eval().requires_grad_(False)


@contextmanager
def recorded(network: nn.Module, names: list[str]) -> Iterator[dict[str, Tensor]]:
    """Collect the outputs of the named inner modules while the network runs."""
    outputs: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[..., None]:
        return lambda _module, _inputs, output: outputs.__setitem__(name, output)

    hooks = [network.get_submodule(n).register_forward_hook(keep(n)) for n in names]
    try:
        yield outputs
    finally:
        for hook in hooks:
            hook.remove()
