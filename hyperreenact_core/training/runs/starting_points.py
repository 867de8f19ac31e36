"""The network a run on clips begins with: the base set's, or one of the same sizes from scratch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from torch import nn

from ...errors import ModelError, TrainingError
from ...models.checkpoints import load_network, read_config
from ...models.kinds import NetworkKind
from ...models.sets import LoadedSet
from ...models.store import weights_file
from ...networks.e4e import E4E
from ...networks.hypernetwork import Hypernetwork, HypernetworkConfig, tuned_slots
from ...networks.stylegan2 import Generator
from ..stages.clip_generator import gaussian_config
from ..stages.codes import start_synthesis_from
from ..stages.inversion import copy_body

NetworkT = TypeVar("NetworkT", bound=nn.Module)


def first_generator(base: Path, *, fresh: bool) -> Generator:
    """A generator of the base's sizes that reads Gaussian z, with its weights unless `fresh`."""
    known = _load(base, "generator", Generator)
    config = gaussian_config(known.config)
    if config == known.config and not fresh:
        return known
    generator = Generator(config)
    if not fresh:
        start_synthesis_from(known, generator)
    return generator


def first_e4e(base: Path, models: LoadedSet, *, fresh: bool) -> E4E:
    """The base's encoder, or a fresh one of its sizes that begins at the mean code.

    models: the run's networks, which it must fit; TrainingError if it does not.
    """
    wanted = models.generator.config
    path = _present(base, "e4e")
    encoder = E4E(read_config(path, "e4e")) if fresh else _load(base, "e4e", E4E)
    if (encoder.config.n_latent, encoder.config.latent_dim) != (wanted.n_latent, wanted.latent_dim):
        raise TrainingError(
            f"{path} makes other codes than the generator in "
            f"{models.folder} reads: take a --model-set whose networks belong together"
        )
    if fresh:
        encoder.start_from(models.latent_avg)
        copy_body(models.appearance, encoder)
    return encoder


def first_hypernetwork(base: Path, models: LoadedSet, *, fresh: bool) -> Hypernetwork:
    """The base's hypernetwork, or a fresh one fitted to the run's networks (see `calibrate`).

    TrainingError if the base's does not fit them.
    """
    slots = models.generator.slots
    if fresh:
        path = weights_file(base, "hypernetwork")
        known = read_config(path, "hypernetwork") if path.is_file() else HypernetworkConfig()
        return Hypernetwork(
            replace(
                known,
                pose_channels=models.pose_channels,
                channels=models.appearance_config.body.out_channels,
                slots=tuned_slots(slots),
                n_slots=len(slots),
            )
        )
    network = _load(base, "hypernetwork", Hypernetwork)
    sizes = {slot.index: (slot.out_channels, slot.in_channels) for slot in slots}
    config = network.config
    fits = config.n_slots == len(slots) and all(
        sizes[slot.index] == (slot.out_channels, slot.in_channels) for slot in config.slots
    )
    if not fits:
        raise TrainingError(
            f"{weights_file(base, 'hypernetwork')} does not fit the generator in "
            f"{models.folder}: train it with --from-scratch"
        )
    return network


def _load(base: Path, kind: NetworkKind, network_class: type[NetworkT]) -> NetworkT:
    """A copy of the base's network to be trained."""
    network = load_network(_present(base, kind), kind)
    if not isinstance(network, network_class):
        raise TypeError(f"the table of networks builds no {network_class.__name__} for {kind}")
    return network


def _present(base: Path, kind: NetworkKind) -> Path:
    """The base's file of that kind; ModelError if there is none."""
    path = weights_file(base, kind)
    if not path.is_file():
        hint = "; train it with --from-scratch" if kind == "hypernetwork" else ""
        raise ModelError(f"the model set in {base} has no {kind} to start from{hint}")
    return path
