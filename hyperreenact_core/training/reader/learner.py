"""One reader being trained: its steps, its moving average and their state on disk."""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.optim import AdamW

from ...errors import InputError, TrainingError
from ...models.config_json import config_to_json
from ...models.tensor_files import save_tensors
from ...models.torch_files import read_torch_file
from ...networks.efficientnet_lite import ConvNorm, body_from_published
from ...networks.reader import Reader, ReaderConfig, Reading
from ...networks.reader_regions import Jitter
from ...whole_files import whole_file
from ..checkpoint import load_checkpoint, save_checkpoint, stored_numbers
from ..precision import channels_last
from .losses import Weights, reading_losses
from .stream import Batch

FORMAT = "hyperreenact-reader/1"


@dataclass(frozen=True)
class ReaderRecipe:
    """How a reader is trained.

    rate, body_rate: learning rates of what is new and of the body. held: the body's batch norms
    keep ImageNet's statistics. still: this many stages of the body, from the picture on, stay as
    they are. warm_up: steps. settled: share of the time after which rates fall. own_places: share
    of the second look's squares that the first look places itself, once it can.
    """

    batch_size: int = 32
    rate: float = 1e-3
    body_rate: float = 4e-4
    weight_decay: float = 0.01
    held: bool = True
    still: int = 2
    warm_up: int = 150
    settled: float = 0.35
    average: float = 0.999
    clip_norm: float = 20.0
    own_places: float = 0.5
    own_after: int = 1500
    jitter: Jitter = field(default_factory=Jitter)
    weights: Weights = field(default_factory=Weights)


class ReaderLearner:
    """Trains a reader; `average` is the moving average of it that is used and shipped."""

    def __init__(self, config: ReaderConfig, recipe: ReaderRecipe, *, seed: int = 0) -> None:
        torch.manual_seed(seed)
        self.recipe = recipe
        self.network = channels_last(Reader(config))
        self.average = deepcopy(self.network).requires_grad_(requires_grad=False).eval()
        self._freeze()
        body = [p for p in self.network.body.parameters() if p.requires_grad]
        known = {id(p) for p in self.network.body.parameters()}
        rest = [p for p in self.network.parameters() if id(p) not in known]
        groups = [
            {"params": body, "scale": recipe.body_rate},
            {"params": rest, "scale": recipe.rate},
        ]
        self.optimiser = AdamW(groups, lr=0.0, weight_decay=recipe.weight_decay)
        self.step = 0
        self.seconds = 0.0

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
        r = self.recipe
        self._set_rates(progress)
        self.network.train()
        first = self.network.first(batch.picture)
        about = self._placed(batch, first.reading)
        final = self.network.second(batch.fine, first, about=about, jitter=r.jitter)
        losses = reading_losses(first.reading, final, batch, r.weights)
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
            networks={"reader": self.network, "average": self.average},
            optimisers={"reader": self.optimiser},
            random=torch.Generator(),
            numbers={"seconds": self.seconds},
        )

    def load(self, path: Path) -> None:
        """Go on from what `save` wrote; TrainingError where it is of another reader."""
        self.step = load_checkpoint(
            path,
            networks={"reader": self.network, "average": self.average},
            optimisers={"reader": self.optimiser},
            random=torch.Generator(),
        )
        self.seconds = stored_numbers(path).get("seconds", 0.0)

    def _freeze(self) -> None:
        body, still = self.network.body, self.recipe.still
        if self.recipe.held:
            for module in body.modules():
                if isinstance(module, ConvNorm):
                    module.held = True
        if still:
            for part in (body.stem, *list(body.stages)[:still]):
                part.requires_grad_(requires_grad=False)

    def _set_rates(self, progress: float) -> None:
        r = self.recipe
        fall = max(0.0, (min(progress, 1.0) - r.settled) / (1 - r.settled))
        factor = min(1.0, (self.step + 1) / r.warm_up) * (
            0.005 + 0.995 * (1 + math.cos(math.pi * fall)) / 2
        )
        for group in self.optimiser.param_groups:
            group["lr"] = group["scale"] * factor

    def _placed(self, batch: Batch, first: Reading) -> Reading:
        """What the second look's squares are placed by: the truth, or the first look's reading."""
        share = self.recipe.own_places * min(1.0, self.step / self.recipe.own_after)
        own = torch.rand(len(batch.face)) < share
        return Reading(
            **vars(first)
            | {
                "points": torch.where(own[:, None, None], first.points, batch.points),
                "depth": torch.where(own[:, None], first.depth, batch.depth),
                "rotation": torch.where(own[:, None, None], first.rotation, batch.rotation),
            }
        )

    @torch.no_grad()
    def _follow(self) -> None:
        keep = min(self.recipe.average, (self.step + 1) / (self.step + 10))
        for mine, theirs in zip(
            self.average.state_dict().values(), self.network.state_dict().values(), strict=True
        ):
            if mine.is_floating_point():
                mine.lerp_(theirs, 1 - keep)
            else:
                mine.copy_(theirs)


def save_reader(path: Path, reader: Reader) -> None:
    """The weights in half precision with the config beside them; whole or not at all."""
    tensors = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in reader.state_dict().items()
    }
    metadata = {"format": FORMAT, "config": config_to_json(reader.config)}
    with whole_file(path) as part:
        save_tensors(tensors, part, metadata=metadata)


def read_weights(path: Path) -> Mapping[str, Tensor]:
    """A state dict from a safetensors file, or a torch file without code; InputError if neither."""
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = read_torch_file(path)
        return {name: value for name, value in content.items() if isinstance(value, Tensor)}
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: cannot be read as weights ({error})") from error
