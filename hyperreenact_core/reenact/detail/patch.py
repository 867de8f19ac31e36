"""A small part of a result, drawn on its own and laid over it."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

import numpy as np
import torch
from torch import Tensor

from .head_model import Doubles, Floats, Indices


@dataclass(frozen=True)
class Part:
    """A part of a picture of `size` pixels, from `left`, `top` to before `right` and `bottom`."""

    left: int
    top: int
    right: int
    bottom: int
    size: int

    @staticmethod
    def about(begin: Doubles, end: Doubles, size: int) -> Part:
        """What holds the corners `begin` and `end`, xy in pixels of the picture."""
        left, top = (min(max(floor(value), 0), size) for value in begin)
        right, bottom = (min(max(ceil(value), 0), size) for value in end)
        return Part(left, top, right, bottom, size)

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def empty(self) -> bool:
        return self.width == 0 or self.height == 0

    def places(self, xy: Doubles) -> Doubles:
        """[N, 2] in pixels of the picture -> of the part."""
        return xy - (self.left, self.top)

    def pixels(self, at: Indices, size: int) -> tuple[Indices, Indices]:
        """[N] row * width + column -> columns and rows of the whole picture at `size` pixels."""
        row, column = np.divmod(at, self.width)
        share = size / self.size
        columns, rows = (
            ((values + first) * share).astype(np.int32).clip(0, size - 1)
            for values, first in ((column, self.left), (row, self.top))
        )
        return columns, rows

    def patch(self, colour: Floats, share: Floats) -> Patch:
        """Of colours [height, width, 3], 0 to 255, and how much they cover [height, width]."""
        both = np.dstack([colour.clip(0, 255) / np.float32(127.5) - 1, share])
        whole = torch.from_numpy(both.astype(np.float32, copy=False)).permute(2, 0, 1)
        return Patch(self.top, self.left, whole[:3], whole[3:])


@dataclass(frozen=True, eq=False)
class Patch:
    """What lies over a part of a picture.

    top, left: of the part. colour: [3, h, w] in [-1, 1]. share: [1, h, w] 0..1 how much it covers.
    """

    top: int
    left: int
    colour: Tensor
    share: Tensor

    def over(self, image: Tensor) -> None:
        """Lay it over a picture [3, R, R] in place."""
        height, width = self.share.shape[-2:]
        part = (..., slice(self.top, self.top + height), slice(self.left, self.left + width))
        image[part] = image[part].lerp(self.colour.to(image), self.share.to(image))
