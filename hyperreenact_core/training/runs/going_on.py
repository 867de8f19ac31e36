"""A stage of the starter set that goes on from finished weights instead of random ones."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from ...errors import TrainingError
from ...models.checkpoints import load_network, read_config
from ...models.kinds import NetworkKind
from ...models.store import weights_file
from ..engine.loop import Stage
from ..stages.appearance import AppearanceStage
from .run_folder import RESTS_ON
from .starter_networks import Networks


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
            raise _other_sizes(weights, kind)
        network.load_state_dict(known.state_dict())
    if isinstance(stage, AppearanceStage):
        stage.place_centres()


def check_stages(
    kinds: Sequence[NetworkKind],
    networks: Networks,
    *,
    out: Path,
    start: Path | None,
    untrained: Collection[NetworkKind] = (),
) -> None:
    """See that stages have what they need.

    networks: their sizes. out: folder of the run. start: folder of the set to go on from.
    untrained: stages that take their network from it. Raises TrainingError where a network is
    lacking that they are trained against, or there is no set to go on from, or one of other sizes;
    ModelError where its file is none.
    """
    for kind in kinds:
        for needed in RESTS_ON.get(kind, ()):
            if needed not in kinds and not weights_file(out, needed).is_file():
                raise TrainingError(
                    f"{kind} is trained against {needed}, which {out} lacks: train it first, or "
                    "all with `train starter`"
                )
        if start is not None:
            weights = weights_file(start, kind)
            if read_config(weights, kind) != getattr(networks, kind):
                raise _other_sizes(weights, kind)
        elif kind in untrained:
            raise TrainingError(
                f"this profile does not train {kind}: name a finished set with --start-from"
            )


def _other_sizes(weights: Path, kind: NetworkKind) -> TrainingError:
    """The error of a set that a profile's network cannot go on from."""
    return TrainingError(
        f"{weights} has other sizes than the profile's {kind}: go on from a set of the same "
        "profile, or train from nothing"
    )
