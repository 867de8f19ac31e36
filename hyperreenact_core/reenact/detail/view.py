"""A feature of a result and the skin around it, drawn at the result's own size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from ...imaging import ImageU8, smoothstep
from .filling import filled
from .flow import Drawing, depth_of
from .head_model import SKIN, Doubles, Floats, HeadModel, Indices
from .patch import Part
from .raster import Coverage, rasterise

BEHIND = 0.1
"""Decimetres behind what a coarse drawing shows, from which on something is hidden by it."""
_HIDDEN = 0.06
"""The same where skin lies before skin."""
_MOVES = 0.02
"""Pixels of the picture that something moves at least."""
_SOFT = 0.06
"""Decimetres over which skin goes over into what is filled in."""
_MARGIN = 0.03
"""Decimetres around what is drawn apart."""


@dataclass(frozen=True, eq=False)
class View:
    """What is drawn in a part of a result.

    found: the pixels that show it, by which of its `faces` [F, 3], numbered `triangles` [F].
    places: [V, 2] of the vertices in the part. unit: pixels of the part a decimetre.
    """

    part: Part
    triangles: Indices
    faces: Indices
    found: Coverage
    places: Doubles
    unit: float

    @property
    def shown(self) -> Indices:
        """[N] numbers of the triangles that the pixels show."""
        return self.triangles[self.found.triangle]

    def mix(self, values: Floats) -> Floats:
        """[V, ...] -> [N, ...]."""
        return self.found.mix(self.faces, values)

    def square(self, values: NDArray[np.generic], otherwise: float = 0.0) -> Floats:
        """[N, ...] -> [H, W, ...]."""
        width, height, rest = self.part.width, self.part.height, values.shape[1:]
        laid = np.full((height * width, *rest), otherwise, np.float32)
        laid[self.found.at] = values
        return laid.reshape(height, width, *rest)

    def window(self, mask: NDArray[np.uint8]) -> tuple[slice, slice]:
        """Of [H, W]: the part with what is not 0, and a little around it; all where nothing is."""
        extents = [np.nonzero(mask.any(axis))[0] for axis in (1, 0)]
        if not len(extents[0]):
            return slice(None), slice(None)
        margin = round(_MARGIN * self.unit)
        rows, columns = (
            slice(max(int(at[0]) - margin, 0), int(at[-1]) + 1 + margin) for at in extents
        )
        return rows, columns

    def soft(self, values: Floats, decimetres: float) -> Floats:
        """[H, W, ...] out of focus, by a standard deviation."""
        return np.asarray(cv2.GaussianBlur(values, (0, 0), decimetres * self.unit), np.float32)

    def spread(self, shares: Floats, decimetres: float) -> Floats:
        """[H, W] means of squares of this side."""
        side = max(round(decimetres * self.unit), 1)
        return np.asarray(cv2.blur(shares, (side, side)), np.float32)

    def off(self, line: Doubles) -> Floats:
        """[H, W] decimetres from a line through [N, 2] in the part."""
        rows, columns = np.mgrid[0 : self.part.height, 0 : self.part.width].astype(np.float32)
        x, y = columns + np.float32(0.5), rows + np.float32(0.5)
        nearest = np.full(x.shape, np.inf, np.float32)
        for begin, end in pairwise(line.astype(np.float32)):
            along, away = end - begin, (x - begin[0], y - begin[1])
            length = np.float32(max(along @ along, 1e-6))
            share = ((away[0] * along[0] + away[1] * along[1]) / length).clip(0, 1)
            off = (away[0] - share * along[0]) ** 2 + (away[1] - share * along[1]) ** 2
            np.minimum(nearest, off, out=nearest)
        return np.asarray(np.sqrt(nearest) / self.unit, np.float32)

    def near(self, ring: Doubles, reach: float, fade: float) -> Floats:
        """[H, W] 1 within a ring [N, 2] and next to it, softly 0 from `reach` decimetres on."""
        outside = np.ones((self.part.height, self.part.width), np.uint8)
        cv2.fillPoly(outside, [np.rint(ring).astype(np.int32)], 0)
        away = np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_5), np.float32)
        return smoothstep((np.float32(reach) - away / np.float32(self.unit)) / np.float32(fade))


def viewed(
    model: HeadModel,
    drawing: Drawing,
    size: int,
    *,
    triangles: Indices,
    ring: Sequence[int],
    reach: float,
) -> View | None:
    """Triangles around a ring of vertices in a picture of `size`; None where it lies off that."""
    scale = size / drawing.side
    xy, unit = drawing.posed.xy * scale, drawing.posed.scale * scale
    outline = xy[list(ring)]
    part = Part.about(outline.min(0) - reach * unit, outline.max(0) + reach * unit, size)
    if part.empty:
        return None
    places, faces = part.places(xy), model.faces[triangles]
    depth = depth_of(model, drawing.posed)
    found = rasterise(places, depth, faces, part.width, part.height)
    column, row = part.pixels(found.at, drawing.size)
    seen = found.mix(faces, depth) < drawing.depth[row, column] + BEHIND
    kept = Coverage(found.at[seen], found.triangle[seen], found.shares[:, seen])
    return View(part, triangles, faces, kept, places, unit)


@dataclass(frozen=True, eq=False)
class Carried:
    """What a source shows where the pixels of a view lie in it.

    x, y: [H, W] places in pixels of its picture, -1 where nothing is drawn. colour: [H, W, 3] RGB,
    0 to 255. hidden: [N] of the view's pixels, where something lies before it. moves: whether it
    is not the source as it is that is shown.
    """

    x: Floats
    y: Floats
    colour: Floats
    hidden: NDArray[np.bool_]
    moves: bool


def carried_from(model: HeadModel, view: View, source: Drawing, picture: ImageU8) -> Carried:
    """From a source [R, R, 3] that is drawn as it is held there."""
    then = (source.posed.xy * (len(picture) / source.side)).astype(np.float32)
    places = view.mix(then)
    x, y = (view.square(places[:, c], -1.0) - np.float32(0.5) for c in (0, 1))
    colour = cv2.remap(picture, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    on_map = (places * np.float32(source.size / len(picture))).astype(np.int32)
    column, row = on_map.clip(0, source.size - 1).T
    hidden = view.mix(depth_of(model, source.posed)) > source.depth[row, column] + _HIDDEN
    steps = then - (view.places + np.array([view.part.left, view.part.top]))
    moves = bool(np.abs(steps[np.unique(view.faces)]).max() > _MOVES)
    return Carried(x, y, np.asarray(colour, np.float32), hidden, moves)


def skin_of(
    model: HeadModel, view: View, carried: Carried, kept: Floats | None = None
) -> tuple[Floats, Floats]:
    """[H, W, 3] skin, also where there is none; [H, W] where the view shows what is told by it.

    kept: [F] 0..1 how far what the source shows of a triangle is taken; what is not is told by the
    skin around.
    """
    skin = model.region[view.shown] == SKIN
    hidden = carried.hidden & skin
    share = np.ones(len(view.faces), np.float32) if kept is None else kept
    known = view.square(share[view.found.triangle] * (skin & ~hidden))
    around = filled(carried.colour, known)
    there = np.maximum(view.spread(view.square(skin & ~hidden), _SOFT), 1e-3)
    own = (view.spread(known, _SOFT) / there).clip(0, 1) * (known > 0)
    whole = around + (carried.colour - around) * own[..., None]
    return np.asarray(whole, np.float32), view.spread(view.square(~hidden), _SOFT)
