"""A person's skin texture: photographed skins mixed, toned, and painted with what faces carry.

The texture covers head, neck and the mouth's inside at the photographs' own resolution; another,
smaller one covers the body. The face lies on its side there: the forehead points left.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .meshes import Floats
from .person import Person, Skin
from .raster import blurred, read_rgba, resized
from .skin_areas import (
    BODY_SIZE,
    BOTTOM,
    BROWS,
    LEFT,
    LIPS,
    MOUTH_ROW,
    OVAL,
    RIGHT,
    TOP,
    hull,
    polygon,
    scalp_mask,
)
from .skin_paint import (
    paint_beard,
    paint_makeup,
    paint_marks,
    paint_redness,
    paint_scalp,
    paint_wrinkles,
)

Pixels = NDArray[np.uint8]

_TONES = np.array(
    [
        (0.97, 0.84, 0.77),
        (0.93, 0.76, 0.66),
        (0.87, 0.67, 0.54),
        (0.78, 0.57, 0.44),
        (0.66, 0.46, 0.34),
        (0.53, 0.35, 0.25),
        (0.40, 0.26, 0.19),
        (0.28, 0.18, 0.14),
        (0.20, 0.135, 0.11),
    ]
)
"""Human skin in daylight from the palest to the darkest, sRGB."""


@dataclass(frozen=True, eq=False)
class _Photograph:
    """A photographed skin: head [H, W, 3] and body [B, B, 3], sRGB 0..1, and its mean face colour.

    Painted brows and painted hair are taken out.
    """

    head: Floats
    body: Floats
    mean: Floats


def bake_skin(person: Person, files: tuple[Path, Path]) -> Pixels:
    """Paint the skin of one person from two photographed textures.

    Gives [H, W, 4] uint8, RGB (sRGB) and gloss: the head on the left, the body on the right.
    """
    skin, rng = person.skin, np.random.default_rng(person.skin.seed)
    first, second = (_photograph(path) for path in files)
    target = skin_colour(skin)
    head = _toned(_mixed(first.head, second.head, skin.mix), first, second, skin, target)
    body = _toned(_mixed(first.body, second.body, skin.mix), first, second, skin, target)
    head[MOUTH_ROW:] = np.array([0.55, 0.22, 0.2], np.float32) * (0.6 + 0.4 * target[0])
    paint_redness(head, skin)
    paint_wrinkles(head, skin.wrinkles, rng)
    paint_marks(head, skin, rng)
    paint_makeup(head, skin.makeup)
    hair = np.array(person.hair.colour, np.float32)
    paint_scalp(head, person, hair)
    paint_beard(head, person.beard, hair * 0.8, rng)
    atlas = np.zeros((BOTTOM - TOP, RIGHT - LEFT + BODY_SIZE, 4), np.uint8)
    atlas[:, : RIGHT - LEFT] = _with_gloss(head, skin)
    atlas[:BODY_SIZE, RIGHT - LEFT :] = _opaque(body)
    return atlas


def skin_colour(skin: Skin) -> Floats:
    """[3] the mean colour of the face, sRGB 0 to 1."""
    place = skin.tone * (len(_TONES) - 1)
    tone = [np.interp(place, np.arange(len(_TONES)), _TONES[:, channel]) for channel in range(3)]
    return (np.array(tone) * np.array(skin.tint)).clip(0.03, 1).astype(np.float32)


def _mixed(first: Floats, second: Floats, share: float) -> Floats:
    return np.asarray(cv2.addWeighted(first, 1 - share, second, share, 0.0), np.float32)


def _toned(picture: Floats, a: _Photograph, b: _Photograph, skin: Skin, target: Floats) -> Floats:
    """Move the mean colour of the face to the target and scale what varies about it."""
    mean = a.mean * (1 - skin.mix) + b.mean * skin.mix
    contrast = skin.contrast * float(np.clip(target.mean() / mean.mean(), 0.6, 1.25))
    factor = contrast * target / target.mean()
    matrix = np.hstack([np.diag(factor), (target - factor * mean)[:, None]])
    return np.asarray(cv2.transform(picture, matrix.astype(np.float32)), np.float32)


@cache
def _photograph(path: Path) -> _Photograph:
    whole = read_rgba(path)[..., :3].astype(np.float32) / 255
    head: Floats = np.ascontiguousarray(whole[TOP:BOTTOM, LEFT:RIGHT], np.float32)
    body = resized(whole, BODY_SIZE, BODY_SIZE)
    face = polygon(OVAL, blur=0) > 0.5
    mean = head[face].mean(0)
    for brow in BROWS:
        _take_out(head, hull(brow, grow=16), 10.0)
    scalp = scalp_mask()[..., None]
    plain = blurred(head, 3) - blurred(head, 30) + mean
    mixed = (head * (1 - scalp) + plain * scalp).astype(np.float32)
    return _Photograph(mixed, body, mean.astype(np.float32))


def _take_out(picture: Floats, mask: Floats, reach: float) -> None:
    """Fill a mask [H, W] from around it, with the grain of the skin above."""
    rows, columns = np.nonzero(mask > 0.01)
    pad = int(reach * 5)
    y0, y1 = max(rows.min() - pad, 0), rows.max() + pad
    x0, x1 = max(columns.min() - pad, 0), columns.max() + pad
    part, m = picture[y0:y1, x0:x1], (mask[y0:y1, x0:x1] > 0.3).astype(np.float32)
    fill, weight = part * (1 - m)[..., None], 1 - m
    total = np.zeros_like(part)
    share = np.zeros_like(m)
    for sigma in (reach, reach * 2, reach * 4):
        near = blurred(fill, sigma)
        seen = blurred(weight, sigma)
        total += near * (0.05 / sigma)
        share += seen * (0.05 / sigma)
    smooth = total / np.maximum(share, 1e-6)[..., None]
    grain = np.roll(part - blurred(part, 4), -70, axis=1)  # the forehead lies left
    soft = blurred(m, 4)[..., None]
    part[...] = part * (1 - soft) + (smooth + 0.7 * grain.clip(-0.06, 0.06)) * soft


def _with_gloss(head: Floats, skin: Skin) -> Pixels:
    """Join the gloss of the skin: forehead, nose and lips shine, cheeks less; pores break it."""
    colour = cv2.convertScaleAbs(np.maximum(head, 0), alpha=255)
    gloss = cv2.convertScaleAbs(_shine(), alpha=255 * skin.gloss)
    out = np.empty((*gloss.shape, 4), np.uint8)
    cv2.mixChannels([colour, gloss], [out], [0, 0, 1, 1, 2, 2, 3, 3])
    return out


@cache
def _shine() -> Floats:
    gloss = np.full((BOTTOM - TOP, RIGHT - LEFT), 0.45, np.float32)
    gloss += 0.35 * hull((10, 151, 9, 109, 338), grow=24, blur=24)
    gloss += 0.4 * hull((4, 5, 195, 6), grow=16, blur=12)
    gloss += 0.45 * polygon(LIPS, blur=2)
    pores = np.random.default_rng(4).normal(0, 1, (gloss.shape[0] // 2, gloss.shape[1] // 2))
    pores = cv2.resize(pores.astype(np.float32), gloss.shape[::-1])
    return np.maximum(gloss * (1 + 0.25 * pores), 0).astype(np.float32)


def _opaque(body: Floats) -> Pixels:
    alpha = np.full(body.shape[:2], 90, np.float32)
    return np.dstack([(body.clip(0, 1) * 255).round(), alpha]).astype(np.uint8)
