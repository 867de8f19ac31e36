"""What the eyeballs of a source look like, also where its lids cover them.

A picture of each ball around where it looks: from the source where it shows, else what is as far
from the middle of the iris, for an iris looks alike all around.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ...imaging import ImageU8, smoothstep
from .filling import filled
from .flow import Drawing, depth_of
from .head_model import EYE, Doubles, Floats, HeadModel, Indices
from .paint import Paint
from .parts import IRIS_REACH, near_features, pieces
from .raster import rasterise
from .view import BEHIND

_WIDEST = 1.35
"""Radians from where the eye looks to the border of its picture."""
_LEAST_SIDE, _MOST_SIDE = 96, 256
_SHARE = 0.19
"""Of the side of a ball's picture in that of the source's."""
_FINER = 2
"""Pixels drawn for one, to tell which show an eye."""
_LASHES = 0.012
"""Decimetres within the lids that show lashes and shadows."""
_TURNED = 0.8
"""Of a ball's radius behind its front, from which on it is turned away."""
_SOFT = 1.5
"""Pixels of the picture over which what is seen goes over into what is not."""
_RINGS = 24
_OUTERMOST = 2.2
"""Of the rings, over the model's iris."""
_AROUND_IRIS, _RIM = 1.15, 0.25
"""Where the white begins, over the model's iris, and over how much more it goes over into it."""
_ASTRAY = 0.3
"""Radians that a fitted gaze may be off."""
_DARKER = 10.0
"""Levels that an iris is darker than what surrounds it."""
_ENOUGH = 0.012
"""Share of a ball's picture that the source shows, from which on it tells anything."""


@dataclass(frozen=True, eq=False)
class Ball:
    """One eyeball of the model.

    triangles: [F] of its front. middle: the vertex where it looks. places: [V, 2] of its vertices
    in its picture, in shares of the side. radius: decimetres.
    """

    triangles: Indices
    middle: int
    places: Floats
    radius: float


@dataclass(frozen=True, eq=False)
class EyeLook:
    """picture: [S, S, 3] RGB, 0 to 255. seen: [S, S] 0..1 where the source shows it."""

    picture: Floats
    seen: Floats


@lru_cache(maxsize=2)
def balls(model: HeadModel) -> tuple[Ball, Ball]:
    """Both eyeballs, that on the viewer's left first."""
    eyes = np.nonzero(model.region == EYE)[0].astype(np.int32)
    found = [_ball(model, eyes[piece]) for piece in pieces(model.faces[eyes])]
    first, second = sorted(found, key=lambda ball: float(model.mean[ball.middle, 0]))
    return first, second


def _ball(model: HeadModel, triangles: Indices) -> Ball:
    own = np.unique(model.faces[triangles])
    corners = model.mean[own]
    middle = int(own[corners[:, 2].argmax()])
    lowest, highest = corners.min(0), corners.max(0)
    centre = np.array([*(lowest + highest)[:2] / 2, highest[2] - (highest - lowest)[0] / 2])
    ahead = model.mean[middle] - centre
    ahead /= np.linalg.norm(ahead)
    right = np.cross((0.0, 1.0, 0.0), ahead)
    right /= np.linalg.norm(right)
    axes = np.stack([right, -np.cross(ahead, right), ahead])
    x, y, z = ((model.mean - centre) @ axes.T).T
    angle = np.arctan2(np.hypot(x, y), z)
    share = angle / np.maximum(np.hypot(x, y), 1e-9) / (2 * _WIDEST)
    places = np.stack([x, y], 1) * share[:, None] + 0.5
    front = angle[model.faces[triangles]].max(1) < np.pi / 2 + 0.2
    radius = float(highest[0] - lowest[0]) / 2
    return Ball(triangles[front], middle, places.astype(np.float32), radius)


def looks_of(
    model: HeadModel, drawing: Drawing, picture: ImageU8, paint: Paint
) -> tuple[EyeLook, EyeLook]:
    """Of a source [R, R, 3] that is drawn as it is held there.

    An eye that hardly shows looks like the other one; if neither does, as it is painted.
    """
    shown = _shown(model, drawing, len(picture))
    side = _side(len(picture))
    seen = [_seen(model, ball, drawing, picture, shown, side) for ball in balls(model)]
    first, second = (None if look.seen.mean() < _ENOUGH else look for look in seen)
    mirrored = [None if look is None else _mirrored(look) for look in (second, first)]
    plain = _painted(paint, side)
    left, right = (
        _whole(own or other or plain, plain)
        for own, other in zip((first, second), mirrored, strict=True)
    )
    return left, right


def gaze_astray(model: HeadModel, drawing: Drawing, picture: ImageU8) -> Doubles:
    """[2] radians that the eyes of a source [R, R, 3] look more to the viewer's right than drawn.

    0 for an eye without an iris to be seen.
    """
    shown = _shown(model, drawing, len(picture))
    side = _side(len(picture))
    seen = [_seen(model, ball, drawing, picture, shown, side) for ball in balls(model)]
    return np.array([_middle_of_iris(look)[0] for look in seen])


def _side(size: int) -> int:
    """Of the balls' pictures of a source that is so wide."""
    return min(max(round(_SHARE * size), _LEAST_SIDE), _MOST_SIDE)


def _mirrored(look: EyeLook) -> EyeLook:
    return EyeLook(look.picture[:, ::-1], look.seen[:, ::-1])


