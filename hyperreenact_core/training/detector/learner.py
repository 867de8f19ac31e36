"""One detector being trained: its steps, its moving average and their state on disk."""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torch.optim import AdamW

from ...errors import InputError, ModelError, OutputError, TrainingError
from ...models.config_json import config_from_json, config_to_json
from ...models.tensor_files import save_tensors
from ...networks.detector import SingleShotConfig, SingleShotDetector, cells
from ...networks.efficientnet_lite import BodyConfig, ConvNorm, body_from_published
from ..checkpoint import load_checkpoint, save_checkpoint, stored_numbers
from ..precision import channels_last
from .losses import Weights, detection_losses
from .scenes import SceneBatch
from .targets import targets_of

FORMAT = "hyperreenact-detector/1"


@dataclass(frozen=True)
class DetectorRecipe:
    """How a detector is trained.

    rate, body_rate: learning rates of what is new and of the body. held: the body's batch norms
    keep ImageNet's statistics. still: this many stages of the body, from the picture on, stay as
    they are. warm_up: steps. settled: share of the time after which rates fall.
    """

    batch_size: int = 16
    rate: float = 2e-3
    body_rate: float = 6e-4
    weight_decay: float = 0.01
    held: bool = True
    still: int = 3
    warm_up: int = 30
    settled: float = 0.3
    average: float = 0.99
    clip_norm: float = 10.0
    weights: Weights = field(default_factory=Weights)


class DetectorLearner:
    """Trains a detector; `average` is the moving average of it that is used and shipped."""

    def __init__(self, config: SingleShotConfig, recipe: DetectorRecipe, *, seed: int = 0) -> None:
        torch.manual_seed(seed)
        self.recipe = recipe
        self.network = channels_last(SingleShotDetector(config))
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
        self._set_rates(progress)
        self.network.train()
        height, width = batch.pictures.shape[-2:]
        targets = targets_of(batch.scenes, cells(height, width))
        # Norms that follow the batch must see all of it.
        places = self.network(batch.pictures, still=r.still if r.held else 0)
        losses = detection_losses(places, targets, r.weights)
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
            networks={"detector": self.network, "average": self.average},
            optimisers={"detector": self.optimiser},
            random=torch.Generator(),
            numbers={"seconds": self.seconds},
        )

    def load(self, path: Path) -> None:
        """Go on from what `save` wrote; TrainingError where it is of another detector."""
        self.step = load_checkpoint(
            path,
            networks={"detector": self.network, "average": self.average},
            optimisers={"detector": self.optimiser},
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
            0.01 + 0.99 * (1 + math.cos(math.pi * fall)) / 2
        )
        for group in self.optimiser.param_groups:
            group["lr"] = group["scale"] * factor

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


def load_detector(path: Path) -> SingleShotDetector:
    """A detector from what `save_detector` wrote, in single precision.

    Raises ModelError where the file is none.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if metadata.get("format") != FORMAT:
            raise ValueError(f"its format is {metadata.get('format')}, not {FORMAT}")
        detector = SingleShotDetector(config_from_json(metadata["config"], SingleShotConfig))
        detector.load_state_dict(state)
    except (OSError, SafetensorError, KeyError, ValueError, RuntimeError) as error:
        raise ModelError(f"{path}: cannot be read as a face detector ({error})") from error
    return channels_last(detector.eval())


def save_detector(path: Path, detector: SingleShotDetector) -> None:
    """The weights in half precision with the config beside them; whole or not at all."""
    tensors = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in detector.state_dict().items()
    }
    metadata = {"format": FORMAT, "config": config_to_json(detector.config)}
    partial = path.with_name(f".{path.name}.part")
    try:
        save_tensors(tensors, partial, metadata=metadata)
        partial.replace(path)
    except (OSError, SafetensorError) as error:
        raise OutputError(f"cannot write the weights ({error}): {path}") from error
