"""One reader being trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ...errors import InputError
from ...models.torch_files import read_torch_file
from ...networks.efficientnet_lite import body_from_published
from ...networks.reader import Reader, ReaderConfig, Reading
from ...networks.reader_regions import Jitter
from ..engine.timed import BodyLearner, BodyPace, on_device
from .losses import Weights, reading_losses
from .stream import Batch


@dataclass(frozen=True)
class ReaderRecipe(BodyPace):
    """How a reader is trained.

    own_places: share of the second look's squares that the first look places itself, once it can.
    """

    batch_size: int = 32
    clip_norm: float = 20.0
    own_places: float = 0.5
    own_after: int = 1500
    jitter: Jitter = field(default_factory=Jitter)
    weights: Weights = field(default_factory=Weights)


class ReaderLearner(BodyLearner[Reader]):
    """Trains a reader."""

    def __init__(
        self,
        config: ReaderConfig,
        recipe: ReaderRecipe,
        *,
        seed: int = 0,
        device: torch.device | None = None,
    ) -> None:
        torch.manual_seed(seed)
        super().__init__("reader", Reader(config), recipe, device)
        self.recipe = recipe

    def start_from(self, weights: Mapping[str, Tensor] | None, points: Tensor) -> None:
        """Begin with a body's published weights, if any, and with a mean face [470, 3]."""
        if weights is not None:
            config = self.network.config.body
            try:
                self.network.body.load_state_dict(body_from_published(weights, config))
            except (RuntimeError, ValueError) as error:
                raise InputError(f"these are not the weights of the body: {error}") from error
        self.network.start_at(points)
        self.average.load_state_dict(self.network.state_dict())

    def learn(self, batch: Batch, *, progress: float) -> dict[str, float]:
        """One step; progress: the share of the time that has passed. Returns the losses."""
        self.begin(progress)
        batch = on_device(batch, self.device)
        first = self.network.first(batch.picture)
        about = self._placed(batch, first.reading)
        jitter = self.recipe.jitter
        final = self.network.second(batch.fine, first, about=about, jitter=jitter)
        return self.improve(reading_losses(first.reading, final, batch, self.recipe.weights))

    def _placed(self, batch: Batch, first: Reading) -> Reading:
        """What the second look's squares are placed by: the truth, or the first look's reading."""
        share = self.recipe.own_places * min(1.0, self.step / self.recipe.own_after)
        own = (torch.rand(len(batch.face)) < share).to(self.device)
        return Reading(
            **vars(first)
            | {
                "points": torch.where(own[:, None, None], first.points, batch.points),
                "depth": torch.where(own[:, None], first.depth, batch.depth),
                "rotation": torch.where(own[:, None, None], first.rotation, batch.rotation),
            }
        )


def read_weights(path: Path) -> Mapping[str, Tensor]:
    """A state dict from a safetensors file, or a torch file without code; InputError if neither."""
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = read_torch_file(path)
        return {name: value for name, value in content.items() if isinstance(value, Tensor)}
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: cannot be read as weights ({error})") from error
