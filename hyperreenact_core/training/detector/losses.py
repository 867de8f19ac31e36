"""What a detector is judged by in training."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ...networks.detector import Places
from .targets import Targets

_BEYOND = 0.2
"""Weight of points that lie outside the picture."""


@dataclass(frozen=True)
class Weights:
    """Of the parts of the loss. balance: of faces against everything else; focus: of the focal
    loss, the higher the less what is known counts."""

    score: float = 1.0
    square: float = 2.0
    points: float = 3.0
    balance: float = 0.4
    focus: float = 2.0


def detection_losses(places: Places, targets: Targets, weights: Weights) -> dict[str, Tensor]:
    """Weighted losses; sum them up. Every face counts the same, however many cells it has."""
    faces = targets.share.sum().clamp_min(1.0)
    score = focal_loss(places.score, targets.face, weights) * targets.counts
    own = targets.face * targets.share
    losses = {"score": weights.score * (score * torch.where(own > 0, own, 0.25)).sum() / faces}
    rows = targets.share > 0
    if not bool(rows.any()):
        return losses
    share = targets.share[rows] / faces
    truth, found = targets.squares[rows], places.squares[rows]
    losses["square"] = weights.square * (share * square_loss(found, truth)).sum()
    seen = _BEYOND + (1 - _BEYOND) * targets.seen[rows]
    away = (places.points[rows] - targets.points[rows]).abs().sum(-1) / truth[:, 2:]
    losses["points"] = weights.points * (share * (seen * away).mean(1)).sum()
    return losses


def focal_loss(logits: Tensor, truth: Tensor, weights: Weights) -> Tensor:
    """Lin et al., "Focal Loss for Dense Object Detection" (2017), of every place."""
    plain = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    wrong = (logits.sigmoid() - truth).abs()
    side = torch.where(truth > 0, weights.balance, 1 - weights.balance)
    return side * wrong**weights.focus * plain


def square_loss(found: Tensor, truth: Tensor) -> Tensor:
    """One less the shared over the united area of squares [N, 3], and how far their middles are.

    Source: Zheng et al., "Distance-IoU Loss" (2020).
    """
    low = torch.maximum(found[:, :2] - found[:, 2:] / 2, truth[:, :2] - truth[:, 2:] / 2)
    high = torch.minimum(found[:, :2] + found[:, 2:] / 2, truth[:, :2] + truth[:, 2:] / 2)
    shared = (high - low).clamp_min(0).prod(1)
    united = found[:, 2].square() + truth[:, 2].square() - shared
    away = (found[:, :2] - truth[:, :2]).square().sum(1)
    about = (found[:, 2] + truth[:, 2]).square() / 2
    size = (found[:, 2] / truth[:, 2]).log().abs()
    return 1 - shared / united + away / about + 0.2 * size
