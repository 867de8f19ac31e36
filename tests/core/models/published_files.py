"""Files laid out like the published ones, of networks small enough for a test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from hyperreenact_core.models.kinds import NETWORKS, NetworkKind
from hyperreenact_core.models.published import PUBLISHED, FileLayout
from tests.core.models.test_kinds import TINY

LAYOUTS = tuple(replace(layout, config=TINY[layout.kind]) for layout in PUBLISHED)


def layout_of(kind: NetworkKind) -> FileLayout:
    return next(layout for layout in LAYOUTS if layout.kind == kind)


def network_of(kind: NetworkKind) -> nn.Module:
    """A network of random weights, none of which is zero or one."""
    torch.manual_seed(len(kind))
    network = NETWORKS[kind].module(TINY[kind])
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(std=0.1)
    return network


def weights_of(network: nn.Module, kind: NetworkKind) -> dict[str, Tensor]:
    """Its weights under the keys of the published file."""
    layout = layout_of(kind)
    state = network.state_dict()
    return {layout.prefix + key: state[key] for key in state if key not in layout.computed}


def contained(weights: dict[str, Tensor], kind: NetworkKind) -> dict[str, object]:
    container = layout_of(kind).container
    return {container: weights} if container else dict(weights)


def write_all(folder: Path) -> list[Path]:
    """All published files, under names that say nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    for number, layout in enumerate(LAYOUTS):
        path = folder / f"file{number}.bin"
        weights = weights_of(network_of(layout.kind), layout.kind)
        torch.save(contained(weights, layout.kind), path)
        paths.append(path)
    return paths
