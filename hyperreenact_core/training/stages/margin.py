"""Training head of the recognition network: cosine logits with an additive angular margin.

Source: Deng et al., "ArcFace" (2019), equation 3.
"""

from __future__ import annotations

from math import cos, pi, sin

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ArcFaceMargin(nn.Module):
    """Embeddings and labels -> logits for a cross-entropy loss over the training identities.

    margin: angle in radians added between an embedding and its own class centre.
    scale: factor of the cosines; the softmax needs more than [-1, 1].
    """

    def __init__(
        self, embedding_dim: int, classes: int, *, margin: float = 0.4, scale: float = 32.0
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(classes, embedding_dim))
        self.margin = margin
        self.scale = scale
        nn.init.normal_(self.weight, std=0.01)

    def forward(self, embedding: Tensor, label: Tensor | None = None) -> Tensor:
        """embedding [B, E], label [B] or None (no margin, for measuring) -> logits [B, classes]."""
        with torch.autocast(embedding.device.type, enabled=False):
            cosine = F.linear(F.normalize(embedding.float()), F.normalize(self.weight.float()))
            if label is None:
                return cosine * self.scale
            own = cosine.gather(1, label[:, None])  # [B, 1]
            return cosine.scatter(1, label[:, None], self._with_margin(own)) * self.scale

    def _with_margin(self, cosine: Tensor) -> Tensor:
        """cos(angle + margin), continued by a line where that would turn upward again."""
        sine = (1.0 - cosine.square()).clamp_min(1e-6).sqrt()
        moved = cosine * cos(self.margin) - sine * sin(self.margin)
        return torch.where(
            cosine > cos(pi - self.margin), moved, cosine - self.margin * sin(self.margin)
        )
