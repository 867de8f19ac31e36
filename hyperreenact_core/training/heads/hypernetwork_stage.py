"""Hypernetwork stage: from a source's appearance and a driving state to weight deltas, at once.

First kernels are matched: the portrait knows the w of the source's person in the driving state, so
no picture need be drawn (see `style_matching`). Then pictures join in, half of them of the same
person and half in the state of a stranger. Generator and encoders stay frozen.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ...imaging import ImageU8
from ...models.checkpoints import save_network
from ...networks.calibration import calibrate
from ...networks.hypernetwork import Hypernetwork, HypernetworkConfig
from ...networks.pose_state import state_map
from ...networks.reader import Reader, read_crops
from ...quality import psnr
from ...types import WeightDeltas
from ..engine.grids import comparison_grid
from ..engine.learner import update_average
from ..engine.losses import identity_loss, pyramid_loss
from ..engine.muon import split_optimisers
from ..engine.precision import autocast
from ..reader.states import state_figures, state_loss
from ..stages.style_matching import StyleMatching
from .crops import HeadCrops
from .features import HeadFeatures
from .pairs import soft_background
from .perception import Perception, picture_weights
from .portrait import Portrait


@dataclass(frozen=True)
class HeadsHypernetworkTraining:
    """style_steps: of kernel matching alone; picture_steps: with pictures.

    strangers, own: shares of the drivers that are another person, and the source itself.
    image_rate: factor of the learning rate once pictures are drawn; at the full rate small noisy
        batches undo in a hundred steps what the warm-up has learnt.
    """

    style_steps: int
    picture_steps: int
    batch_size: int = 8
    style_batch_size: int = 32
    learning_rate: float = 1e-3
    image_rate: float = 0.2
    strangers: float = 0.5
    own: float = 0.1
    style_weight: float = 10.0
    pixel_weight: float = 1.2
    perceptual_weight: float = 1.0
    identity_weight: float = 4.0
    state_weight: float = 2.0
    average_decay: float = 0.998

    @property
    def steps(self) -> int:
        return self.style_steps + self.picture_steps


@dataclass(frozen=True)
class Frozen:
    """The frozen networks that the losses ask."""

    portrait: Portrait
    perception: Perception
    reader: Reader


class HeadsHypernetworkStage:
    """Trains a `Hypernetwork`; keeps a moving average of it."""

    name = "hypernetwork"

    def __init__(
        self,
        *,
        config: HypernetworkConfig,
        training: HeadsHypernetworkTraining,
        frozen: Frozen,
        heads: HeadCrops,
        features: HeadFeatures,
        held_out: HeadCrops,
        held_out_features: HeadFeatures,
        out: Path,
    ) -> None:
        self._training, self._frozen, self._out = training, frozen, out
        self._heads, self._features = heads, features
        self._held_out, self._held_out_features = held_out, held_out_features
        self._matching = StyleMatching(frozen.portrait.generator)
        self.network = Hypernetwork(config).to(heads.device)
        some = heads.spread(64)
        appearance, told = self._maps(some, some)
        calibrate(self.network, appearance=appearance, pose=told)
        self.average = deepcopy(self.network).requires_grad_(requires_grad=False)
        self._optimisers = split_optimisers(self.network, training.learning_rate)

    def networks(self) -> Mapping[str, nn.Module]:
        return {"network": self.network, "average": self.average}

    def optimisers(self) -> Mapping[str, Optimizer]:
        return self._optimisers

    def step(self, step: int, random: torch.Generator) -> Mapping[str, Tensor]:
        t, heads = self._training, self._heads
        draws = step >= t.style_steps
        source = heads.sample(t.batch_size if draws else t.style_batch_size, random)
        driving, cross = self._drivers(source, random)
        w_source = self._features.w_plus[source].float()
        with autocast(heads.device):
            deltas = self._deltas(source, driving, step)
        losses = {"style": self._style_loss(deltas, w_source, source, driving)}
        total = losses["style"] * (t.style_weight if draws else 1.0)
        if draws:
            with autocast(heads.device):
                image = self._frozen.portrait.generator(w_source, deltas).float()
            drawn = self._image_losses(image, source, driving, ~cross)
            losses |= drawn
            total = total + sum(drawn.values())
            for group in (g for o in self._optimisers.values() for g in o.param_groups):
                group["lr"] *= t.image_rate  # the loop sets it afresh before every step
        self.network.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for optimiser in self._optimisers.values():
            optimiser.step()
        update_average(self.average, self.network, step, t.average_decay)
        return {key: value.detach() for key, value in losses.items()}

    def _maps(
        self, source: Tensor, driving: Tensor, *, held_out: bool = False
    ) -> tuple[Tensor, Tensor]:
        """What the network is shown: appearance of the sources and states of the drivers."""
        features = self._held_out_features if held_out else self._features
        heads = self._held_out if held_out else self._heads
        return features.appearance[source].float(), state_map(heads.state[driving])

    def _deltas(self, source: Tensor, driving: Tensor, step: int) -> WeightDeltas:
        return self.network(*self._maps(source, driving))

    def _drivers(self, source: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Driving rows [B], and [B] whether they show another person."""
        t, heads = self._training, self._heads
        draw = torch.rand(len(source), generator=random).to(source.device)
        cross = draw < t.strangers
        # Among so many people a stranger is hardly ever the same one.
        driving = torch.where(
            cross, heads.sample(len(source), random), heads.partner(source, random)
        )
        return torch.where(draw > 1 - t.own, source, driving), cross

    def _style_loss(
        self, deltas: WeightDeltas, w_source: Tensor, source: Tensor, driving: Tensor
    ) -> Tensor:
        portrait = self._frozen.portrait
        with torch.no_grad():
            w = portrait.w(self._features.code[source], self._heads.state[driving])
            wanted = portrait.generator.broadcast(w)
        return self._matching(deltas, w_source, wanted)

    def _image_losses(
        self, image: Tensor, source: Tensor, driving: Tensor, same: Tensor
    ) -> dict[str, Tensor]:
        """Weighted; those of pixels only where the truth is at hand."""
        t, heads, frozen = self._training, self._heads, self._frozen
        with autocast(heads.device):
            embedding = frozen.portrait.look(image).embedding
        reading = read_crops(frozen.reader, image)
        with torch.no_grad():
            wanted = read_crops(frozen.reader, heads.batch(driving))
        losses = {
            "identity": t.identity_weight
            * identity_loss(embedding, self._features.id_embedding[source]),
            "state": t.state_weight * state_loss(reading, wanted),
        }
        if bool(same.any()):
            own = driving[same]
            cover = heads.cover(own)
            truth = soft_background(heads.batch(own), cover)
            weight = picture_weights(heads.landmarks[own], cover)
            share = same.float().mean()
            losses["pixel"] = t.pixel_weight * share * pyramid_loss(image[same], truth, weight)
            losses["feature"] = (
                t.perceptual_weight * share * frozen.perception.distance(image[same], truth)
            )
        return losses

    @torch.no_grad()
    def validate(self) -> tuple[Mapping[str, float], ImageU8 | None]:
        """Held-out people: in another state of their own, and in a stranger's."""
        heads, random = self._held_out, torch.Generator().manual_seed(1)
        source = heads.spread(64)
        driving = heads.partner(source, random)
        stranger = source.roll(5)
        mine, other = self._draw(source, driving), self._draw(source, stranger)
        cover = heads.cover(driving)
        truth = soft_background(heads.batch(driving), cover)
        reading = read_crops(self._frozen.reader, other)
        figures = {
            "psnr": float(psnr(mine * cover, truth * cover).mean()),
            **state_figures(reading, heads.state[stranger]),
        }
        show = slice(0, 20)
        stacks = [heads.batch(source), truth, mine, heads.batch(stranger), other]
        return figures, comparison_grid([stack[show] for stack in stacks], columns=10)

    def _draw(self, source: Tensor, driving: Tensor) -> Tensor:
        seen, images = self._held_out_features, []
        for i, j in zip(source.split(32), driving.split(32), strict=True):
            with autocast(source.device):
                deltas = self.average(*self._maps(i, j, held_out=True))
                images.append(self._frozen.portrait.generator(seen.w_plus[i].float(), deltas))
        return torch.cat(images).float().clamp(-1, 1)

    def finish(self) -> None:
        path = self._out / "hypernetwork.safetensors"
        save_network(path, self.average, kind="hypernetwork", config=self.average.config)
