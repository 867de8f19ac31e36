"""The coarse flow: where every pixel of a result lies in the source, from a head posed twice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ...imaging import smoothstep
from .head_model import EYE, HAIR, MOUTH, SKIN, Floats, HeadModel
from .pose import PosedHead
from .raster import Coverage, rasterise

NOTHING = 255
"""What a pixel shows besides SKIN, EYE, MOUTH and HAIR: no part of the head."""
_RECESS = 0.03
"""What lies behind lids and lips is drawn this much deeper (in decimetres): they may pass through.
"""
_NEAR = 0.06
"""What is this much deeper than what the source shows there still counts as seen."""
_CLINGS, _FAR = 0.5, 1.8
"""Decimetres from the head: up to the one all moves with it, as most hair does, from the other on
all is still.
"""
_RIM = 0.15
"""The same share of half a side from the picture's border on: there the result meets the rest."""
_BACKGROUND = np.float32(1e4)
_THINNEST = 2
"""Pixels that a mouth is open at least: shut lips of a coarse mesh leave slits between them."""

_Numbers = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Drawing:
    """A posed head drawn at size S.

    side: of the picture in the pixels that its points lie in. covered: the head's pixels.
    region: [S, S] SKIN, EYE, MOUTH, HAIR or NOTHING. depth: [S, S] decimetres, large on nothing.
    """

    posed: PosedHead
    size: int
    side: float
    covered: Coverage
    region: NDArray[np.uint8]
    depth: Floats


@dataclass(frozen=True, eq=False)
class HeadFlow:
    """Where the pixels of a result lie in the source.

    offset: [S, S, 2] xy to add to a pixel's place, in pixels of the picture (not of this map).
    head: [S, S] the head's pixels in the result. region: [S, S] as in Drawing. hidden: [S, S] of
    the head, not to be seen in the source. still: [S, S] 0..1, off the head: the source as it is,
    not moved.
    """

    offset: Floats
    head: NDArray[np.bool_]
    hidden: NDArray[np.bool_]
    still: Floats
    region: NDArray[np.uint8]


def draw_head(model: HeadModel, posed: PosedHead, *, side: float, size: int = 128) -> Drawing:
    """Draw a head posed in a square picture of this side at `size` pixels."""
    depth = depth_of(model, posed)
    covered = rasterise(posed.xy * (size / side), depth, model.faces, size)
    region = np.full(size * size, NOTHING, np.uint8)
    region[covered.at] = model.region[covered.triangle]
    deep = np.full(size * size, _BACKGROUND)
    deep[covered.at] = covered.mix(model.faces, depth)
    square = (size, size)
    return Drawing(
        posed, size, side, covered, _without_slits(region.reshape(square)), deep.reshape(square)
    )