def _shown(model: HeadModel, drawing: Drawing, size: int) -> NDArray[np.uint8]:
    """[2R, 2R] 1 where eyes are to be seen, within lids and lashes."""
    side = _FINER * size
    near = near_features(model)
    scale = side / drawing.side
    depth = depth_of(model, drawing.posed)
    found = rasterise(drawing.posed.xy * scale, depth, model.faces[near], side)
    eye = np.zeros(side * side, np.uint8)
    eye[found.at] = model.region[near[found.triangle]] == EYE
    deep = cv2.resize(drawing.depth, (side, side), interpolation=cv2.INTER_NEAREST)
    eye[found.at] &= found.mix(model.faces[near], depth) < deep.reshape(-1)[found.at] + BEHIND
    reach = 2 * round(_LASHES * drawing.posed.scale * scale) + 1
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    return np.asarray(cv2.erode(eye.reshape(side, side), around), np.uint8)


def _seen(
    model: HeadModel,
    ball: Ball,
    drawing: Drawing,
    picture: ImageU8,
    shown: NDArray[np.uint8],
    side: int,
) -> EyeLook:
    """The picture of a ball where the source shows it, 0 elsewhere."""
    faces = model.faces[ball.triangles]
    laid = ball.places.astype(np.float64) * side
    found = rasterise(laid, np.zeros(len(laid), np.float32), faces, side)
    scale = len(picture) / drawing.side
    places = np.full((side * side, 2), -1e3, np.float32)
    places[found.at] = found.mix(faces, (drawing.posed.xy * scale).astype(np.float32))
    # What is turned away lies before the same pixels as what is seen.
    depth = np.full(side * side, 1e3, np.float32)
    depth[found.at] = found.mix(faces, -drawing.posed.vertices[:, 2])
    ahead = depth.reshape(side, side) < float(depth[found.at].min()) + _TURNED * ball.radius
    x, y = (places.reshape(side, side, 2) - 0.5).transpose(2, 0, 1)
    colours = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    own = cv2.remap(shown, (x + 0.5) * _FINER - 0.5, (y + 0.5) * _FINER - 0.5, cv2.INTER_NEAREST)
    return EyeLook(np.asarray(colours, np.float32), (np.asarray(own) * ahead).astype(np.float32))


def _painted(paint: Paint, side: int) -> EyeLook:
    """White with an iris and a pupil; nothing of it is seen."""
    away = _radius(side, (0.0, 0.0))[..., None]
    white, iris = (np.array(colour, np.float32) for colour in (paint.eye, paint.iris))
    inner = smoothstep((away - 0.35) / np.float32(0.15))
    rim = 1 - 0.35 * np.exp(-(((away - 0.95) / 0.12) ** 2))
    outer = smoothstep((away - 0.92) / np.float32(0.16))
    coloured = (0.2 + 0.8 * inner) * iris * rim
    picture = coloured + (white - coloured) * outer
    return EyeLook(picture.astype(np.float32), np.zeros((side, side), np.float32))


def _radius(side: int, middle: tuple[float, float]) -> Floats:
    """[S, S] how far from a middle, in radians from the picture's, over the model's iris."""
    place = ((np.arange(side, dtype=np.float32) + 0.5) / side - 0.5) * (2 * _WIDEST)
    x, y = place[None] - np.float32(middle[0]), place[:, None] - np.float32(middle[1])
    return np.asarray(np.hypot(x, y) / _IRIS, np.float32)


def _whole(look: EyeLook, plain: EyeLook) -> EyeLook:
    """The picture with what the source does not show."""
    known = look.seen > 0
    away = _radius(len(look.seen), _middle_of_iris(look))
    ring = (away * (_RINGS / _OUTERMOST)).astype(np.int32)
    told = [r for r in range(_RINGS) if ((ring == r) & known).any()]
    if look is plain or not told:
        return plain
    means = np.stack([np.median(look.picture[(ring == r) & known], axis=0) for r in told])
    at = away * (_RINGS / _OUTERMOST) - 0.5
    iris = np.dstack([np.interp(at, told, means[:, c]) for c in range(3)])
    # The white is not alike all around: it is lit from one side.
    beside = (known & (away > _AROUND_IRIS)).astype(np.float32)
    white = filled(look.picture, beside) if beside.any() else plain.picture
    beyond = smoothstep((away - _AROUND_IRIS) / np.float32(_RIM))[..., None]
    guessed = iris + (white - iris) * beyond
    soft = cv2.GaussianBlur(cv2.erode(look.seen, np.ones((3, 3))), (0, 0), _SOFT)
    picture = guessed + (look.picture - guessed) * soft[..., None]
    return EyeLook(np.asarray(picture, np.float32), np.asarray(soft, np.float32))


def _middle_of_iris(look: EyeLook) -> tuple[float, float]:
    """Radians from the picture's middle to that of what is round and dark; 0 where nothing is."""
    bright = look.picture.mean(2)
    known = look.seen > 0
    best, middle = _DARKER, (0.0, 0.0)
    steps = np.linspace(-_ASTRAY, _ASTRAY, 13)
    for x in steps.tolist():
        for y in steps.tolist():
            away = _radius(len(bright), (x, y))
            inside, around = known & (away < 0.85), known & (away > 1.1) & (away < 1.7)
            if inside.sum() < 20 or around.sum() < 20:
                continue
            darker = float(bright[around].mean() - bright[inside].mean())
            darker -= _DARKER * float(np.hypot(x, y))  # rather where the reader sees it
            if darker > best:
                best, middle = darker, (x, y)
    return middle


_IRIS = np.float32(2 * np.arcsin(IRIS_REACH / (2 * 0.158)))
"""Radians from the middle of an iris to its edge."""
