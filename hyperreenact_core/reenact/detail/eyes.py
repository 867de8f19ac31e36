"""The eyes of a result, drawn at its own size: eyeballs, and the skin of the lids around them.

Maps of the detail network's size have steps where lids meet; a lid that comes down is skin that the
source hardly shows, so what it shows of that, drawn out, would be a bruise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from ...imaging import ImageU8, smoothstep
from .eyeballs import EyeLook, balls, looks_of
from .flow import Drawing
from .head_model import EYE, SKIN, Doubles, Floats, HeadModel, Indices
from .lids import LidEdges, lid_edges, openings
from .opening import shade_within, without_slits
from .paint import Paint
from .patch import Patch
from .view import View, carried_from, skin_of, viewed

_AROUND, _FADE = 0.22, 0.12
"""Decimetres from the edges of lids to where skin is drawn with them, and over which it fades."""
_REACH, _DEEPEST = 0.4, -0.5
"""Decimetres within which triangles around an eye are drawn, and before which they lie."""
_FACING = 0.3
"""Of an eye's width, seen from the front, that must be seen."""
_DRAWN_OUT = (0.3, 0.65)
"""A triangle's size in the source over that in the result, between which its skin is told more and
more by what lies around."""
_SOFT = 0.005
"""Decimetres by which the edge of an eye is out of focus."""
_SLIT = (0.008, 0.016)
"""Decimetres; eyes that are open less are shut."""
_CREASE = (0.07, 0.13)
"""Decimetres about the edge of an upper lid that its lashes and its crease take, and from where on
there are none."""
_MEET = 0.2
"""Of an opening, where lids meet: what is measured of them lies a little apart."""
_LASH, _LASH_DARKER = 0.01, (0.3, 0.6)
"""Half the width of the line where shut lids meet, in decimetres, and how dark it is at least and
at most."""
_TAPER = 0.08
"""Decimetres over which that line begins and ends."""
_LASH_SKIN = (0.1, 0.22)
"""Decimetres from the edge of an upper lid to the skin that its lashes are compared with."""
_SHADE_LEFT = 0.25
"""Of the shade of lids where the source shows the eye: shaded already."""


@dataclass(frozen=True, eq=False)
class SourceEyes:
    """What the eyes of a source are drawn from.

    looks: of both eyeballs, that on the viewer's left first. open: decimetres between the lids.
    lashes: 0..1 how dark they are.
    """

    looks: tuple[EyeLook, EyeLook]
    open: tuple[float, float]
    lashes: tuple[float, float]


def source_eyes(model: HeadModel, drawing: Drawing, picture: ImageU8, paint: Paint) -> SourceEyes:
    """Of a picture [R, R, 3] with a head that is drawn as it is held there."""
    left, right = (
        _lashes(drawing, picture, edges.upper, edges.lower) for edges in lid_edges(model)
    )
    looks = looks_of(model, drawing, picture, paint)
    return SourceEyes(looks, openings(model, drawing.posed), (left, right))


def _lashes(drawing: Drawing, picture: ImageU8, upper: Indices, lower: Indices) -> float:
    """How much darker the edge of the upper lid is than the skin above it, 0..1."""
    scale = len(picture) / drawing.side
    edge = drawing.posed.xy[upper[2:-2]] * scale
    away = edge - drawing.posed.xy[lower[2:-2]] * scale
    away /= np.linalg.norm(away, axis=1, keepdims=True).clip(1e-6)
    unit = drawing.posed.scale * scale
    bright = cv2.GaussianBlur(picture, (0, 0), max(_LASH * unit / 2, 0.3)).mean(2)

    def at(distance: float) -> float:
        x, y = np.rint(edge + away * distance * unit - 0.5).astype(int).T.clip(0, len(picture) - 1)
        return float(np.median(bright[y, x]))

    skin = max(at(step) for step in np.linspace(*_LASH_SKIN, 4).tolist())
    line = min(at(step) for step in np.linspace(-_LASH, 2 * _LASH, 5).tolist())
    return float(np.clip(1 - line / max(skin, 1.0), *_LASH_DARKER))


def eyes_of(
    model: HeadModel, result: Drawing, source: Drawing, picture: ImageU8, eyes: SourceEyes
) -> list[Patch]:
    """The eyes in a result as large as the source's picture.

    But for one that is turned away, and one that is as the source has it.
    """
    opened = openings(model, result.posed)
    drawn: list[Patch] = []
    for which, edges in enumerate(lid_edges(model)):
        view = viewed(
            model,
            result,
            len(picture),
            triangles=_near_eyes(model)[which],
            ring=[*edges.upper, *edges.lower],
            reach=_AROUND,
        )
        if view is None or _width_seen(result, edges) < _FACING:
            continue
        left = opened[which] / max(eyes.open[which], 1e-3)
        narrowed = float(smoothstep(np.array((1 - left) / (1 - _MEET))))
        upper, lower = view.places[edges.upper], view.places[edges.lower]
        carried = carried_from(model, view, source, picture)
        if not carried.moves:
            continue
        kept = _kept(model, view, source, len(picture))
        kept -= kept * np.float32(narrowed) * _creases(model)[which]
        skin, known = skin_of(model, view, carried, kept)
        skin *= 1 - narrowed * eyes.lashes[which] * _lash_line(view, upper)[..., None]
        ball, share = _ball(model, view, which, eyes.looks[which])
        colour = np.asarray(skin + (ball - skin) * share[..., None], np.float32)
        near = view.near(np.concatenate([upper, lower[::-1]]), _AROUND, _FADE)
        drawn.append(view.part.patch(colour, np.maximum(known, share) * near))
    return drawn


