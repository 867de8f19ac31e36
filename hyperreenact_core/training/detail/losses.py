"""What a detail plan is worth: the picture it makes, its flow, its layers and what it paints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...heads.parts import Label
from ...imaging import displace
from ...networks.detail import DetailPlan, blended
from ...networks.efficientnet_lite import Body, BodyConfig, ConvNorm
from ..engine.precision import autocast
from .stream import Batch

_BODY = BodyConfig()
_TAPS = 3
"""Stages of ImageNet's network whose maps are compared: those at 1/2, 1/4 and 1/8."""
_TINY = 1e-6


@dataclass(frozen=True)
class Weights:
    """How much each loss counts. flow: a pixel of error."""

    picture: float = 4.0
    features: float = 0.6
    flow: float = 0.12
    layers: float = 0.25
    ghosts: float = 0.06
    painted: float = 1.0


class Features(nn.Module):
    """The first maps of ImageNet's network, for comparisons; never trained."""

    def __init__(self) -> None:
        super().__init__()
        config = BodyConfig(stages=_BODY.stages[:_TAPS], taps=tuple(range(_TAPS)))
        self.body = Body(config)
        for module in self.modules():
            if isinstance(module, ConvNorm):
                module.held = True
        self.requires_grad_(requires_grad=False)

    def forward(self, picture: Tensor) -> list[Tensor]:
        with autocast(picture.device):
            return self.body(picture.contiguous(memory_format=torch.channels_last))


def made(plan: DetailPlan, batch: Batch) -> Tensor:
    """[B, 3, w, w] the picture that the plan makes of the clean source."""
    moved = displace(batch.carried, plan.offset, places=batch.places)
    return blended(plan.weights, moved, batch.still, plan.painted)


def detail_losses(
    plan: DetailPlan, batch: Batch, features: Features | None, weights: Weights
) -> dict[str, Tensor]:
    """The weighted losses by name."""
    result = made(plan, batch)
    fine = batch.fine
    losses = {
        "picture": weights.picture * _mean((result - batch.target).abs().mean(1, True), fine),
        "flow": weights.flow * _flow(plan, batch),
        "layers": weights.layers * _layers(plan, batch),
        "ghosts": weights.ghosts * _ghosts(plan),
        "painted": weights.painted * _painted(plan, batch),
    }
    if features is not None:
        losses["features"] = weights.features * _unlike(features, result, batch.target, fine)
    return losses


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    return (values * weight).sum() / weight.sum().clamp_min(_TINY)


def shown(batch: Batch, labels: Sequence[Label]) -> Tensor:
    """[B, 1, w, w] 1 where the result shows one of these."""
    return torch.isin(batch.shows, torch.tensor([float(x) for x in labels])).float()


_MOVING = (Label.SKIN, Label.FACE, Label.EYES, Label.MOUTH, Label.HAIR, Label.CLOTHES)


def _flow(plan: DetailPlan, batch: Batch) -> Tensor:
    """Mean error in pixels where source and result show the same place of the person."""
    known = shown(batch, (*_MOVING, Label.GLASSES, Label.HAT)) * batch.seen
    pixels = batch.carried.shape[-1] / 2
    off = (plan.offset - batch.offset).square().sum(1, keepdim=True).add(_TINY).sqrt() * pixels
    # Far off, as in strands of hair, no gradient leads home.
    return _mean(8 * torch.tanh(off / 8), known * batch.fine)


def _layers(plan: DetailPlan, batch: Batch) -> Tensor:
    """Cross-entropy towards the layers that can show a pixel."""
    likely = plan.logits.log_softmax(1)
    moved, still, painted = likely.split(1, 1)
    pixels = batch.carried.shape[-1] / 2
    unmoved = batch.offset.abs().amax(1, keepdim=True) * pixels < 0.2
    head = torch.where(unmoved, torch.logaddexp(moved, still), moved)
    background = batch.shows == int(Label.BACKGROUND)
    seen = batch.seen > 0
    wanted = torch.where(seen, torch.where(background, still, head), painted)
    worth = torch.where(seen & ~background, 0.4, 1.0)
    return _mean(-wanted, worth)


def _ghosts(plan: DetailPlan) -> Tensor:
    """Entropy of the layers: halves of two pictures look like a ghost."""
    return -(plan.weights * plan.logits.log_softmax(1)).sum(1).mean()


def _painted(plan: DetailPlan, batch: Batch) -> Tensor:
    """Error of what is painted where the source cannot show it, and in eyes and mouth."""
    inner = shown(batch, (Label.EYES, Label.MOUTH))
    head = 1 - batch.inputs.maps.region[:, -1:]  # off it nothing is painted
    weight = torch.maximum(1 - batch.seen, 0.5 * inner) * batch.fine * head
    # A little everywhere, so that it is never absurd where it shows through.
    off = (plan.painted - batch.target).abs().mean(1, keepdim=True)
    return _mean(off, weight + 0.02)


def _unlike(features: Features, result: Tensor, target: Tensor, fine: Tensor) -> Tensor:
    """How far ImageNet's first maps of two pictures are apart, over the size of the maps."""
    with torch.no_grad():
        wanted = features(target)
    total = result.new_zeros(())
    for mine, theirs in zip(features(result), wanted, strict=True):
        theirs = theirs.float()
        size = theirs.abs().mean((0, 2, 3), keepdim=True) + 0.05
        off = ((mine.float() - theirs).abs() / size).mean(1, keepdim=True)
        total = total + _mean(off, F.adaptive_avg_pool2d(fine, off.shape[-2:]))
    return total / _TAPS
