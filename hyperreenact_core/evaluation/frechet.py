"""Fréchet distance of two sets of features, of which only sums are kept."""

from __future__ import annotations

import torch
from torch import Tensor


class Moments:
    """Mean and covariance of features [D], gathered batch by batch in float64 on the CPU."""

    def __init__(self) -> None:
        self.count = 0
        self._sum = self._products = torch.zeros(())

    def add(self, features: Tensor) -> None:
        """[B, D]."""
        values = features.detach().double().cpu()
        self.count += len(values)
        self._sum = self._sum + values.sum(0)
        self._products = self._products + values.T @ values

    @property
    def mean(self) -> Tensor:
        return self._sum / self.count

    @property
    def covariance(self) -> Tensor:
        """[D, D], of a sample."""
        mean = self.mean
        return (self._products - self.count * torch.outer(mean, mean)) / (self.count - 1)


def frechet_distance(left: Moments, right: Moments) -> float | None:
    """Squared distance of the Gaussians; None where a set has fewer than two members.

    Source: Heusel et al., "GANs Trained by a Two Time-Scale Update Rule ..." (2017).
    """
    if min(left.count, right.count) < 2:
        return None
    a, b = left.covariance, right.covariance
    # trace((a b)^1/2) by symmetric matrices alone: (a b) is similar to a^1/2 b a^1/2.
    values, vectors = torch.linalg.eigh(a)
    root = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    cross = torch.linalg.eigvalsh(root @ b @ root).clamp(min=0).sqrt().sum()
    difference = (left.mean - right.mean).square().sum()
    return float(difference + a.trace() + b.trace() - 2 * cross)
