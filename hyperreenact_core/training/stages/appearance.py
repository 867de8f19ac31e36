"""Appearance encoder stage: ArcFace margin loss on rendered identities.

A small auxiliary head reads the scene parameters off the appearance map while training: the
hypernetwork needs to know not only who the source is but also how it sits in the picture, which
the margin loss alone would teach the map to forget. The head is not part of the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from ...imaging import ImageU8, resize
from ...models.checkpoints import save_network
from ...models.kinds import NetworkKind
from ...networks.arcface import ArcFace, ArcFaceConfig
from ..data.augment import jitter_colours, jitter_frame
from ..data.drawn_heads import RenderedHeads
from ..engine.precision import autocast, channels_last
from .margin import ArcFaceMargin


@dataclass(frozen=True)
class AppearanceTraining:
    """scene_weight: of the auxiliary head; 0 trains by the margin loss alone."""

    batch_size: int = 48
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    scene_weight: float = 1.0


class AppearanceStage:
    """Trains an `ArcFace`; `name` is the file it ends in (appearance or judge_appearance)."""

    def __init__(
        self,
        *,
        name: NetworkKind,
        config: ArcFaceConfig,
        training: AppearanceTraining,
        heads: RenderedHeads,
        held_out: RenderedHeads,
        out: Path,
    ) -> None:
        self.name: NetworkKind = name
        self._training, self._heads, self._held_out, self._out = training, heads, held_out, out
        self.network = channels_last(ArcFace(config)).to(heads.device)
        classes = int(heads.identity.max()) + 1
        self.margin = ArcFaceMargin(config.embedding_dim, classes).to(heads.device)
        values = config.body.out_channels * config.map_size**2
        self.scene = nn.Sequential(
            nn.Flatten(), nn.LayerNorm(values), nn.Linear(values, heads.parameters.shape[1])
        ).to(heads.device)
        self._mean = heads.parameters.mean(0)
        self._deviation = heads.parameters.std(0) + 0.15
        parameters = [p for n in self.networks().values() for p in n.parameters()]
        self._optimiser = AdamW(
            parameters, training.learning_rate, weight_decay=training.weight_decay
        )

    def networks(self) -> Mapping[str, nn.Module]:
        return {"network": self.network, "margin": self.margin, "scene": self.scene}

    def optimisers(self) -> Mapping[str, Optimizer]:
        return {"all": self._optimiser}

    @torch.no_grad()
    def place_centres(self) -> None:
        """Put each person's class centre where the network sees that person.

        A weights file holds no centres: a network that goes on from one would unlearn much of
        what it knows while fresh ones find their places.
        """
        self.network.eval()
        heads, sums = self._heads, torch.zeros_like(self.margin.weight)
        for part in torch.arange(len(heads), device=heads.device).split(64):
            with autocast(heads.device):
                seen = self.network(self._face(heads, part)).embedding.float()
            sums.index_add_(0, heads.identity[part], seen)
        self.margin.weight.copy_(F.normalize(sums) * self.margin.weight.norm(dim=1).mean())

    def step(self, step: int, random: torch.Generator) -> Mapping[str, Tensor]:
        index = self._heads.sample(self._training.batch_size, random)
        face = jitter_frame(jitter_colours(self._face(self._heads, index), random), random)
        self.network.train()
        with autocast(self._heads.device):
            features = self.network(face)
            scene = self.scene(features.map)
        labels = self._heads.identity[index]
        identity = F.cross_entropy(self.margin(features.embedding, labels), labels)
        truth = (self._heads.parameters[index] - self._mean) / self._deviation
        scene_error = (scene.float() - truth).abs().mean()
        self._optimiser.zero_grad(set_to_none=True)
        (identity + self._training.scene_weight * scene_error).backward()
        self._optimiser.step()
        return {"identity": identity.detach(), "scene": scene_error.detach()}

    @torch.no_grad()
    def validate(self) -> tuple[Mapping[str, float], ImageU8 | None]:
        """Retrieval rank-1: each held-out frame's nearest other frame of another clip."""
        self.network.eval()
        heads = self._held_out
        index = heads.spread(1200)
        embeddings = []
        for part in index.split(64):
            with autocast(heads.device):
                embeddings.append(self.network(self._face(heads, part)).embedding)
        codes = torch.cat(embeddings)
        likeness = codes @ codes.t()
        same_clip = heads.clip[index][:, None] == heads.clip[index][None]
        nearest = likeness.masked_fill(same_clip, -2.0).argmax(1)
        rank1 = (heads.identity[index][nearest] == heads.identity[index]).float().mean()
        return {"rank1": float(rank1)}, None

    def finish(self) -> None:
        self.network.eval()
        path = self._out / f"{self.name}.safetensors"
        save_network(path, self.network, kind=self.name, config=self.network.config)

    def _face(self, heads: RenderedHeads, index: Tensor) -> Tensor:
        return resize(heads.batch(index), self.network.config.input_size)
