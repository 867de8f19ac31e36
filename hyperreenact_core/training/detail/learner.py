"""One detail network being trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ...errors import InputError
from ...networks.detail import DetailConfig, DetailNetwork
from ..engine.precision import autocast, channels_last
from ..engine.timed import Pace, TimedLearner, on_device
from .losses import Features, Weights, detail_losses
from .stream import Batch


@dataclass(frozen=True)
class DetailRecipe(Pace):
    """How a detail network is trained. batch_size: windows."""

    batch_size: int = 8
    warm_up: int = 200
    settled: float = 0.5
    clip_norm: float = 5.0
    weights: Weights = field(default_factory=Weights)


class DetailLearner(TimedLearner[DetailNetwork]):
    """Trains a detail network."""

    def __init__(
        self,
        config: DetailConfig,
        recipe: DetailRecipe,
        *,
        seed: int = 0,
        device: torch.device | None = None,
    ) -> None:
        torch.manual_seed(seed)
        network = DetailNetwork(config)
        super().__init__(
            "detail", network, recipe, lambda own: [(list(own.parameters()), recipe.rate)], device
        )
        self.recipe = recipe
        self.features: Features | None = None

    def compare_by(self, weights: Mapping[str, Tensor]) -> None:
        """Compare pictures by ImageNet's network too, of these weights of a whole `Body`."""
        features = channels_last(Features()).eval().to(self.device)
        own = features.body.state_dict()
        try:
            features.body.load_state_dict({name: weights[name] for name in own})
        except (KeyError, RuntimeError) as error:
            raise InputError(f"these are not the weights of the body: {error}") from error
        self.features = features

    def learn(self, batch: Batch, *, progress: float) -> dict[str, float]:
        """One step; progress: the share of the time that has passed. Returns the losses."""
        self.begin(progress)
        batch = on_device(batch, self.device)
        with autocast(batch.target.device):
            plan = self.network(batch.inputs)
        return self.improve(detail_losses(plan, batch, self.features, self.recipe.weights))
