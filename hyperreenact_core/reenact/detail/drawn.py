"""The head model itself as a guide: flat colours, shaded by the relief.

It stands in for a generator's picture where a set's own would err in the pose, which no network
could set right; what it shows is told anew in the source's colours in any case.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .flow import NOTHING, Drawing, depth_of
from .head_model import EYE, HAIR, MOUTH, SKIN, Floats, HeadModel
from .maps import relief
from .mouth import light_inside, light_on_teeth, shown_inside
from .paint import Colour, Paint
from .parts import INSIDE, IRIS, LIP, TEETH, TONGUE, near_features, shown_by, shown_in
from .raster import rasterise
from .view import BEHIND

Numbers = NDArray[np.float64]

_LEAST = 6
"""Pixels that tell a colour."""
_TEETH = 0.005
"""Square decimetres of teeth that tell theirs."""
_BRIGHTEST = 400.0
"""Of teeth where light reaches them fully."""
_DARKEST = 0.65
"""Of the light of pale things: what is darker is no teeth but the dark between lips."""
_WHITE = (60.0, 0.55)
"""How light teeth are where the skin's lightest tenth is black, and by how much more with it."""
_PALE = 0.6
"""How much of the skin's hue teeth and the whites of eyes share."""
_RELIEF_SIZE = 128
"""Side of the picture whose slopes are lit."""
_FINER = 2
"""Features are drawn in so many pixels for one, along each side: their edges are soft."""


def paint_of(model: HeadModel, drawing: Drawing, picture: NDArray[np.uint8]) -> Paint:
    """The colours of a head [S, S, 3] that is drawn as it is held there.

    What the picture need not show, as teeth, is as light as its skin is lit, and hardly coloured.
    """
    size = drawing.size
    small = np.asarray(cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA), np.float64)
    shown = shown_in(model, drawing)

    def middle(part: int, otherwise: Numbers) -> Numbers:
        found = small[shown == part]
        return np.median(found, axis=0) if len(found) >= _LEAST else otherwise

    skin = middle(SKIN, np.full(3, 150.0))
    lip = middle(LIP, skin * (0.85, 0.7, 0.7))
    lit = small[shown == SKIN].mean(1) if (shown == SKIN).any() else skin
    pale = white_beside(lit) * (1 + _PALE * (skin / max(float(skin.mean()), 1.0) - 1))
    return Paint(
        skin=_colour(skin),
        lip=_colour(lip),
        eye=_colour(0.93 * pale),
        iris=_colour(middle(IRIS, 0.3 * skin)),
        mouth=_colour(0.4 * lip),
        tongue=_colour(0.7 * lip),
        teeth=_teeth_of(model, drawing, small[shown == TEETH], drawing.depth[shown == TEETH], pale),
        hair=_colour(middle(HAIR, 0.4 * skin)),
        nothing=_colour(middle(NOTHING, np.full(3, 128.0))),
        shows=shown_inside(model, drawing.posed),
    )


def _teeth_of(
    model: HeadModel, drawing: Drawing, colours: Numbers, depths: Floats, pale: Numbers
) -> Colour:
    """Of what is seen of them [N, 3] at these depths [N], if that is enough."""
    pixel = drawing.side / (drawing.size * drawing.posed.scale)
    unseen = 1.25 * pale
    if len(colours) * pixel**2 < _TEETH:
        return _colour(unseen)
    light = float(light_on_teeth(model, drawing.posed, depths).mean())
    seen = (np.median(colours, axis=0) / light).clip(0, _BRIGHTEST)
    if seen.mean() < _DARKEST * pale.mean():
        return _colour(unseen)
    red, green, blue = seen.tolist()
    return red, green, blue


def white_beside(skin: Numbers) -> float:
    """How light, 0 to 255, teeth are beside skin whose pixels are so light [N]."""
    return _WHITE[0] + _WHITE[1] * float(np.percentile(skin, 90))


def _colour(values: Numbers) -> Colour:
    red, green, blue = values.clip(0, 255).tolist()
    return red, green, blue


