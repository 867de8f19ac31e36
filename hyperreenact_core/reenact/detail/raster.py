"""Draws triangles into a depth buffer, without OpenGL: small triangles, all at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .head_model import Doubles, Floats, Indices

_ROUNDING = 1e-4
"""So that no pixel between two triangles is missed."""


@dataclass(frozen=True, eq=False)
class Coverage:
    """The pixels that triangles cover: which of them is seen there.

    at: [N] row * width + column, ascending. triangle: [N] number of the nearest triangle.
    shares: [N, 3] of its corners; an attribute of a pixel is their mix.
    """

    at: Indices
    triangle: Indices
    shares: Floats

    def mix(self, faces: Indices, values: Floats) -> Floats:
        """[V, ...] at the vertices -> [N, ...] at the pixels."""
        corners = values[faces[self.triangle]]  # [N, 3, ...]
        return np.einsum("nk,nk...->n...", self.shares, corners)


def rasterise(xy: Doubles, depth: Floats, faces: Indices, size: int) -> Coverage:
    """Vertices [V, 2] in pixels, y down, and how far they are [V] -> what pixels' centres show.

    faces: [F, 3], counter-clockwise seen from the front; others are left out. Attributes are mixed
    linearly in the picture, which for small triangles is as good as with perspective.
    """
    x, y = (xy[:, axis].astype(np.float32)[faces] for axis in (0, 1))  # [F, 3]
    x10, x20, y10, y20 = x[:, 1] - x[:, 0], x[:, 2] - x[:, 0], y[:, 1] - y[:, 0], y[:, 2] - y[:, 0]
    area = x20 * y10 - x10 * y20
    # Centres of pixels lie at halves: the first and the last of them inside the box around.
    left, top = (np.ceil(v.min(1) - 0.5).clip(0, size).astype(np.int32) for v in (x, y))
    right, bottom = (np.floor(v.max(1) - 0.5).clip(-1, size - 1).astype(np.int32) for v in (x, y))
    wide, high = right - left + 1, bottom - top + 1
    kept = np.nonzero((area > 1e-9) & (wide > 0) & (high > 0))[0]
    wide, counts = wide[kept], (wide * high)[kept]
    which = np.repeat(np.arange(len(kept), dtype=np.int32), counts)  # [C] candidates
    nth = np.arange(len(which), dtype=np.int32) - np.repeat(
        (np.cumsum(counts) - counts).astype(np.int32), counts
    )
    row = nth // wide[which]
    column = left[kept][which] + nth - row * wide[which]
    row += top[kept][which]
    # The shares of the second and the third corner are linear in x and y.
    over = 1 / area[kept]
    dx = column + np.float32(0.5) - x[kept, 0][which]
    dy = row + np.float32(0.5) - y[kept, 0][which]
    second = (x20[kept] * over)[which] * dy - (y20[kept] * over)[which] * dx
    third = (y10[kept] * over)[which] * dx - (x10[kept] * over)[which] * dy
    first = 1 - second - third
    inside = np.nonzero(np.minimum(np.minimum(first, second), third) >= -_ROUNDING)[0]
    triangle = kept[which[inside]].astype(np.int32)
    shares = np.stack([first[inside], second[inside], third[inside]], 1)
    far = np.einsum("nk,nk->n", shares, depth.astype(np.float32)[faces[triangle]])
    at = row[inside] * np.int32(size) + column[inside]
    # Of all that lie over a pixel the last one written stays: the nearest.
    order = np.argsort(-far)
    seen = np.full(size * size, -1, np.int32)
    seen[at[order]] = order
    covered = np.nonzero(seen >= 0)[0].astype(np.int32)
    chosen = seen[covered]
    return Coverage(covered, triangle[chosen], shares[chosen])
