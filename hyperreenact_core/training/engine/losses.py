"""Losses of the training stages. Images are [B, 3, H, W] in [-1, 1]."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def landmark_weights(landmarks: Tensor, size: int, *, boost: float = 3.0) -> Tensor:
    """Weight map [B, 1, size, size]: 1, rising to 1 + boost around eyes, brows, nose, mouth.

    landmarks: [B, 68, 2] in pixels of an image of that size; the jaw line (0..16) is left out.
    """
    batch = landmarks.shape[0]
    inner = landmarks[:, 17:].long().clamp(0, size - 1)  # [B, 51, 2]
    marks = torch.zeros(batch, size * size, device=landmarks.device)
    marks.scatter_(1, inner[..., 1] * size + inner[..., 0], 1.0)
    reach = max(3, size // 21) // 2 * 2 + 1
    spread = F.max_pool2d(marks.view(batch, 1, size, size), reach, 1, reach // 2)
    return 1 + boost * F.avg_pool2d(spread, reach, 1, reach // 2)


def pyramid_loss(result: Tensor, truth: Tensor, weight: Tensor, *, levels: int = 4) -> Tensor:
    """L1 of pixels and of their differences over a pyramid, weighted by `weight` [B, 1, H, W]."""
    total = result.new_zeros(())
    for level in range(levels):
        error = result - truth
        total = total + (error.abs() * weight).mean() * (2.0 if level == 0 else 1.0)
        total = total + ((error[..., 1:] - error[..., :-1]).abs() * weight[..., 1:]).mean()
        down = error[..., 1:, :] - error[..., :-1, :]
        total = total + (down.abs() * weight[..., 1:, :]).mean()
        result, truth, weight = (F.avg_pool2d(x, 2) for x in (result, truth, weight))
    return total


def lattice_loss(result: Tensor, truth: Tensor, *, fold: int, reach: int = 4) -> Tensor:
    """How far sub-pixels lean the same way all over a region, beyond what the truth does.

    A generator that draws fold x fold sub-pixels at once fools a young critic most easily with a
    regular pattern of them. Real detail has no such phase: averaged over reach x reach squares it
    vanishes, the pattern does not.
    """
    error = F.pixel_unshuffle(result - truth, fold).unflatten(1, (3, fold**2))
    leaning = error - error.mean(2, keepdim=True)  # [B, 3, fold^2, H, W]
    return F.avg_pool2d(leaning.flatten(1, 2), reach).abs().mean()


def identity_loss(result: Tensor, source: Tensor) -> Tensor:
    """1 - cosine of two unit-length embeddings [B, E]."""
    return 1 - (result * source).sum(1).mean()


def generator_loss(fake_logits: Tensor) -> Tensor:
    """Non-saturating adversarial loss of the generator."""
    return F.softplus(-fake_logits).mean()


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Logistic loss of the discriminator."""
    return F.softplus(fake_logits).mean() + F.softplus(-real_logits).mean()


def r1_penalty(images: Tensor, logits_of: Callable[[Tensor], Tensor]) -> Tensor:
    """Mean squared gradient of the logits at real images (Mescheder et al., 2018)."""
    images = images.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(logits_of(images).sum(), images, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean()


def style_range_loss(styles: Sequence[Tensor], *, reach: float = 0.7) -> Tensor:
    """Keep styles within `reach` of one: near zero, a multiplicative delta loses its grip."""
    excess = [((style - 1).abs() - reach).clamp(min=0).square().mean() for style in styles]
    return torch.stack(excess).mean()
