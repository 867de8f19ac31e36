"""Points from a map: every cell votes for each point with a weight and an offset from itself.

The point is the weighted mean of the votes: it moves with the picture, needs no fine map and may
lie outside.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .layers import initialise_projection


class Votes(nn.Module):
    """Map [B, C, H, W] -> [B, points, values]: x, y (and further coordinates that are offsets).

    Units: the map's sides run from -1 to 1.
    """

    def __init__(self, channels: int, points: int, values: int = 2) -> None:
        super().__init__()
        self.points, self.values = points, values
        self.votes = nn.Conv2d(channels, points * (1 + values), 1)
        initialise_projection(self.votes, gain=0.1)

    def forward(self, feature_map: Tensor) -> Tensor:
        height, width = feature_map.shape[-2:]
        votes = self.votes(feature_map).flatten(2).float()  # [B, (1 + V) * N, H * W]
        weights, offsets = votes.split([self.points, self.points * self.values], 1)
        weights = weights.softmax(-1)
        offset = (weights.repeat(1, self.values, 1) * offsets).sum(-1)  # [B, V * N]
        here = weights @ _centres(height, width, feature_map.device)  # [B, N, 2]
        voted = offset.unflatten(1, (self.values, self.points)).transpose(1, 2)
        return torch.cat([here + voted[..., :2], voted[..., 2:]], -1)

    def start_at(self, points: Tensor) -> None:
        """Let the mean vote be for these places: [N, values]."""
        assert self.votes.bias is not None
        with torch.no_grad():
            self.votes.bias[self.points :] = points.t().flatten().to(self.votes.bias)


def _centres(height: int, width: int, device: torch.device) -> Tensor:
    """[H * W, 2] x and y of the cells' middles, -1 to 1."""
    y = (torch.arange(height, device=device) + 0.5) * 2 / height - 1
    x = (torch.arange(width, device=device) + 0.5) * 2 / width - 1
    rows, columns = torch.meshgrid(y, x, indexing="ij")
    return torch.stack([columns.flatten(), rows.flatten()], 1)
