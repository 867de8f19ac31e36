"""How close two pictures are; shared by training and evaluation.

Pictures are [B, 3, H, W] in [-1, 1]; every function returns one value a picture, [B].
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

_WINDOW, _SIGMA = 11, 1.5
"""Gaussian window of SSIM in pixels, as its authors set it."""


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
    mean_x, mean_y = _window_mean(x), _window_mean(y)
    variance_x = _window_mean(x * x) - mean_x.square()
    variance_y = _window_mean(y * y) - mean_y.square()
    covariance = _window_mean(x * y) - mean_x * mean_y
    c1, c2 = 0.01**2, 0.03**2
    light = (2 * mean_x * mean_y + c1) / (mean_x.square() + mean_y.square() + c1)
    structure = (2 * covariance + c2) / (variance_x + variance_y + c2)
    return (light * structure).mean((1, 2, 3))


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


def _window_mean(x: Tensor) -> Tensor:
    """Gaussian mean about every pixel that has the whole window around it."""
    channels = x.shape[1]
    place = torch.arange(_WINDOW, device=x.device) - _WINDOW // 2
    weights = torch.exp(-place.square() / (2 * _SIGMA**2))
    weights = (weights / weights.sum()).expand(channels, 1, 1, _WINDOW)
    rows = F.conv2d(x, weights, groups=channels)
    return F.conv2d(rows, weights.transpose(2, 3), groups=channels)
