"""Sample grids: what a training run shows of itself."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from ...imaging import ImageU8, tile, u8_from_tensor


def spread_out(stack: Tensor, count: int) -> Tensor:
    """About `count` of N images [N, 3, H, W], spread evenly: neighbours are of one clip."""
    return stack[:: max(1, len(stack) // count)][:count]


def comparison_grid(stacks: Sequence[Tensor], *, columns: int) -> ImageU8:
    """Interleave stacks of images [N, 3, H, W]: row of the first, row of the second, and so on."""
    pictures = [u8_from_tensor(stack) for stack in stacks]
    rows = [
        list(stack[first : first + columns])
        for first in range(0, len(pictures[0]), columns)
        for stack in pictures
    ]
    return tile(rows)