def _without_slits(region: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """[S, S] where the mouth is thinner than it can be open, its lips meet."""
    mouth = (region == MOUTH).astype(np.uint8)
    square = np.ones((_THINNEST, _THINNEST), np.uint8)
    # The anchors are at opposite corners: opening with an even square would move the mouth.
    core = cv2.erode(mouth, square, anchor=(0, 0))
    opened = cv2.dilate(core, square, anchor=(_THINNEST - 1, _THINNEST - 1))
    return np.where(mouth > opened, np.uint8(SKIN), region)


def flow_between(
    model: HeadModel, result: Drawing, source: Drawing, figure: Floats | None = None
) -> HeadFlow:
    """The flow from a drawing of the result to one of the source, of the same size and side.

    figure: [S, S] 1 where the source shows the person, 0 on the background, which is still where
    nobody has been nor comes to be; None where that is not known.
    Off the head it goes on smoothly and fades to none: most hair, of which the model knows nothing,
    moves with the head.
    """
    size, pixel = result.size, result.side / result.size
    then, now, covered = source.posed, result.posed, result.covered
    moves = np.zeros((size * size, 2), np.float32)
    own = np.zeros(size * size, np.float32)  # how deep it lies in the source
    moves[covered.at] = covered.mix(model.faces, (then.xy - now.xy).astype(np.float32))
    own[covered.at] = covered.mix(model.faces, depth_of(model, then))
    head = result.region != NOTHING
    # Between lips that meet the flow is that of the lips.
    slit = (result.region == SKIN).reshape(-1)
    slit[covered.at] &= model.region[covered.triangle] == MOUTH
    slit = slit.reshape(size, size)
    offset = _spread(moves.reshape(size, size, 2), head & ~slit, pixel / now.scale)
    steps = (offset / pixel).astype(np.float32)
    hidden = head & ~slit & _hidden(steps, own.reshape(size, size), result.region, source)
    return HeadFlow(offset, head, hidden, _still(steps, head, figure), result.region)


def depth_of(model: HeadModel, posed: PosedHead) -> Floats:
    """[V] decimetres away from the viewer."""
    depth = -posed.vertices[:, 2]
    depth[_behind(model)] += _RECESS
    return depth


@lru_cache(maxsize=2)
def _behind(model: HeadModel) -> NDArray[np.bool_]:
    """[V] eyeballs, teeth and what else is not skin."""
    behind = np.ones(len(model.mean), np.bool_)
    behind[model.faces[(model.region == SKIN) | (model.region == HAIR)]] = False
    return behind


def _spread(moves: Floats, covered: NDArray[np.bool_], pixel: float) -> Floats:
    """[S, S, 2] the flow of what is covered, carried on over the rest. pixel: decimetres."""
    if not covered.any():
        return np.zeros_like(moves)
    size = len(covered)
    # Off the head it is smooth: half of the pixels tell it.
    known = covered.astype(np.float32)
    both = cv2.resize(
        np.dstack([moves * known[..., None], known]),
        None,
        fx=0.5,
        fy=0.5,
        interpolation=cv2.INTER_AREA,
    )
    weight = np.asarray(both[..., 2], np.float32)
    start = both[..., :2] / np.maximum(weight, 1e-6)[..., None]
    away = cv2.distanceTransform((weight == 0).astype(np.uint8), cv2.DIST_L2, 3) * (2 * pixel)
    near = np.asarray((_FAR - away) / (_FAR - _CLINGS), np.float32)
    share = smoothstep(near) * smoothstep(_inwards(len(away)) / np.float32(_RIM))
    carried = np.asarray(_filled(start, weight) * share[..., None], np.float32)
    carried = np.asarray(cv2.resize(carried, (size, size)), np.float32)
    return np.where(covered[..., None], moves, carried).astype(np.float32)


@lru_cache(maxsize=4)
def _inwards(size: int) -> Floats:
    """[size, size] how far a pixel lies from the border, over half a side."""
    to_edge = 1 - np.abs((np.arange(size, dtype=np.float32) + 0.5) * (2 / size) - 1)
    return np.minimum(to_edge[:, None], to_edge[None])


def _filled(values: _Numbers, known: _Numbers) -> _Numbers:
    """[S, S, 2] where known [S, S] is 1 -> everywhere: smaller pictures fill larger ones."""
    height, width = known.shape
    blurred = values * known[..., None]
    if min(height, width) <= 2:
        return np.broadcast_to(blurred.sum((0, 1)) / max(known.sum(), 1e-6), values.shape)
    half = (width // 2, height // 2)
    both = np.dstack([blurred, known])
    coarse = np.asarray(cv2.resize(both, half, interpolation=cv2.INTER_AREA), np.float32)
    weight = coarse[..., 2]
    there = _filled(coarse[..., :2] / np.maximum(weight, 1e-6)[..., None], weight)
    below = cv2.resize(there, (width, height), interpolation=cv2.INTER_LINEAR)
    share = known[..., None]
    return values * share + below * (1 - share)


def _still(steps: Floats, head: NDArray[np.bool_], figure: Floats | None) -> Floats:
    """[S, S] share of what is not moved. steps: [S, S, 2] in pixels of the map."""
    unmoved = ~head & ~steps.any(2)
    if figure is None:
        return unmoved.astype(np.float32)
    rows, columns = np.mgrid[0 : len(head), 0 : len(head)].astype(np.float32)
    x, y = columns + steps[..., 0], rows + steps[..., 1]
    comes = cv2.remap(figure, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    wall = np.where(head, 0, (1 - figure) * (1 - np.asarray(comes, np.float32)))
    return np.where(unmoved, 1, wall).astype(np.float32)


def _hidden(
    steps: Floats, own: Floats, region: NDArray[np.uint8], source: Drawing
) -> NDArray[np.bool_]:
    """[S, S] where the source shows something nearer. steps: [S, S, 2] in pixels of the map."""
    size = len(own)
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    x, y = columns + steps[..., 0], rows + steps[..., 1]
    outside = (np.minimum(x, y) < -0.5) | (np.maximum(x, y) > size - 0.5)
    # Of the four pixels around, the deepest: a border alone hides nothing.
    four = np.ones((2, 2), np.uint8)
    deep = cv2.dilate(source.depth, four)
    skin = cv2.erode((source.region == SKIN).astype(np.uint8), four)
    column, row = (np.ceil(v).astype(np.int32).clip(0, size - 1) for v in (x, y))
    covered = own > deep[row, column] + _NEAR
    # Lids and lips lie close before what they hide.
    shut = ((region == EYE) | (region == MOUTH)) & (skin[row, column] > 0)
    return outside | covered | shut
