"""Landmark stage: 68 points and a face-or-not score, on faces of any size and place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from ...imaging import ImageU8, warp
from ...models.checkpoints import save_network
from ...networks.landmarks import LandmarkConfig, LandmarkNet
from ..data.augment import jitter_colours
from ..data.drawn_heads import RenderedHeads
from ..data.faceless import faceless_pictures
from ..engine.grids import landmark_grid
from ..engine.precision import autocast, channels_last


@dataclass(frozen=True)
class LandmarkTraining:
    """What the network sees.

    face_size: smallest and largest extent of the landmarks as a fraction of the square.
    faceless_share: part of each batch without a face.
    """

    batch_size: int = 48
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    face_size: tuple[float, float] = (0.28, 0.85)
    faceless_share: float = 0.25
    point_weight: float = 20.0


class LandmarkStage:
    """Trains a `LandmarkNet` on portraits that are moved and zoomed at random."""

    name = "landmarks"

    def __init__(
        self,
        *,
        config: LandmarkConfig,
        training: LandmarkTraining,
        portraits: RenderedHeads,
        held_out: RenderedHeads,
        out: Path,
    ) -> None:
        self._training, self._out = training, out
        self._portraits, self._held_out = portraits, held_out
        self.network = channels_last(LandmarkNet(config)).to(portraits.device)
        self._optimiser = AdamW(
            self.network.parameters(), training.learning_rate, weight_decay=training.weight_decay
        )

    def networks(self) -> Mapping[str, nn.Module]:
        return {"network": self.network}

    def optimisers(self) -> Mapping[str, Optimizer]:
        return {"network": self._optimiser}

    def step(self, step: int, random: torch.Generator) -> Mapping[str, Tensor]:
        t = self._training
        faceless = int(t.batch_size * t.faceless_share)
        index = self._portraits.sample(t.batch_size - faceless, random)
        faces, points = self._place(self._portraits, index, random)
        others = faceless_pictures(faces[:faceless], random)
        picture = jitter_colours(torch.cat([faces, others]), random, strength=0.25)
        self.network.train()
        with autocast(picture.device):
            prediction = self.network(picture)
        is_face = torch.zeros(len(picture), device=picture.device)
        is_face[: len(faces)] = 1.0
        # Relative to the face: an error of a pixel matters more on a small one.
        extent = (points.amax(1) - points.amin(1)).amax(1)[:, None, None]
        miss = ((prediction.points[: len(faces)] - points).abs() / extent).mean()
        score = F.binary_cross_entropy_with_logits(prediction.score, is_face)
        self._optimiser.zero_grad(set_to_none=True)
        (t.point_weight * miss + score).backward()
        self._optimiser.step()
        return {"miss": miss.detach(), "score": score.detach()}

    @torch.no_grad()
    def validate(self) -> tuple[Mapping[str, float], ImageU8 | None]:
        """Mean distance relative to the face's extent; share of wrong face-or-not answers."""
        self.network.eval()
        random = torch.Generator().manual_seed(1)
        faces, points = self._place(self._held_out, self._held_out.spread(256), random)
        others = faceless_pictures(faces, random)
        with autocast(faces.device):
            mine, none = self.network(faces), self.network(others)
        extent = (points.amax(1) - points.amin(1)).amax(1)[:, None]
        distance = ((mine.points - points).norm(dim=2) / extent).mean()
        wrong = (mine.score < 0).float().mean() + (none.score > 0).float().mean()
        figures = {"distance": float(distance), "wrong": float(wrong) / 2}
        return figures, landmark_grid(faces[:16], mine.points[:16], columns=8)

    def finish(self) -> None:
        self.network.eval()
        path = self._out / "landmarks.safetensors"
        save_network(path, self.network, kind="landmarks", config=self.network.config)

    def _place(
        self, heads: RenderedHeads, index: Tensor, random: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Faces at random sizes and places: pictures [B, 3, S, S], points [B, 68, 2] in 0..1."""
        image, points = heads.batch(index), heads.landmarks[index] / heads.size
        low, high = points.amin(1), points.amax(1)  # [B, 2]
        draw = torch.rand(len(index), 3, generator=random).to(image.device)
        smallest, largest = self._training.face_size
        wanted = smallest * (largest / smallest) ** draw[:, :1]  # [B, 1], even in log size
        zoom = (high - low).amax(1, keepdim=True) / wanted  # input side over output side
        # The box of the face lies wholly inside the square.
        free = 1 - (high - low) / zoom
        corner = draw[:, 1:] * free.clamp(min=0)
        moved = (points - low[:, None]) / zoom[:, None] + corner[:, None]
        # Output pixel q in 0..1 samples the input at (q - corner) * zoom + low.
        theta = torch.zeros(len(index), 2, 3, device=image.device)
        theta[:, 0, 0] = theta[:, 1, 1] = zoom[:, 0]
        theta[:, :, 2] = 2 * (low - corner * zoom) - 1 + zoom
        size = self.network.config.input_size
        return warp(image, theta, size=size, beyond="border"), moved
