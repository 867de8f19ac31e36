"""One detail network being trained: its steps, its moving average and their state on disk."""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.optim import AdamW

from ...errors import InputError, OutputError, TrainingError
from ...models.config_json import config_to_json
from ...models.tensor_files import save_tensors
from ...networks.detail import DetailConfig, DetailNetwork
from ..checkpoint import load_checkpoint, save_checkpoint, stored_numbers
from ..precision import autocast, channels_last
from .losses import Features, Weights, detail_losses
from .stream import Batch

FORMAT = "hyperreenact-detail/1"


@dataclass(frozen=True)
class DetailRecipe:
    """How a detail network is trained.

    batch_size: windows. warm_up: steps. settled: share of the time after which the rate falls.
    """

    batch_size: int = 8
    rate: float = 1e-3
    weight_decay: float = 0.01
    warm_up: int = 200
    settled: float = 0.5
    average: float = 0.999
    clip_norm: float = 5.0
    weights: Weights = field(default_factory=Weights)


class DetailLearner:
    """Trains a detail network; `average` is the moving average of it that is used and shipped."""

    def __init__(self, config: DetailConfig, recipe: DetailRecipe, *, seed: int = 0) -> None:
        torch.manual_seed(seed)
        self.recipe = recipe
        self.network = channels_last(DetailNetwork(config))
        self.average = deepcopy(self.network).requires_grad_(requires_grad=False).eval()
        self.features: Features | None = None
        self.optimiser = AdamW(self.network.parameters(), lr=0.0, weight_decay=recipe.weight_decay)
        self.step = 0
        self.seconds = 0.0

    def compare_by(self, weights: Mapping[str, Tensor]) -> None:
        """Compare pictures by ImageNet's network too, of these weights of a whole `Body`."""
        features = channels_last(Features()).eval()
        own = features.body.state_dict()
        try:
            features.body.load_state_dict({name: weights[name] for name in own})
        except (KeyError, RuntimeError) as error:
            raise InputError(f"these are not the weights of the body: {error}") from error
        self.features = features

    def learn(self, batch: Batch, *, progress: float) -> dict[str, float]:
        """One step; progress: the share of the time that has passed. Returns the losses."""
        r = self.recipe
        self._set_rate(progress)
        self.network.train()
        with autocast(batch.target.device):
            plan = self.network(batch.inputs)
        losses = detail_losses(plan, batch, self.features, r.weights)
        total = torch.stack(list(losses.values())).sum()
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()
        length = nn.utils.clip_grad_norm_(self.network.parameters(), r.clip_norm)
        if not math.isfinite(float(length)):
            raise TrainingError(f"step {self.step}: the losses burst; resume with a lower rate")
        self.optimiser.step()
        self.step += 1
        self._follow()
        values = {name: float(loss.detach()) for name, loss in losses.items()}
        return values | {"total": float(total.detach()), "gradient": float(length)}

    def save(self, path: Path) -> None:
        """The state to resume from; a kill leaves the old or the new file, whole."""
        save_checkpoint(
            path,
            step=self.step,
            networks={"detail": self.network, "average": self.average},
            optimisers={"detail": self.optimiser},
            random=torch.Generator(),
            numbers={"seconds": self.seconds},
        )

    def load(self, path: Path) -> None:
        """Go on from what `save` wrote; TrainingError where it is of another network."""
        self.step = load_checkpoint(
            path,
            networks={"detail": self.network, "average": self.average},
            optimisers={"detail": self.optimiser},
            random=torch.Generator(),
        )
        self.seconds = stored_numbers(path).get("seconds", 0.0)

    def _set_rate(self, progress: float) -> None:
        r = self.recipe
        fall = max(0.0, (min(progress, 1.0) - r.settled) / (1 - r.settled))
        factor = min(1.0, (self.step + 1) / r.warm_up) * (
            0.005 + 0.995 * (1 + math.cos(math.pi * fall)) / 2
        )
        for group in self.optimiser.param_groups:
            group["lr"] = r.rate * factor

    @torch.no_grad()
    def _follow(self) -> None:
        keep = min(self.recipe.average, (self.step + 1) / (self.step + 10))
        for mine, theirs in zip(
            self.average.state_dict().values(), self.network.state_dict().values(), strict=True
        ):
            mine.lerp_(theirs, 1 - keep)


def save_detail(path: Path, network: DetailNetwork) -> None:
    """The weights in half precision with the config beside them; whole or not at all."""
    tensors = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    metadata = {"format": FORMAT, "config": config_to_json(network.config)}
    partial = path.with_name(f".{path.name}.part")
    try:
        save_tensors(tensors, partial, metadata=metadata)
        partial.replace(path)
    except (OSError, SafetensorError) as error:
        raise OutputError(f"cannot write the weights ({error}): {path}") from error
