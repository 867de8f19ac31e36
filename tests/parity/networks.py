"""The networks in their published sizes, filled with the stand-in weights; made once a run.

As they are trained (`published`), and folded as the pipeline uses them (`published_fast`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import cache, cached_property
from itertools import chain
from pathlib import Path

import torch
from torch import Tensor, nn

from hyperreenact_core.models.cache import folded
from hyperreenact_core.models.kinds import NETWORKS, NetworkKind
from hyperreenact_core.models.published import PUBLISHED, PUBLISHED_SETTINGS, FileLayout
from hyperreenact_core.models.sets import FastNetworks, LoadedSet
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


@cache
def published_fast(net: str, dtype: torch.dtype = torch.float32) -> nn.Module:
    """The same network folded; the generator is used as it is."""
    plain = published(net)
    if net == "stylegan2":
        return plain
    tensors = chain(plain.parameters(), plain.buffers())
    if net == "hypernet":  # folding overwrites its weights, those of an encoder are replaced
        copies = {id(t): nn.Parameter(t.to(dtype, copy=True), False) for t in tensors}
    else:
        copies = {id(t): t for t in tensors}
    return folded(deepcopy(plain, copies), dtype)


class FilledSet(LoadedSet):
    """The published set with the stand-in weights; faces are given, so nothing looks for them."""

    def __init__(self) -> None:
        self.folder = Path("filled")
        self.settings = PUBLISHED_SETTINGS

    generator = cached_property(lambda _self: published("stylegan2"))
    e4e = cached_property(lambda _self: published("e4e"))
    appearance = cached_property(lambda _self: published("arcface"))
    pose = cached_property(lambda _self: published("deca"))
    hypernetwork = cached_property(lambda _self: published("hypernet"))
    appearance_config = cached_property(lambda _self: layout_of("arcface").config)
    pose_config = cached_property(lambda _self: layout_of("deca").config)
    detector_networks: tuple[nn.Module, ...] = ()

    def fast(self, dtype: torch.dtype) -> FastNetworks:
        return FilledFast(self.folder, dtype)


class FilledFast(FastNetworks):
    """The same set folded."""

    generator = cached_property(lambda _self: published("stylegan2"))
    e4e = cached_property(lambda _self: published("e4e"))  # folded, it would be 0.8 GB more
    appearance = cached_property(lambda _self: published_fast("arcface"))
    pose = cached_property(lambda self: published_fast("deca", self.dtype))
    hypernetwork = cached_property(lambda self: published_fast("hypernet", self.dtype))


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
