"""Sample grids: what a training run shows of itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw
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


def landmark_grid(images: Tensor, points: Tensor, *, columns: int, zoom: int = 2) -> ImageU8:
    """Images [N, 3, S, S] with their points [N, 68, 2] (in 0..1 of the side) drawn on them."""
    pictures = []
    for image, marks in zip(u8_from_tensor(images), points.float().cpu().tolist(), strict=True):
        side = image.shape[0] * zoom
        picture = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
        draw = ImageDraw.Draw(picture)
        for x, y in marks:
            draw.ellipse((x * side - 1, y * side - 1, x * side + 1, y * side + 1), fill=(0, 255, 0))
        pictures.append(np.asarray(picture))
    return tile([pictures[first : first + columns] for first in range(0, len(pictures), columns)])