def _lash_line(view: View, upper: Doubles) -> Floats:
    """[H, W] 1 along the edge of an upper lid [N, 2], less towards its corners, softly 0 off it."""
    line = np.exp(-((view.off(upper) / np.float32(_LASH)) ** 2))
    ends = np.minimum(*(view.off(np.repeat(upper[[end]], 2, 0)) for end in (0, -1)))
    return np.asarray(line * smoothstep(ends / np.float32(_TAPER)), np.float32)


def _width_seen(drawing: Drawing, edges: LidEdges) -> float:
    """Of an eye, over its width."""
    corners = [int(edges.upper[0]), int(edges.upper[-1])]
    apart = np.subtract(*drawing.posed.vertices[corners])
    return abs(float(apart[0])) / max(float(np.linalg.norm(apart)), 1e-6)


def _kept(model: HeadModel, view: View, source: Drawing, size: int) -> Floats:
    """[F] 0..1 how far triangles are not drawn out, beside the others of the view."""
    then = source.posed.xy * (size / source.side)
    before, now = (_sizes(places[view.faces]) for places in (then, view.places))
    ratio = before / np.maximum(now, 1e-6)
    skin = (model.region[view.triangles] == SKIN) & (now > 0)
    usual = float(np.median(ratio[skin])) if skin.any() else 1.0
    low, high = _DRAWN_OUT
    return smoothstep((ratio / max(usual, 1e-6) - low) / (high - low)).astype(np.float32)


def _sizes(corners: Doubles) -> Doubles:
    """[F, 3, 2] -> [F] areas, negative seen from behind."""
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return (second[:, 0] * first[:, 1] - second[:, 1] * first[:, 0]) / 2


def _ball(model: HeadModel, view: View, which: int, look: EyeLook) -> tuple[Floats, Floats]:
    """[H, W, 3] the eyeball between its lids, and [H, W] how much of it is to be seen."""
    whole = view.square(model.region[view.shown] == EYE).astype(np.uint8)
    window = view.window(whole)
    places = view.square(view.mix(balls(model)[which].places) * np.float32(len(look.seen)) - 0.5)
    x, y = np.ascontiguousarray(places[window].transpose(2, 0, 1))
    mask = np.ascontiguousarray(whole[window])
    colour = np.asarray(cv2.remap(look.picture, x, y, cv2.INTER_LINEAR), np.float32)
    seen = np.asarray(cv2.remap(look.seen, x, y, cv2.INTER_LINEAR), np.float32)
    colour *= shade_within(mask, view.unit, 1 - (1 - _SHADE_LEFT) * seen)[..., None]
    known = np.maximum(view.soft(mask.astype(np.float32), _SOFT), 1e-3)
    opened = without_slits(mask, [width * view.unit for width in _SLIT])
    ball, share = np.zeros((*whole.shape, 3), np.float32), np.zeros(whole.shape, np.float32)
    ball[window] = view.soft(colour * mask[..., None], _SOFT) / known[..., None]
    share[window] = view.soft(opened, _SOFT)
    return ball, share


@lru_cache(maxsize=2)
def _creases(model: HeadModel) -> list[Floats]:
    """[F] of each view's triangles, 1 next to the edge of the upper lid, softly 0 further off.

    Lashes and the crease of an open lid are not to be seen on one that is shut.
    """
    found: list[Floats] = []
    for triangles, edges in zip(_near_eyes(model), lid_edges(model), strict=True):
        middle = model.mean[model.faces[triangles]].mean(1)
        away = np.linalg.norm(middle[:, None] - model.mean[edges.upper], axis=2).min(1)
        found.append(smoothstep((_CREASE[1] - away) / (_CREASE[1] - _CREASE[0])))
    return found


@lru_cache(maxsize=2)
def _near_eyes(model: HeadModel) -> tuple[Indices, Indices]:
    """Triangles of each eyeball's front and of the skin around its lids."""
    middle = model.mean[model.faces].mean(1)
    skin = (model.region == SKIN) & (middle[:, 2] > _DEEPEST)
    found = []
    for ball, edges in zip(balls(model), lid_edges(model), strict=True):
        ring = model.mean[np.concatenate([edges.upper, edges.lower])]
        away = np.linalg.norm(middle[:, None] - ring, axis=2).min(1)
        around = np.nonzero(skin & (away < _REACH))[0].astype(np.int32)
        found.append(np.concatenate([around, ball.triangles]))
    return found[0], found[1]
