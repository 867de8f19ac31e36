"""One detector being trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ...errors import InputError
from ...networks.detector import SingleShotConfig, SingleShotDetector, cells
from ...networks.efficientnet_lite import BodyConfig, body_from_published
from ..engine.timed import BodyLearner, BodyPace, on_device
from .losses import Weights, detection_losses
from .scenes import SceneBatch
from .targets import targets_of


@dataclass(frozen=True)
class DetectorRecipe(BodyPace):
    """How a detector is trained."""

    rate: float = 2e-3
    body_rate: float = 6e-4
    still: int = 3
    warm_up: int = 30
    settled: float = 0.3
    average: float = 0.99
    weights: Weights = field(default_factory=Weights)


class DetectorLearner(BodyLearner[SingleShotDetector]):
    """Trains a detector."""

    def __init__(
        self,
        config: SingleShotConfig,
        recipe: DetectorRecipe,
        *,
        seed: int = 0,
        device: torch.device | None = None,
    ) -> None:
        torch.manual_seed(seed)
        super().__init__("detector", SingleShotDetector(config), recipe, device)
        self.recipe = recipe

    def start_from(self, weights: Mapping[str, Tensor] | None) -> None:
        """Begin with an EfficientNet-lite0's weights, if any; its last blocks are left out."""
        if weights is None:
            return
        own = self.network.body.state_dict()
        try:
            whole = body_from_published(weights, BodyConfig())
            self.network.body.load_state_dict({name: whole[name] for name in own if name in whole})
        except (RuntimeError, ValueError) as error:
            raise InputError(f"these are not the weights of the body: {error}") from error
        self.average.load_state_dict(self.network.state_dict())

    def learn(self, batch: SceneBatch, *, progress: float) -> dict[str, float]:
        """One step; progress: the share of the time that has passed. Returns the losses."""
        r = self.recipe
        self.begin(progress)
        height, width = batch.pictures.shape[-2:]
        targets = on_device(targets_of(batch.scenes, cells(height, width)), self.device)
        # Norms that follow the batch must see all of it.
        places = self.network(batch.pictures.to(self.device), still=r.still if r.held else 0)
        return self.improve(detection_losses(places, targets, r.weights))
