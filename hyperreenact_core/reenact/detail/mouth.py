"""The mouth of a result, drawn at its own size: lips, teeth, tongue and the dark behind them.

What rendered mouths have taught a network looks like none, and in its maps lips have steps.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ...heads.expression import ACTIONS
from ...imaging import ImageU8, smoothstep
from .fit import HeadFit
from .flow import Drawing, depth_of
from .head_model import MOUTH, SKIN, Floats, HeadModel, Indices
from .opening import shade_within, without_slits
from .paint import Paint
from .parts import INSIDE, LAST_PIECE, LIPS, TEETH, TONGUE, pieces, shown_by
from .patch import Patch
from .pose import PosedHead, vertices_of
from .raster import Coverage
from .view import View, carried_from, skin_of, viewed

_BETWEEN_TEETH = np.array([0.0, 0.093, 0.165, 0.245, 0.325, 0.4], np.float32)
"""Decimetres from the middle of a row to where one tooth ends and the next begins."""
_GAP, _GAP_DARKER = 0.01, 0.16
"""Half the width of the shade between two teeth, in decimetres, and how dark it is."""
_REACH = (0.25, 0.6)
"""Light halves so deep behind shut lips, and by so much deeper with every decimetre they open."""
_GAMMA, _TEETH_GAMMA = 0.45, 0.18
"""The deep is less dark than that, teeth still less."""
_INNER_LIPS = (13, 14)
_CLOSE = ACTIONS.index("mouthClose")
_SHUT, _OPEN = 0.05, 0.08
"""Decimetres between the lips from which the inside begins to be seen, and is."""

_AROUND, _FADE = 0.14, 0.08
"""Decimetres from the edge of lips to where skin is drawn with them, and over which it fades."""
_NEARBY, _DEEPEST = 0.3, -0.5
"""Decimetres within which triangles around lips are drawn, and before which they lie."""
_LIPS = 0.009
"""Decimetres within lips that show their edges and shadows."""
_SLIT = (0.005, 0.014)
"""Decimetres: what is thinner is a slit between lips that meet."""
_SOFT = 0.006
"""Decimetres by which it is out of focus, as a standard deviation."""
_DARK = 0.5
"""Of the light of teeth: what is darker is none."""
_SHADE_LEFT = 0.3
"""Of that where teeth have the colour that the picture shows: shaded already."""
_WARM = np.array([0.8, 1.0, 1.1], np.float32)
"""What is in the shade is redder."""
_COLOURED = 0.25
"""Saturation of a mouth in a picture that is not grey."""


def mouth_pieces_in(
    model: HeadModel, drawing: Drawing, picture: ImageU8, paint: Paint
) -> NDArray[np.uint8]:
    """[R, R] which piece of the mouth's inside a source [R, R, 3] shows, within its lips; else 0.

    Of a source that is drawn as it is held there. Teeth that are dark are none.
    """
    size = len(picture)
    view = _viewed(model, drawing, size)
    shown = np.zeros((size, size), np.uint8)
    if view is None:
        return shown
    part, reach = view.part, 2 * round(_LIPS * view.unit) + 1
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    which = view.square(_pieces(model)[view.shown]).astype(np.uint8)
    inner = cv2.erode((which > 0).astype(np.uint8), around)
    shown[part.top : part.bottom, part.left : part.right] = which * inner
    for row_of_teeth in range(2, 1 + LAST_PIECE):
        of = shown == row_of_teeth
        if of.any() and np.median(picture[of]) < _DARK * np.mean(paint.teeth):
            shown[of] = 0
    return shown


def mouth_of(
    model: HeadModel,
    result: Drawing,
    source: Drawing,
    picture: ImageU8,
    pieces_shown: NDArray[np.uint8],
    paint: Paint,
) -> Patch | None:
    """The mouth in a result as large as the source's picture.

    None where it lies off that, or is as the source has it. Of its inside what the source shows is
    that, see `mouth_pieces_in`; the rest is painted.
    """
    view = _viewed(model, result, len(picture))
    if view is None:
        return None
    carried = carried_from(model, view, source, picture)
    if not carried.moves:
        return None
    lips, known = skin_of(model, view, carried)
    pieces_now = view.square(_pieces(model)[view.shown])
    window = view.window(pieces_now.astype(np.uint8))
    now = pieces_now[window]
    mask = (now > 0).astype(np.uint8)
    x, y = (np.ascontiguousarray(places[window]) for places in (carried.x, carried.y))
    then = cv2.remap(pieces_shown, x, y, cv2.INTER_NEAREST)
    own = view.soft(((now == then) & (now > 0)).astype(np.float32), _SOFT) * paint.shows
    inside = _inside(model, view, result, paint)[window]
    inside += (carried.colour[window] - inside) * own[..., None]
    whole = np.maximum(view.soft(mask.astype(np.float32), _SOFT), 1e-3)
    inside = view.soft(inside * mask[..., None], _SOFT) / whole[..., None]
    opened = np.zeros(pieces_now.shape, np.float32)
    slits = [thick * view.unit for thick in _SLIT]
    opened[window] = view.soft(without_slits(mask, slits), _SOFT)
    lips[window] += (inside - lips[window]) * opened[window][..., None]
    near = view.near(view.places[list(_lip_ring(model))], _AROUND, _FADE)
    return view.part.patch(lips, np.maximum(known, opened) * near)


def _viewed(model: HeadModel, drawing: Drawing, size: int) -> View | None:
    return viewed(
        model,
        drawing,
        size,
        triangles=_near_mouth(model),
        ring=_lip_ring(model),
        reach=_AROUND,
    )


def _inside(model: HeadModel, view: View, drawing: Drawing, paint: Paint) -> Floats:
    """[H, W, 3] painted."""
    shown = shown_by(model)[view.shown]
    colours = np.zeros((256, 3), np.float32)
    colours[[MOUTH, TEETH, TONGUE]] = paint.mouth, paint.teeth, paint.tongue
    light = light_inside(model, drawing.posed, view.found, view.faces, shown)
    colour = view.square(colours[shown] * light[:, None])
    mask = view.square(np.isin(shown, INSIDE)).astype(np.uint8)
    shade = shade_within(mask, view.unit, 1 - (1 - _SHADE_LEFT) * paint.shows)
    return np.asarray(colour * shade[..., None] ** _warmth(paint), np.float32)


def _warmth(paint: Paint) -> Floats:
    """[3] powers of the shade; none of it in grey pictures."""
    lightest, darkest = max(paint.mouth), min(paint.mouth)
    tint = min((lightest - darkest) / max(lightest, 1.0) / _COLOURED, 1.0)
    return 1 + np.float32(tint) * (_WARM - 1)


def shown_inside(model: HeadModel, posed: PosedHead) -> float:
    """0..1 how much of the inside of a mouth lips so far apart show."""
    return float(smoothstep(np.array((_opening(model, posed) - _SHUT) / (_OPEN - _SHUT))))


def with_shut_lips(model: HeadModel, fit: HeadFit) -> HeadFit:
    """The fit with lips that meet, where those of the source are so close that they are shut.

    What a reader sees of lips that meet lies a little apart, and would be a slit in every result.
    """
    vertices = vertices_of(model, fit, fit.coefficients)
    upper, lower = _lip_vertices(model)
    gap = float(vertices[upper, 1] - vertices[lower, 1])
    if not 0 < gap < _SHUT:
        return fit
    closing = np.zeros_like(vertices)
    closing[model.moved] = model.actions[_CLOSE]
    closing *= gap / float(closing[lower, 1] - closing[upper, 1])
    return replace(fit, remainder=closing if fit.remainder is None else fit.remainder + closing)


def light_inside(
    model: HeadModel,
    posed: PosedHead,
    found: Coverage,
    faces: Indices,
    shown: NDArray[np.uint8],
) -> Floats:
    """[N] what light reaches the pixels that show these parts [N]: 1 off the mouth."""
    light = np.ones(len(shown), np.float32)
    deep = found.mix(faces, depth_of(model, posed))
    inside, teeth = np.isin(shown, INSIDE), shown == TEETH
    light[inside] = _reached(model, posed, deep[inside]) ** _GAMMA
    light[teeth] = light_on_teeth(model, posed, deep[teeth])
    light[teeth] *= _gaps(found.mix(faces, _along_the_teeth(model))[teeth])
    return light


def light_on_teeth(model: HeadModel, posed: PosedHead, depths: Floats) -> Floats:
    """[N] what reaches teeth so deep [N], but for the gaps between them."""
    return _reached(model, posed, depths) ** np.float32(_TEETH_GAMMA)


def _reached(model: HeadModel, posed: PosedHead, depths: Floats) -> Floats:
    """[N] how much light falls so deep [N]: less behind the lips of a mouth that is hardly open."""
    front = float(posed.vertices[list(_lip_vertices(model)), 2].max())
    behind = (depths + front).clip(0, None)
    reach = _REACH[0] + _REACH[1] * _opening(model, posed)
    return np.asarray(1 / (1 + (behind / reach) ** 2), np.float32)


def _opening(model: HeadModel, posed: PosedHead) -> float:
    """Decimetres between the lips."""
    return float(np.linalg.norm(np.subtract(*posed.vertices[list(_lip_vertices(model))])))


@lru_cache(maxsize=2)
def _lip_ring(model: HeadModel) -> tuple[int, ...]:
    """Vertices around the lips."""
    return tuple(model.vertices_at(LIPS).tolist())


@lru_cache(maxsize=2)
def _near_mouth(model: HeadModel) -> Indices:
    """Triangles of the inside of the mouth, of lips and of the skin around them."""
    middle = model.mean[model.faces].mean(1)
    away = np.linalg.norm(middle[:, None] - model.mean[list(_lip_ring(model))], axis=2).min(1)
    around = (model.region == SKIN) & (away < _NEARBY) & (middle[:, 2] > _DEEPEST)
    return np.nonzero(around | (model.region == MOUTH))[0].astype(np.int32)


@lru_cache(maxsize=2)
def _pieces(model: HeadModel) -> NDArray[np.uint8]:
    """[F] which piece of the inside of the mouth a triangle is of, from 1 on; else 0."""
    inside = np.nonzero(model.region == MOUTH)[0]
    which = np.zeros(len(model.faces), np.uint8)
    for piece, of in enumerate(pieces(model.faces[inside])):
        which[inside[of]] = 1 + piece
    return which


@lru_cache(maxsize=2)
def _lip_vertices(model: HeadModel) -> tuple[int, int]:
    """The vertices in the middle of the upper and of the lower lip, where they meet."""
    upper, lower = model.vertices_at(_INNER_LIPS).tolist()
    return upper, lower


def _gaps(along: Floats) -> Floats:
    """[N] places along a row of teeth -> [N] less light between two teeth."""
    away = np.abs(np.abs(along)[:, None] - _BETWEEN_TEETH).min(1)
    return np.asarray(1 - _GAP_DARKER * np.exp(-((away / _GAP) ** 2)), np.float32)


@lru_cache(maxsize=2)
def _along_the_teeth(model: HeadModel) -> Floats:
    """[V] decimetres of a vertex of a row of teeth from its middle, along the row."""
    along = np.zeros(len(model.mean), np.float32)
    inside = np.nonzero(model.region == MOUTH)[0]
    for piece in pieces(model.faces[inside])[1:LAST_PIECE]:
        row = np.unique(model.faces[inside[piece]])
        x, z = model.mean[row][:, 0], model.mean[row][:, 2]
        # A row is about half an ellipse; its length up to an angle, by small steps.
        wide, deep = float(np.abs(x).max()), float(np.ptp(z))
        angle = np.arctan2(np.abs(x) / wide, (z - z.min()) / deep)
        steps = np.linspace(0, np.pi / 2, 91)
        length = np.hypot(wide * np.cos(steps), deep * np.sin(steps)) * (steps[1] - steps[0])
        along[row] = np.interp(angle, steps, np.cumsum(length)) * np.sign(x)
    return along