def picture_of(model: HeadModel, drawing: Drawing, paint: Paint, size: int) -> NDArray[np.uint8]:
    """A drawing of a head -> [size, size, 3] RGB; eyes and lips are as fine as the picture is."""
    colours = np.zeros((256, 3), np.float32)
    parts = (paint.skin, paint.eye, paint.mouth, paint.hair, paint.nothing)
    colours[[SKIN, EYE, MOUTH, HAIR, NOTHING]] = parts
    colours[[TEETH, TONGUE, LIP, IRIS]] = paint.teeth, paint.tongue, paint.lip, paint.iris
    small = (_RELIEF_SIZE, _RELIEF_SIZE)
    depth = cv2.resize(relief(drawing), small, interpolation=cv2.INTER_AREA)
    depth = cv2.GaussianBlur(depth, (0, 0), 1)
    x, y = paint.light
    slope = x * cv2.Sobel(depth, cv2.CV_32F, 1, 0) + y * cv2.Sobel(depth, cv2.CV_32F, 0, 1)
    shade = 1 + 0.25 * np.tanh(3 * slope) - 0.15 * depth
    shade = np.asarray(cv2.resize(shade, (size, size)), np.float32)
    coarse = cv2.resize(shown_in(model, drawing), (size, size), interpolation=cv2.INTER_NEAREST)
    shown = np.asarray(coarse, np.uint8)
    lit = np.where(shown == NOTHING, np.float32(1), shade)
    flat = np.asarray(colours[shown] * lit[..., None], np.float32).reshape(-1, 3)
    features = _features(model, drawing, _FINER * size)
    fine = shade.reshape(-1)[features.pixel(size)] * features.light
    return _over(flat, features, colours[features.shown] * fine[:, None], size)


def _over(
    flat: Floats, features: _Features, colours: NDArray[np.floating], size: int
) -> NDArray[np.uint8]:
    """[S * S, 3] below finer pixels -> [S, S, 3]: a pixel is the mean of those in it."""
    pixel = features.pixel(size)
    each = 1 / _FINER**2
    covered = np.bincount(pixel, minlength=size * size)[:, None] * each
    laid = [np.bincount(pixel, colours[:, c], size * size) * each for c in range(3)]
    mixed = flat * (1 - covered) + np.stack(laid, 1)
    return mixed.clip(0, 255).astype(np.uint8).reshape(size, size, 3)


@dataclass(frozen=True, eq=False)
class _Features:
    """Pixels that show eyes, lips, the mouth and what surrounds them, of a picture of `side`.

    at: [N] row * side + column. shown: [N] as in `shown_by`. light: [N] what reaches them.
    """

    side: int
    at: NDArray[np.int32]
    shown: NDArray[np.uint8]
    light: Floats

    def pixel(self, size: int) -> NDArray[np.int32]:
        """[N] the pixels of a smaller picture that they lie in."""
        row, column = np.divmod(self.at, self.side)
        finer = self.side // size
        return (row // finer) * np.int32(size) + column // finer


def _features(model: HeadModel, drawing: Drawing, size: int) -> _Features:
    near = near_features(model)
    depth = depth_of(model, drawing.posed)
    places = drawing.posed.xy * (size / drawing.side)
    faces = model.faces[near]
    found = rasterise(places, depth, faces, size)
    before = np.asarray(cv2.resize(drawing.depth, (size, size), interpolation=cv2.INTER_NEAREST))
    own = found.mix(faces, depth)
    seen = own < before.reshape(-1)[found.at] + BEHIND
    shown = shown_by(model)[near[found.triangle]]
    opened = cv2.dilate((drawing.region == MOUTH).astype(np.uint8), np.ones((3, 3), np.uint8))
    opened = cv2.resize(opened, (size, size), interpolation=cv2.INTER_NEAREST).reshape(-1)
    shown[np.isin(shown, INSIDE) & (opened[found.at] == 0)] = LIP
    light = light_inside(model, drawing.posed, found, faces, shown)
    return _Features(size, found.at[seen], shown[seen], light[seen])
