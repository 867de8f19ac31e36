"""Pictures without a face, so that the landmark network learns to say so."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor


def faceless_pictures(faces: Tensor, random: torch.Generator) -> Tensor:
    """One faceless picture for each face [B, 3, S, S]: shuffled, smooth, patterned, or noise.

    Shuffled faces have the colours and edges of a face, but not its order.
    """
    batch, _, side, _ = faces.shape
    makers = (_shuffled, _smooth, _shapes, _noise, _shuffled)
    kinds = torch.randint(0, len(makers), (batch,), generator=random).tolist()
    pictures = [
        makers[kind](faces[i], side, random).to(faces.device) for i, kind in enumerate(kinds)
    ]
    return torch.stack(pictures).clamp(-1, 1)


def _uniform(random: torch.Generator, *shape: int) -> Tensor:
    return torch.rand(*shape, generator=random) * 2 - 1


def _shuffled(face: Tensor, side: int, random: torch.Generator) -> Tensor:
    """The picture cut into a grid of tiles laid out anew."""
    grid = int(torch.randint(3, 7, (1,), generator=random))
    tile = side // grid
    cut = face[:, : tile * grid, : tile * grid]
    tiles = cut.unfold(1, tile, tile).unfold(2, tile, tile).flatten(1, 2)  # [3, n, t, t]
    tiles = tiles[:, torch.randperm(grid * grid, generator=random)]
    whole = rearrange(tiles, "c (y x) h w -> 1 c (y h) (x w)", y=grid)
    return F.interpolate(whole, size=(side, side), mode="bilinear", align_corners=False)[0]


def _smooth(_face: Tensor, side: int, random: torch.Generator) -> Tensor:
    """Soft blobs of colour, from one flat tone to a few dozen spots."""
    cells = int(torch.randint(1, 9, (1,), generator=random))
    coarse = _uniform(random, 1, 3, cells, cells)
    return F.interpolate(coarse, size=(side, side), mode="bicubic", align_corners=False)[0]


def _shapes(_face: Tensor, side: int, random: torch.Generator) -> Tensor:
    """Discs and boxes on a plain ground."""
    picture = _uniform(random, 3, 1, 1).expand(3, side, side).clone()
    axis = torch.linspace(-1, 1, side)
    for _ in range(int(torch.randint(1, 12, (1,), generator=random))):
        x, y, width, height, kind = _uniform(random, 5).tolist()
        dx = (axis[None] - x) / (0.08 + abs(width) * 0.6)
        dy = (axis[:, None] - y) / (0.08 + abs(height) * 0.6)
        inside = (dx**2 + dy**2 < 1) if kind > 0 else (dx.abs() < 1) & (dy.abs() < 1)
        picture = torch.where(inside, _uniform(random, 3, 1, 1), picture)
    return picture


def _noise(_face: Tensor, side: int, random: torch.Generator) -> Tensor:
    """Noise of a random grain, in colour or grey."""
    grain = 2 ** int(torch.randint(0, 5, (1,), generator=random))
    channels = 1 if float(torch.rand(1, generator=random)) < 0.5 else 3
    fine = _uniform(random, 1, channels, side // grain, side // grain)
    return F.interpolate(fine, size=(side, side)).expand(1, 3, side, side)[0]
