"""How close two pictures are; shared by training and evaluation.

Pictures are [B, 3, H, W] in [-1, 1]; every function returns one value a picture, [B].
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

_WINDOW = 11
"""Gaussian window of SSIM in pixels, as its authors set it; kornia's sigma is theirs, 1.5."""


def psnr(result: Tensor, truth: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB; 106 where the pictures are equal."""
    error = (result.float() - truth.float()).square().mean((1, 2, 3)).clamp(min=1e-10)
    return 10 * torch.log10(4 / error)  # values differ by 2 at most


def ssim(result: Tensor, truth: Tensor) -> Tensor:
    """Structural similarity, at most 1: mean over the places of the window and the channels.

    Pictures must be 11 pixels wide and high or more. Source: Wang et al., "Image Quality
    Assessment: From Error Visibility to Structural Similarity" (2004).
    """
    # Its brightness term counts from black.
    x, y = (result.float() + 1) / 2, (truth.float() + 1) / 2
    from kornia.metrics import ssim as ssim_map  # slow to import, and few programs measure

    return ssim_map(x, y, _WINDOW, padding="valid").mean((1, 2, 3))


def feature_distance(result: Sequence[Tensor], truth: Sequence[Tensor]) -> Tensor:
    """Perceptual distance of two pictures by a network's maps [B, C, h, w], fine to coarse.

    Mean squared difference of unit-length feature vectors, summed over the maps: LPIPS without
    its learned channel weights (Zhang et al., 2018).
    """
    distances = [
        (F.normalize(mine.float(), dim=1) - F.normalize(theirs.float(), dim=1))
        .square()
        .sum(1)
        .mean((1, 2))
        for mine, theirs in zip(result, truth, strict=True)
    ]
    return torch.stack(distances).sum(0)
