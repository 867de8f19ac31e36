"""Adaptive augmentation: what the critic sees is changed at random, more so as it overfits.

Real and drawn pictures are changed alike, and gradients pass through. The strength is the chance
of each change; while it stays below about 0.8 the generator does not learn to draw the changes.

Source: Karras et al., "Training Generative Adversarial Networks with Limited Data" (2020).
"""

from __future__ import annotations

from math import pi

import torch
from torch import Tensor, nn

from ...imaging import warp

DICE = 15
"""Random numbers a picture takes."""

_MAX_STRENGTH = 0.8
_SIGN_WANTED = 0.6
"""Mean sign of the critic's verdicts on real pictures: above it, the critic knows them by heart."""
_PICTURES_TO_FULL = 100_000
_SHIFT, _ZOOM, _TURN = 0.125, 0.2, pi / 12
_BRIGHTNESS, _CONTRAST, _SATURATION = 0.2, 0.5, 0.5


class AdaptiveAugment(nn.Module):
    """Flips, shifts, zooms, turns and recolours; begins by doing nothing."""

    strength: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("strength", torch.zeros(()))

    def adapt(self, real_sign: float, pictures: int) -> None:
        """Follow the critic's mean sign on `pictures` real pictures."""
        way = 1 if real_sign > _SIGN_WANTED else -1
        self.strength.add_(way * pictures / _PICTURES_TO_FULL).clamp_(0, _MAX_STRENGTH)

    def forward(self, image: Tensor, dice: Tensor) -> Tensor:
        """image [B, 3, S, S] in [-1, 1], dice [B, DICE] uniform in 0..1 -> changed images."""
        chance = float(self.strength)
        if chance == 0:
            return image
        dice = dice.to(image.device)
        return _recoloured(_moved(image, dice[:, :9], chance), dice[:, 9:], chance)


def _gated(dice: Tensor, column: int, chance: float, *, values: int = 1) -> Tensor:
    """Numbers in -1..1 [B, values] after the gate at `column`; 0 where the gate stays shut."""
    amounts = dice[:, column + 1 : column + 1 + values] * 2 - 1
    return amounts * (dice[:, column : column + 1] < chance)


def _moved(image: Tensor, dice: Tensor, chance: float) -> Tensor:
    flip = torch.where(_gated(dice, 0, chance)[:, 0] > 0, -1.0, 1.0)
    shift = _gated(dice, 2, chance, values=2) * 2 * _SHIFT
    zoom = torch.exp(_gated(dice, 5, chance)[:, 0] * _ZOOM)
    turn = _gated(dice, 7, chance)[:, 0] * _TURN
    theta = torch.stack(
        [
            torch.stack([flip * zoom * turn.cos(), -zoom * turn.sin(), shift[:, 0]], 1),
            torch.stack([flip * zoom * turn.sin(), zoom * turn.cos(), shift[:, 1]], 1),
        ],
        dim=1,
    )  # [B, 2, 3]
    return warp(image, theta, beyond="reflection")


def _recoloured(image: Tensor, dice: Tensor, chance: float) -> Tensor:
    def amount(column: int, reach: float) -> Tensor:
        return (_gated(dice, column, chance) * reach)[:, :, None, None]

    image = image + amount(0, _BRIGHTNESS)
    image = image * torch.exp(amount(2, _CONTRAST))
    grey = image.mean(1, keepdim=True)
    return grey + (image - grey) * torch.exp(amount(4, _SATURATION))
