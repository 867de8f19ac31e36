"""The coarse flow: where every pixel of a result lies in the source, from a head posed twice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from .carried import carried
from .fit import OVAL
from .head_model import EYE, HAIR, MOUTH, SKIN, Floats, HeadModel, Indices
from .pose import PosedHead
from .raster import Coverage, rasterise

NOTHING = 255
"""What a pixel shows besides SKIN, EYE, MOUTH and HAIR: no part of the head."""
_RECESS = 0.03
"""What lies behind lids and lips is drawn this much deeper (in decimetres): they may pass through.
"""
_NEAR = 0.06
"""What is this much deeper than what the source shows there still counts as seen."""
_AHEAD, _FRONT = 0.25, -0.5
"""The face's skin looks so far ahead, a cosine, and lies so far before the eyes, in decimetres."""
_SIDE_AHEAD = 0.05
"""The side of a head tells its flow where it turns to the viewer so much, a cosine."""
_ALL_HEAD = 0.99
"""Of grip, see HeadModel: the neck has less."""
_CHIN = 152
"""A mesh point."""
_BACKGROUND = np.float32(1e4)
_THINNEST = 2
"""Pixels that a mouth is open at least: shut lips of a coarse mesh leave slits between them."""


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
    face: [S, S] the pixels within the face's oval, where the flow is exact. region: [S, S] as in
    Drawing. hidden: [S, S] of the face, not to be seen in the source. still: [S, S] 0..1, off the
    face: the source as it is, not moved.
    """

    offset: Floats
    face: NDArray[np.bool_]
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

    figure: [S, S] 1 where the source shows the person, 0 on the background; None where that is not
    known. Off the face the flow goes on without tears, see `carried`: of hair, hats and collars
    the model knows nothing.
    """
    size, pixel = result.size, result.side / result.size
    then, now, covered = source.posed, result.posed, result.covered
    square = (size, size)

    def at_pixels(values: NDArray[np.floating]) -> Floats:  # [V, ...] -> [S, S, ...]
        spread = np.zeros((size * size, *values.shape[1:]), np.float32)
        spread[covered.at] = covered.mix(model.faces, values.astype(np.float32))
        return spread.reshape(*square, *values.shape[1:])

    def shown(triangles: NDArray[np.bool_]) -> NDArray[np.bool_]:  # [F] -> [S, S]
        marked = np.zeros(size * size, np.bool_)
        marked[covered.at] = triangles[covered.triangle]
        return marked.reshape(square)

    moves = at_pixels((then.xy - now.xy) / pixel)
    covers = _hidden(moves, at_pixels(depth_of(model, then)), result.region, source)
    # Between lips that meet the flow is that of the lips.
    face = shown(_of_face(model)) & ~((result.region == SKIN) & shown(model.region == MOUTH))
    ahead = np.minimum(_ahead(model.faces, then.vertices), _ahead(model.faces, now.vertices))
    side = shown(_above_neck(model) & (ahead > _SIDE_AHEAD)) & ~covers
    chin = float(now.xy[_chin(model), 1]) / pixel
    unit = pixel / now.scale
    offset = carried(moves, face, face | side, figure, chin=chin, unit=unit)
    still = (~face & ~offset.any(2)).astype(np.float32)
    return HeadFlow(offset * np.float32(pixel), face, face & covers, still, result.region)


def _ahead(faces: Indices, vertices: Floats) -> Floats:
    """[F] how much triangles look to the viewer: the cosine of how far they are turned away."""
    first, second, third = (vertices[corner] for corner in faces.T)
    normal = np.cross(second - first, third - first)
    return np.asarray(normal[:, 2] / np.linalg.norm(normal, axis=1).clip(1e-12), np.float32)


@lru_cache(maxsize=2)
def _of_face(model: HeadModel) -> NDArray[np.bool_]:
    """[F] triangles of the face, eyes and mouth: what lies within its oval."""
    outline = model.point_mean[list(OVAL), :2].astype(np.float32)
    middle = model.mean[model.faces].mean(1)
    within = [
        cv2.pointPolygonTest(outline, (x, y), measureDist=False) > 0 for x, y, _ in middle.tolist()
    ]
    outside = (model.region == SKIN) | (model.region == HAIR)
    ahead = ~outside | (_ahead(model.faces, model.mean) > _AHEAD)
    return np.array(within) & ahead & (middle[:, 2] > _FRONT)


@lru_cache(maxsize=2)
def _above_neck(model: HeadModel) -> NDArray[np.bool_]:
    """[F] triangles that turn with the whole head."""
    return model.grip[model.faces].min(1) > _ALL_HEAD


@lru_cache(maxsize=2)
def _chin(model: HeadModel) -> int:
    """Its vertex."""
    return int(model.vertices_at([_CHIN])[0])


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
