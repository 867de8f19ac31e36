"""What a reading is judged by in training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ...networks.reader import Reading
from ...networks.reader_regions import LEFT_EYE, LIDS, MOUTH, OUTER_EYES, RIGHT_EYE
from .stream import Batch
from .tables import OPENINGS, coefficient_weights, point_weights

RowsT = TypeVar("RowsT", Reading, Batch)

_CLOSE = [*LEFT_EYE, *RIGHT_EYE, *MOUTH]
_UNSEEN = 0.4
"""Weight of points that the picture does not show."""
_LEAST_LOG, _MOST_LOG = -6.5, 1.0
_STEADY = 0.1
"""Errors of coefficients below this count by their square, above by themselves."""


@dataclass(frozen=True)
class Weights:
    """Of the parts of the loss."""

    spread: float = 0.5
    points: float = 10.0
    irises: float = 6.0
    depth: float = 3.0
    openings: float = 10.0
    rotation: float = 4.0
    coefficients: float = 15.0
    gaze: float = 2.0
    visible: float = 0.5
    face: float = 1.0


def unit_of(points: Tensor, depth: Tensor) -> Tensor:
    """[B] distance of the eyes' outer corners in space, which no turn of the head changes."""
    solid = torch.cat([points, depth[..., None]], -1)[:, list(OUTER_EYES)]
    return (solid[:, 0] - solid[:, 1]).norm(dim=-1).clamp_min(1e-3)


def reading_losses(
    first: Reading, final: Reading, batch: Batch, weights: Weights
) -> dict[str, Tensor]:
    """Weighted losses of the first look and of what the second one made of it; sum them up."""
    losses = {"face": weights.face * face_loss(first.face, batch.face)}
    rows = batch.face
    if not bool(rows.any()):
        return losses
    first, final, batch = _only(first, rows), _only(final, rows), _only(batch, rows)
    unit = unit_of(batch.points, batch.depth)
    seen = _UNSEEN + (1 - _UNSEEN) * batch.visible
    weight = seen * torch.from_numpy(point_weights()).to(seen)
    error, finer = distance(first.points, batch.points), distance(final.points, batch.points)
    losses["spread"] = weights.spread * (
        spread_loss(error, first.log_spread, weight)
        + spread_loss(finer[:, _CLOSE], final.log_spread[:, _CLOSE], seen[:, _CLOSE])
    )
    losses["points"] = weights.points * (
        (weight * error / unit[:, None]).mean() + (seen * finer / unit[:, None])[:, _CLOSE].mean()
    )
    irises = [distance(look.irises, batch.irises) for look in (first, final)]
    losses["irises"] = weights.irises * (torch.stack(irises) / unit[:, None]).mean()
    losses["depth"] = weights.depth * ((first.depth - batch.depth).abs() / unit[:, None]).mean()
    losses["openings"] = weights.openings * (
        0.5 * opening_loss(first.points, batch.points, unit)
        + opening_loss(final.points, batch.points, unit)
    )
    losses["rotation"] = weights.rotation * geodesic(first.rotation, batch.rotation).mean()
    losses["coefficients"] = weights.coefficients * (
        0.5 * coefficient_loss(first.coefficients, batch.coefficients)
        + coefficient_loss(final.coefficients, batch.coefficients)
    )
    open_eyes = _openness(batch)
    astray = [(look.gaze - batch.gaze).norm(dim=-1) for look in (first, final)]
    losses["gaze"] = weights.gaze * (torch.stack(astray) * open_eyes).mean()
    losses["visible"] = weights.visible * F.binary_cross_entropy_with_logits(
        first.visible, batch.visible
    )
    return losses


def face_loss(logits: Tensor, truth: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, truth.float())


def distance(found: Tensor, truth: Tensor) -> Tensor:
    """[..., 2] twice -> [...], with a gradient at zero too."""
    return ((found - truth).square().sum(-1) + 1e-10).sqrt()


def spread_loss(error: Tensor, log_spread: Tensor, weight: Tensor) -> Tensor:
    """Likelihood of distances in the plane that fall off exponentially with the spread."""
    log_spread = log_spread.clamp(_LEAST_LOG, _MOST_LOG)
    return (weight * (error * (-log_spread).exp() + 2 * log_spread)).mean()


def opening_loss(found: Tensor, truth: Tensor, unit: Tensor) -> Tensor:
    """How far lids, lips and brows are apart."""
    pairs = torch.tensor(OPENINGS)
    apart = [p[:, pairs[:, 0]] - p[:, pairs[:, 1]] for p in (found, truth)]
    return (distance(apart[0], apart[1]) / unit[:, None]).mean()


def geodesic(found: Tensor, truth: Tensor) -> Tensor:
    """[B] angle in radians between rotations [B, 3, 3]."""
    chord = ((found - truth).square().sum((1, 2)) + 1e-10).sqrt()
    # Short of a half turn, where the slope is infinite.
    return 2 * torch.asin((chord / 8**0.5).clamp(max=0.999))


def coefficient_loss(found: Tensor, truth: Tensor) -> Tensor:
    weight = torch.from_numpy(coefficient_weights()).to(found)
    return (weight * F.smooth_l1_loss(found, truth, beta=_STEADY, reduction="none")).mean()


def _openness(batch: Batch) -> Tensor:
    """[B, 2] how well the picture shows where the eyes look."""
    shown = [batch.visible[:, list(eye[:LIDS])].mean(1) for eye in (LEFT_EYE, RIGHT_EYE)]
    blink = batch.coefficients[:, [9, 8]]  # the person's right eye lies on the viewer's left
    return torch.stack(shown, 1) * (1 - blink) + 0.05


def _only(item: RowsT, rows: Tensor) -> RowsT:
    """These rows of everything."""
    return type(item)(**{name: value[rows] for name, value in vars(item).items()})
