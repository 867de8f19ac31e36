"""A stage of the starter set that goes on from finished weights instead of random ones."""

from __future__ import annotations

from pathlib import Path

from ..errors import TrainingError
from ..models.checkpoints import load_network
from ..models.networks import NetworkKind
from .appearance import AppearanceStage
from .loop import Stage


def go_on_from(stage: Stage, weights: Path, kind: NetworkKind) -> None:
    """Fill a fresh stage's network, and its moving average, with finished weights.

    What a weights file does not hold (optimisers, critic, auxiliary heads) starts fresh. Raises
    ModelError as `load_network` does, TrainingError where the sizes differ.
    """
    known = load_network(weights, kind)
    for network in stage.networks().values():
        if type(network) is not type(known):
            continue
        if network.config != known.config:
            raise other_sizes(weights, kind)
        network.load_state_dict(known.state_dict())
    if isinstance(stage, AppearanceStage):
        stage.place_centres()


def other_sizes(weights: Path, kind: NetworkKind) -> TrainingError:
    """The error of a set that a profile's network cannot go on from."""
    return TrainingError(
        f"{weights} has other sizes than the profile's {kind}: go on from a set of the same "
        "profile, or train from nothing"
    )
