"""Which face is seen at each pixel: an exact z-buffer in plain numpy.

Faces are first thrown out whole (turned away, off the picture, covering no pixel centre); the rest
are spread into one long list of (face, pixel) candidates, so that all work is on flat arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .curves import FloatArray

Int32 = NDArray[np.int32]


@dataclass(frozen=True)
class Fragments:
    """Face, pixel (row * size + column) and the weights of the face's three corners: [K] each."""

    face: Int32
    pixel: Int32
    weight_a: FloatArray
    weight_b: FloatArray
    weight_c: FloatArray

    def __getitem__(self, index: NDArray[np.integer] | NDArray[np.bool_]) -> Fragments:
        return Fragments(**{name: values[index] for name, values in vars(self).items()})

    def interpolate(self, values: FloatArray, faces: Int32) -> FloatArray:
        """[V] values of the vertices -> [K]."""
        a, b, c = faces[self.face].T
        return values[a] * self.weight_a + values[b] * self.weight_b + values[c] * self.weight_c


Recess = Callable[[Fragments], FloatArray]
"""How far fragments of the cut faces are pushed back in depth: 0 = not at all, inf = a hole."""


@dataclass(frozen=True)
class _Boxes:
    """Faces worth drawing: index, first column and row, width and height of the bounding box."""

    face: Int32
    x: Int32
    y: Int32
    width: Int32
    height: Int32


def rasterise(
    screen: FloatArray,
    faces: Int32,
    *,
    size: int,
    two_sided: NDArray[np.bool_],
    cut: NDArray[np.bool_],
    recess: Recess,
) -> tuple[Fragments, NDArray[np.bool_]]:
    """Draw [V, 3] screen vertices (x, y in pixels, z toward the viewer) on size x size pixels.

    Returns the seen fragments, one per covered pixel in raster order, and per face whether it
    looks away from the viewer.
    """
    x, y, z = (np.ascontiguousarray(column) for column in screen.T)
    a, b, c = (np.ascontiguousarray(column) for column in faces.T)
    ax, ay, bx, by, cx, cy = x[a], y[a], x[b], y[b], x[c], y[c]
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    away = area > 0
    boxes = _visible_boxes(
        (ax, bx, cx), (ay, by, cy), size=size, drawn=np.where(two_sided, area != 0, area < 0)
    )

    index = boxes.face
    origin_x, origin_y = boxes.x.astype(np.float32) + 0.5, boxes.y.astype(np.float32) + 0.5
    inverse = 1.0 / area[index]
    ax, ay = ax[index] - origin_x, ay[index] - origin_y
    bx, by = bx[index] - origin_x, by[index] - origin_y
    cx, cy = cx[index] - origin_x, cy[index] - origin_y
    za, zb, zc = z[a[index]], z[b[index]], z[c[index]]
    # Weight of a corner at (column, row) of the box: constant + column * dx + row * dy.
    a0, a_dx, a_dy = (bx * cy - by * cx) * inverse, (by - cy) * inverse, (cx - bx) * inverse
    b0, b_dx, b_dy = (cx * ay - cy * ax) * inverse, (cy - ay) * inverse, (ax - cx) * inverse
    z0 = a0 * (za - zc) + b0 * (zb - zc) + zc
    z_dx = a_dx * (za - zc) + b_dx * (zb - zc)
    z_dy = a_dy * (za - zc) + b_dy * (zb - zc)

    box, column, row = _spread(boxes)
    fcolumn, frow = column.astype(np.float32), row.astype(np.float32)
    weight_a = a0[box] + a_dx[box] * fcolumn + a_dy[box] * frow
    weight_b = b0[box] + b_dx[box] * fcolumn + b_dy[box] * frow
    inside = np.flatnonzero((weight_a >= 0) & (weight_b >= 0) & (weight_a + weight_b <= 1))
    box, fcolumn, frow = box[inside], fcolumn[inside], frow[inside]
    weight_a, weight_b = weight_a[inside], weight_b[inside]
    depth = z0[box] + z_dx[box] * fcolumn + z_dy[box] * frow
    pixel = (boxes.y[box] + row[inside]) * size + boxes.x[box] + column[inside]
    fragments = Fragments(index[box], pixel, weight_a, weight_b, 1 - weight_a - weight_b)

    questionable = np.flatnonzero(cut[fragments.face])
    depth[questionable] -= recess(fragments[questionable])
    return fragments[_nearest(depth, fragments.pixel, size=size)], away


def _visible_boxes(
    xs: tuple[FloatArray, ...], ys: tuple[FloatArray, ...], *, size: int, drawn: NDArray[np.bool_]
) -> _Boxes:
    """Bounding boxes of the pixel centres inside the picture that a face may cover."""

    def bounds(corners: tuple[FloatArray, ...]) -> tuple[Int32, Int32]:
        p, q, r = corners
        low = np.ceil(np.minimum(np.minimum(p, q), r) - 0.5)
        high = np.floor(np.maximum(np.maximum(p, q), r) - 0.5)
        low, high = np.clip(low, 0, size), np.clip(high, -1, size - 1)
        return low.astype(np.int32), high.astype(np.int32)

    x0, x1 = bounds(xs)
    y0, y1 = bounds(ys)
    face = np.flatnonzero(drawn & (x1 >= x0) & (y1 >= y0)).astype(np.int32)
    x0, x1, y0, y1 = x0[face], x1[face], y0[face], y1[face]
    return _Boxes(face=face, x=x0, y=y0, width=x1 - x0 + 1, height=y1 - y0 + 1)


def _spread(boxes: _Boxes) -> tuple[Int32, Int32, Int32]:
    """One entry per pixel of each box -> box index, column and row within the box."""
    count = boxes.width * boxes.height
    total = int(count.sum())
    box = np.repeat(np.arange(len(count), dtype=np.int32), count)
    first = np.cumsum(count, dtype=np.int32) - count
    place = np.arange(total, dtype=np.int32) - first[box]
    width = boxes.width[box]
    # Exact in float32 for boxes under 2^22 pixels, and much faster than integer division.
    row = ((place.astype(np.float32) + 0.5) / width.astype(np.float32)).astype(np.int32)
    return box, place - row * width, row


def _nearest(depth: FloatArray, pixel: Int32, *, size: int) -> NDArray[np.intp]:
    """Indices of the fragments that win their pixel, in raster order."""
    nearest = np.full(size * size, -np.inf, np.float32)
    np.maximum.at(nearest, pixel, depth)
    candidates = np.flatnonzero((depth >= nearest[pixel]) & (depth > -np.inf))
    winner = np.full(size * size, -1, np.int64)
    winner[pixel[candidates]] = candidates
    return winner[winner >= 0]
