"""Inversion encoder stage on clips of real people: face crop -> W+ codes of a frozen generator.

Nobody knows the true codes of a photograph. Two terms keep them where the generator was trained:
near the mean code, in units of the codes' own spread, and near one code for all layers.

Source: Tov et al., "Designing an Encoder for StyleGAN Image Manipulation" (2021).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from ...imaging import ImageU8, resize
from ...models.checkpoints import save_network
from ...networks.e4e import E4E
from ...quality import psnr
from ..data.clip_faces import ClipFaces
from ..data.frozen_set import FrozenSet
from ..engine.compute import Compute
from ..engine.grids import comparison_grid, spread_out
from ..engine.learner import Learner, Shares, frozen_copy, update_average
from ..engine.precision import channels_last
from ..engine.recipes import Recipe
from .codes import code_statistics
from .inversion import inversion_losses

_HELD_OUT_FACES, _SHOWN = 64, 8


@dataclass(frozen=True)
class ClipE4ETraining:
    """Weights of the losses; latent: distance from the mean code, offset: between layers."""

    recipe: Recipe
    weight_decay: float = 0.01
    pixel_weight: float = 1.0
    feature_weight: float = 0.5
    identity_weight: float = 0.5
    latent_weight: float = 0.01
    offset_weight: float = 0.02


class ClipE4EStage:
    """Trains an `E4E` against a frozen set; keeps a moving average of it.

    fresh: the network holds no training yet. Otherwise its batch norms keep the statistics they
    have: those of a few pictures of few people would blur what it knows of many.
    """

    name = "e4e"

    def __init__(
        self,
        network: E4E,
        *,
        fresh: bool,
        training: ClipE4ETraining,
        frozen: FrozenSet,
        clips: ClipFaces,
        held_out: ClipFaces,
        compute: Compute,
        out: Path,
    ) -> None:
        self._training, self._frozen, self._out = training, frozen, out
        self._fresh = fresh
        self._clips, self._held_out = clips, held_out
        self._shares = Shares(training.recipe, compute)
        self._codes = code_statistics(frozen.generator)
        network = channels_last(network).to(compute.device)
        self.average = frozen_copy(network).eval()
        optimiser = AdamW(
            network.parameters(),
            training.recipe.learning_rate,
            weight_decay=training.weight_decay,
        )
        self.learner = Learner(network, optimiser, recipe=training.recipe, compute=compute)

    def networks(self) -> Mapping[str, nn.Module]:
        return {"network": self.learner.network, "average": self.average}

    def optimisers(self) -> Mapping[str, Optimizer]:
        return {"network": self.learner.optimiser}

    def step(self, step: int, random: torch.Generator) -> Mapping[str, Tensor]:
        index = self._clips.clips.sample(self._shares.total, random)
        self.learner.model.train(self._fresh)
        losses = self.learner.update(self._shares, lambda _part, rows: self._losses(index[rows]))
        decay = self._training.recipe.average_decay
        update_average(self.average, self.learner.network, step, decay)
        return losses

    def _losses(self, index: Tensor) -> dict[str, Tensor]:
        t, faces = self._training, self._clips.take(index)
        with self.learner.autocast():
            codes = self.learner.model(self._input(faces.image)).float()
            image = self._frozen.generator(codes).float()
            mine = self._frozen.look(faces.with_image(image))
            with torch.no_grad():
                theirs = self._frozen.look(faces)
        drawn = inversion_losses(image, faces, mine, theirs)
        spread = self._codes.deviation
        return {
            "pixel": t.pixel_weight * drawn["pixel"],
            "feature": t.feature_weight * drawn["feature"],
            "identity": t.identity_weight * drawn["identity"],
            "latent": t.latent_weight * ((codes - self._codes.mean) / spread).square().mean(),
            "offset": t.offset_weight * ((codes - codes[:, :1]) / spread).square().mean(),
        }

    @torch.no_grad()
    def validate(self) -> tuple[Mapping[str, float], ImageU8 | None]:
        """Held-out faces against their inversions: likeness of pixels and of identity."""
        truth, drawn, likeness = [], [], []
        for faces in self._held_out.in_turn(self._held_out.clips.spread(_HELD_OUT_FACES)):
            with self.learner.autocast():
                codes = self.average(self._input(faces.image)).float()
                image = self._frozen.generator(codes).float().clamp(-1, 1)
            mine, theirs = self._frozen.look(faces.with_image(image)), self._frozen.look(faces)
            likeness.append((mine.embedding * theirs.embedding).sum(1))
            truth.append(faces.image)
            drawn.append(image)
        true, mine = torch.cat(truth), torch.cat(drawn)
        figures = {
            "psnr": float(psnr(mine, true).mean()),
            "identity": float(torch.cat(likeness).mean()),
        }
        return figures, comparison_grid(
            [spread_out(true, 3 * _SHOWN), spread_out(mine, 3 * _SHOWN)], columns=_SHOWN
        )

    def finish(self) -> None:
        path = self._out / "e4e.safetensors"
        save_network(path, self.average, kind="e4e", config=self.average.config)

    def _input(self, image: Tensor) -> Tensor:
        return resize(image, self.average.config.input_size)
