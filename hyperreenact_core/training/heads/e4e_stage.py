"""Inversion encoder stage: face -> W+ codes of the finished generator.

First the codes are regressed, for the portrait knows the w of every picture; then losses on the
drawn picture join in, and the latent term keeps W+ near W.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from ...imaging import ImageU8
from ...models.checkpoints import save_network
from ...networks.e4e import E4E, E4EConfig
from ...quality import psnr
from ..engine.grids import comparison_grid
from ..engine.losses import identity_loss, pyramid_loss
from ..engine.precision import autocast, channels_last, steady_norms
from ..stages.inversion import copy_body
from .crops import HeadCrops
from .pairs import Pairs, pictures_of, soft_background
from .perception import Perception
from .portrait import Portrait


@dataclass(frozen=True)
class HeadsE4ETraining:
    """latent_steps: steps of pure code regression before pictures are drawn."""

    latent_steps: int
    batch_size: int = 32
    image_batch_size: int = 12
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    latent_weight: float = 0.3
    pixel_weight: float = 1.0
    perceptual_weight: float = 0.5
    identity_weight: float = 0.5
    flat: float = 0.3


class HeadsE4EStage:
    """Trains an `E4E` against a finished portrait."""

    name = "e4e"

    def __init__(
        self,
        *,
        config: E4EConfig,
        training: HeadsE4ETraining,
        portrait: Portrait,
        perception: Perception,
        heads: HeadCrops,
        held_out: HeadCrops,
        out: Path,
    ) -> None:
        self._training, self._heads, self._held_out, self._out = training, heads, held_out, out
        self._portrait, self._perception = portrait, perception
        self.network = steady_norms(channels_last(E4E(config))).to(heads.device)
        self.network.start_from(portrait.generator.latent_avg)
        copy_body(portrait.appearance, self.network)
        some = heads.spread(1024)
        self._deviation = torch.cat([self._w(heads.batch(i), i) for i in some.split(64)]).std(0)
        self._optimiser = AdamW(
            self.network.parameters(), training.learning_rate, weight_decay=training.weight_decay
        )

    def networks(self) -> Mapping[str, nn.Module]:
        return {"network": self.network}

    def optimisers(self) -> Mapping[str, Optimizer]:
        return {"network": self._optimiser}

    def step(self, step: int, random: torch.Generator) -> Mapping[str, Tensor]:
        t, heads = self._training, self._heads
        draws = step >= t.latent_steps
        index = heads.sample(t.image_batch_size if draws else t.batch_size, random)
        pairs = pictures_of(heads, index, index, random, flat=t.flat)
        self.network.train()
        with autocast(heads.device):
            codes = self.network(pairs.source)
        truth = self._w(pairs.source, index)[:, None]
        losses = {"latent": ((codes - truth) / self._deviation).square().mean()}
        total = t.latent_weight * losses["latent"]
        if draws:
            losses |= self._image_losses(pairs, codes)
            total = (
                total
                + t.pixel_weight * losses["pixel"]
                + t.perceptual_weight * losses["feature"]
                + t.identity_weight * losses["identity"]
            )
        self._optimiser.zero_grad(set_to_none=True)
        total.backward()
        self._optimiser.step()
        return {key: value.detach() for key, value in losses.items()}

    @torch.no_grad()
    def _w(self, face: Tensor, index: Tensor) -> Tensor:
        """[B, D]: what the portrait would draw these pictures from."""
        with autocast(face.device):
            code = self._portrait.code(self._portrait.look(face).map)
            return self._portrait.w(code, self._heads.state[index]).float()

    def _image_losses(self, pairs: Pairs, codes: Tensor) -> dict[str, Tensor]:
        look = self._portrait.look
        with autocast(codes.device):
            image = self._portrait.generator(codes).float()
            mine = look(image).embedding
            with torch.no_grad():
                theirs = look(pairs.source).embedding
        return {
            "pixel": pyramid_loss(image, pairs.truth, pairs.weight),
            "feature": self._perception.distance(image, pairs.truth),
            "identity": identity_loss(mine, theirs),
        }

    @torch.no_grad()
    def validate(self) -> tuple[Mapping[str, float], ImageU8 | None]:
        """Pictures of held-out people, drawn again."""
        self.network.eval()
        truth: list[Tensor] = []
        drawn: list[Tensor] = []
        scores: list[Tensor] = []
        for part in self._held_out.spread(96).split(32):
            face, cover = self._held_out.batch(part), self._held_out.cover(part)
            with autocast(face.device):
                mine = self._portrait.generator(self.network(face)).float().clamp(-1, 1)
            truth.append(soft_background(face, cover))
            drawn.append(mine)
            scores.append(psnr(mine * cover, truth[-1] * cover))
        grid = comparison_grid([torch.cat(truth)[:30], torch.cat(drawn)[:30]], columns=10)
        return {"psnr": float(torch.cat(scores).mean())}, grid

    def finish(self) -> None:
        self.network.eval()
        path = self._out / "e4e.safetensors"
        save_network(path, self.network, kind="e4e", config=self.network.config)
