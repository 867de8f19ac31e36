"""Draws triangles into a depth buffer, without OpenGL: small triangles, all at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .head_model import Doubles, Floats, Indices

_ROUNDING = np.float32(1e-4)
"""So that no pixel between two triangles is missed."""
_HALF = np.float32(0.5)
_NOTHING = np.iinfo(np.int64).max
_NUMBER = np.int64(0xFFFFFFFF)


@dataclass(frozen=True, eq=False)
class Coverage:
    """The pixels that triangles cover: which of them is seen there.

    at: [N] row * width + column, ascending. triangle: [N] number of the nearest triangle.
    shares: [3, N] of its corners; an attribute of a pixel is their mix.
    """

    at: Indices
    triangle: Indices
    shares: Floats

    def mix(self, faces: Indices, values: Floats) -> Floats:
        """[V, ...] at the vertices -> [N, ...] at the pixels."""
        corners = faces[self.triangle].T
        shares = self.shares.reshape(3, -1, *(1,) * (values.ndim - 1))
        mixed = shares[0] * values[corners[0]]
        mixed += shares[1] * values[corners[1]]
        mixed += shares[2] * values[corners[2]]
        return mixed


def rasterise(
    xy: Doubles, depth: Floats, faces: Indices, width: int, height: int | None = None
) -> Coverage:
    """Vertices [V, 2] in pixels, y down, and how far they are [V] -> what pixels' centres show.

    height: of the picture, its width if None. faces: [F, 3], counter-clockwise seen from the front;
    others are left out. Attributes are mixed linearly in the picture, which for small triangles is
    as good as with perspective.
    """
    rows = width if height is None else height
    front = _seen_from_front(xy, faces, width, rows)
    spans = _spans(front)
    which, row = (np.repeat(v, spans.counts) for v in (spans.of, spans.row))  # [C] candidates
    begin = np.cumsum(spans.counts, dtype=np.int32) - spans.counts
    column = np.arange(len(which), dtype=np.int32) + np.repeat(spans.left - begin, spans.counts)
    corners = depth.astype(np.float32)[faces[front.triangle].T]  # [3, K]
    deeper = (front.right * corners).sum(0), (front.down * corners).sum(0)
    first = corners[0][spans.of] + deeper[1][spans.of] * _from(front.y, spans.of, spans.row)
    far = np.repeat(first, spans.counts) + deeper[0][which] * _from(front.x, which, column)
    nearest = np.full(width * rows, _NOTHING)
    np.minimum.at(nearest, row * np.int32(width) + column, _ordered(far))
    covered = np.nonzero(nearest != _NOTHING)[0].astype(np.int32)
    chosen = nearest[covered] & _NUMBER
    own = which[chosen]
    shares = np.take(front.right, own, 1) * _from(front.x, own, column[chosen])
    shares += np.take(front.down, own, 1) * _from(front.y, own, row[chosen])
    shares[0] += 1
    return Coverage(covered, front.triangle[own], shares)


@dataclass(frozen=True, eq=False)
class _Front:
    """Triangles [K] that are seen from the front.

    triangle: [K] their numbers. x, y: [K] of the first corner. right, down: [3, K] what the
    corners' shares gain with a pixel. box: [4, K] the first and the last column, the first and the
    last row whose pixels' centres may lie inside.
    """

    triangle: Indices
    x: Floats
    y: Floats
    right: Floats
    down: Floats
    box: Indices


def _seen_from_front(xy: Doubles, faces: Indices, width: int, height: int) -> _Front:
    corners = np.ascontiguousarray(faces.T)
    x, y = (xy[:, axis].astype(np.float32)[corners] for axis in (0, 1))  # [3, F]
    x10, x20, y10, y20 = x[1] - x[0], x[2] - x[0], y[1] - y[0], y[2] - y[0]
    area = x20 * y10 - x10 * y20
    # Centres of pixels lie at halves.
    box = np.stack(
        [
            *(
                np.ceil(x.min(0) - _HALF).clip(0, width),
                np.floor(x.max(0) - _HALF).clip(-1, width - 1),
            ),
            *(
                np.ceil(y.min(0) - _HALF).clip(0, height),
                np.floor(y.max(0) - _HALF).clip(-1, height - 1),
            ),
        ]
    ).astype(np.int32)
    kept = np.nonzero((area > 1e-9) & (box[0] <= box[1]) & (box[2] <= box[3]))[0]
    over = 1 / area[kept]
    right = np.stack([(y20 - y10)[kept], -y20[kept], y10[kept]]) * over
    down = np.stack([(x10 - x20)[kept], x20[kept], -x10[kept]]) * over
    return _Front(kept.astype(np.int32), x[0, kept], y[0, kept], right, down, box[:, kept])


@dataclass(frozen=True, eq=False)
class _Spans:
    """Pixels beside each other inside a triangle: of [S] which, in which row, from which column
    on (left), and how many (counts)."""

    of: Indices
    row: Indices
    left: Indices
    counts: Indices


def _spans(front: _Front) -> _Spans:
    left, right, top, bottom = front.box
    rows = bottom - top + 1
    of = np.repeat(np.arange(len(rows), dtype=np.int32), rows)
    begin = np.cumsum(rows, dtype=np.int32) - rows
    row = np.arange(len(of), dtype=np.int32) + (top - begin)[of]
    shares = np.take(front.down, of, 1) * _from(front.y, of, row)  # below the first corner
    shares[0] += 1
    slopes = np.take(front.right, of, 1) + np.float32(0)  # which makes -0 a 0
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = (-_ROUNDING - shares) / slopes
    rising = slopes >= 0
    start = np.where(rising, ends, -np.inf).max(0) + (front.x[of] - _HALF)
    stop = np.where(rising, np.inf, ends).min(0) + (front.x[of] - _HALF)
    first = np.ceil(np.maximum(start, left[of])).clip(None, right[of] + 1).astype(np.int32)
    last = np.floor(np.minimum(stop, right[of])).clip(left[of] - 1).astype(np.int32)
    return _Spans(of, row, first, (last - first + 1).clip(0))


def _from(corner: Floats, of: Indices, pixel: Indices) -> Floats:
    """[N] from the corners [K] that are meant `of` [N] to the middles of pixels [N]."""
    return pixel.astype(np.float32) + (_HALF - corner)[of]


def _ordered(far: Floats) -> NDArray[np.int64]:
    """[C] -> [C] integers that are ordered as the distances are, each with its number."""
    bits = far.view(np.int32)
    rising = bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))
    return (rising.astype(np.int64) << 32) | np.arange(len(far))
