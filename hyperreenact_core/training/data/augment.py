"""Random changes to training pictures [B, 3, H, W] in [-1, 1]."""

from __future__ import annotations

import torch
from torch import Tensor

from ...imaging import warp


def jitter_colours(image: Tensor, random: torch.Generator, *, strength: float = 0.15) -> Tensor:
    """Per picture: random brightness and contrast, and a little colour cast."""
    batch = image.shape[0]

    def draw(channels: int, reach: float) -> Tensor:
        values = torch.rand(batch, channels, 1, 1, generator=random) * 2 - 1
        return (values * reach).to(image.device)

    contrast = 1 + draw(1, strength) + draw(3, strength / 3)
    return (image * contrast + draw(1, strength)).clamp(-1, 1)


def jitter_frame(
    image: Tensor, random: torch.Generator, *, shift: float = 0.03, zoom: float = 0.04
) -> Tensor:
    """Per picture: a small move and zoom, as landmark errors cause in a crop.

    shift: reach as a fraction of half the side; zoom: reach of the relative size.
    """
    batch = image.shape[0]
    draw = torch.rand(batch, 3, generator=random) * 2 - 1
    scale = 1 + draw[:, 0] * zoom
    theta = torch.zeros(batch, 2, 3)
    theta[:, 0, 0], theta[:, 1, 1] = scale, scale
    theta[:, :, 2] = draw[:, 1:] * shift
    return warp(image, theta, beyond="border").contiguous(memory_format=torch.channels_last)
