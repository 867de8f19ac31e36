"""Inversion encoder stage: rendered face -> W+ codes of the frozen generator.

First the codes are regressed: the generator's mapping network tells the code of every scene, so
no image need be drawn. Then pixel, feature and identity losses on the drawn image join in, with
the latent term kept as regularisation (codes stay where the generator was trained).
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
from ...networks.arcface import AppearanceTaps, ArcFace
from ...networks.e4e import E4E, E4EConfig
from ...networks.stylegan2 import Generator
from ...quality import feature_distance, psnr
from ..data.drawn_heads import RenderedHeads
from ..data.frozen_set import Faces
from ..data.scene import SceneCode
from ..engine.grids import comparison_grid
from ..engine.losses import identity_loss, landmark_weights, pyramid_loss
from ..engine.precision import autocast, channels_last


@dataclass(frozen=True)
class E4ETraining:
    """latent_steps: steps of pure code regression before images are drawn."""

    latent_steps: int
    batch_size: int = 32
    image_batch_size: int = 16
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    latent_weight: float = 1.0
    pixel_weight: float = 1.0
    feature_weight: float = 0.5
    identity_weight: float = 0.5


def copy_body(source: ArcFace, target: E4E) -> None:
    """Start from eyes that can see: an appearance encoder with the same body knows faces.

    Nothing happens where the bodies differ.
    """
    if source.config.body != target.config.body:
        return
    for name in ("input_layer", "body"):
        target.get_submodule(name).load_state_dict(source.get_submodule(name).state_dict())


def inversion_losses(
    image: Tensor, truth: Faces, mine: AppearanceTaps, theirs: AppearanceTaps
) -> dict[str, Tensor]:
    """How far a drawn face is from the true one: pixels, feature maps and identity, unweighted."""
    weight = landmark_weights(truth.landmarks, truth.image.shape[-1])
    return {
        "pixel": pyramid_loss(image, truth.image, weight),
        "feature": feature_distance(mine.taps, theirs.taps).mean(),
        "identity": identity_loss(mine.embedding, theirs.embedding),
    }


class E4EStage:
    """Trains an `E4E` against a frozen generator."""

    name = "e4e"

    def __init__(
        self,
        *,
        config: E4EConfig,
        training: E4ETraining,
        generator: Generator,
        appearance: ArcFace,
        heads: RenderedHeads,
        held_out: RenderedHeads,
        out: Path,
    ) -> None:
        self._training, self._heads, self._held_out, self._out = training, heads, held_out, out
        self._generator, self._appearance = generator, appearance
        self.network = channels_last(E4E(config)).to(heads.device)
        self.network.start_from(generator.latent_avg)
        copy_body(appearance, self.network)
        self._scene = SceneCode().to(heads.device)
        with torch.no_grad():
            self._deviation = generator.mapping(self._scene(heads, heads.spread(4096))).std(0)
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
        face = heads.batch(index)
        self.network.train()
        with autocast(heads.device):
            codes = self.network(face)
        with torch.no_grad():
            truth = self._generator.mapping(self._scene(heads, index))[:, None]
        latent = ((codes - truth) / self._deviation).square().mean()
        losses = {"latent": latent}
        total = t.latent_weight * latent
        if draws:
            losses |= self._image_losses(face, codes, heads.landmarks[index])
            total = (
                total
                + t.pixel_weight * losses["pixel"]
                + t.feature_weight * losses["feature"]
                + t.identity_weight * losses["identity"]
            )
        self._optimiser.zero_grad(set_to_none=True)
        total.backward()
        self._optimiser.step()
        return {key: value.detach() for key, value in losses.items()}

    def _image_losses(self, face: Tensor, codes: Tensor, landmarks: Tensor) -> dict[str, Tensor]:
        size = self._appearance.config.input_size
        with autocast(face.device):
            image = self._generator(codes).float()
            mine = self._appearance.describe(resize(image, size))
            with torch.no_grad():
                theirs = self._appearance.describe(resize(face, size))
        return inversion_losses(image, Faces(face, landmarks), mine, theirs)

    @torch.no_grad()
    def validate(self) -> tuple[Mapping[str, float], ImageU8 | None]:
        self.network.eval()
        truth, drawn = [], []
        for part in self._held_out.spread(128).split(32):
            face = self._held_out.batch(part)
            with autocast(face.device):
                drawn.append(self._generator(self.network(face)).float().clamp(-1, 1))
            truth.append(face)
        true, mine = torch.cat(truth), torch.cat(drawn)
        return {"psnr": float(psnr(mine, true).mean())}, comparison_grid(
            [true[:24], mine[:24]], columns=8
        )

    def finish(self) -> None:
        self.network.eval()
        path = self._out / "e4e.safetensors"
        save_network(path, self.network, kind="e4e", config=self.network.config)
