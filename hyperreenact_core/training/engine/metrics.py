"""Figures the training stages print. Images are [B, 3, H, W] in [-1, 1]."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from ...imaging import resize


def high_frequency_ratio(result: Tensor, truth: Tensor) -> float:
    """Strength of fine detail against the truth's: below 1 is smeared, above 1 is noisy."""

    def detail(x: Tensor) -> Tensor:
        return (x - F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)).abs().mean()

    return float(detail(result.float()) / detail(truth.float()))


def variety_ratio(result: Tensor, truth: Tensor, *, size: int = 32) -> float:
    """How much pictures differ from one another, against the truth's: near 0 they are all alike."""

    def spread(x: Tensor) -> Tensor:
        return resize(x.float(), size).std(0).mean()

    return float(spread(result) / spread(truth))
