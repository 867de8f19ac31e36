"""What faces carry, painted on a skin's texture: folds, marks, make-up, the roots of hair, beards.

A head is [H, W, 3], sRGB 0 to 1, changed in place.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from .meshes import Floats
from .person import Beard, Colour, Makeup, Person, Skin
from .raster import blurred
from .skin_areas import (
    FOLDS,
    LIDS,
    OVAL,
    UPPER_EDGES,
    beard_mask,
    hull,
    line_through,
    lips_mask,
    polygon,
    scalp_mask,
    uv_pixels,
)

_LEAST = 0.004
"""What a mask covers by less is not painted."""


def paint_redness(head: Floats, skin: Skin) -> None:
    """Nose and cheeks are redder than the rest."""
    for points, amount in (
        ((4, 5, 195, 45, 275), 0.6),
        ((50, 205, 36), 1.0),
        ((280, 425, 266), 1.0),
    ):
        _redden(head, hull(points, grow=26, blur=22), skin.redness * amount, (0.16, 0.14))


def _redden(head: Floats, mask: Floats, amount: float, less: tuple[float, float]) -> None:
    """Take so much of green and blue away."""
    part, area = _inside(head, mask)
    for channel, factor in zip((1, 2), less, strict=True):
        part[..., channel] *= 1 - (amount * factor) * area


def _inside(head: Floats, mask: Floats) -> tuple[Floats, Floats]:
    """The parts of both where the mask is not zero: views, so that painting costs no more."""
    x, y, width, height = cv2.boundingRect((mask > _LEAST).astype(np.uint8))
    where = slice(y, y + height), slice(x, x + width)
    return head[where], mask[where]


def _darken(part: Floats, layer: Floats, less: Colour) -> None:
    """Take away so much of each channel where the layer [H, W] is 1."""
    kept = cv2.merge([1 - np.float32(share) * layer for share in less])
    np.multiply(part, kept, out=part)


def paint_wrinkles(head: Floats, amount: float, rng: np.random.Generator) -> None:
    """Fine dark lines where faces fold."""
    if amount <= 0:
        return
    points, layer = uv_pixels(), np.zeros(head.shape[:2], np.float32)
    for path, strength, count in FOLDS:
        for _ in range(int(rng.integers(0, count + 1)) if count > 1 else 1):
            knots = points[list(path)] + rng.normal(0, 5.0 if count > 1 else 1.5, (len(path), 2))
            _fold(layer, knots.astype(np.float32), strength * float(rng.uniform(0.4, 1.0)), rng)
    part, lines = _inside(head, polygon(OVAL, blur=12))
    lines = lines * blurred(_inside(layer, polygon(OVAL, blur=12))[0], 1.1)
    _darken(part, amount * lines, (0.35, 0.45, 0.48))


def _fold(layer: Floats, knots: Floats, strength: float, rng: np.random.Generator) -> None:
    """A line through knots [K, 2] that thins out towards its ends."""
    steps = np.linspace(0, len(knots) - 1, 24)
    line = np.stack([np.interp(steps, np.arange(len(knots)), knots[:, axis]) for axis in (0, 1)], 1)
    line += np.cumsum(rng.normal(0, 0.35, line.shape), 0)
    ends = (line * 16).astype(np.int32)
    for index in range(len(ends) - 1):
        fade = strength * float(np.sin(np.pi * (index + 1) / len(ends)))
        first, second = tuple(ends[index].tolist()), tuple(ends[index + 1].tolist())
        cv2.line(layer, first, second, fade, 1, cv2.LINE_AA, 4)


def paint_marks(head: Floats, skin: Skin, rng: np.random.Generator) -> None:
    """Freckles and moles."""
    points = uv_pixels()
    centre, spread = points[4], float(np.abs(points[152] - points[10]).max())
    freckles, moles = (np.zeros(head.shape[:2], np.float32) for _ in range(2))
    for _ in range(int(900 * skin.freckles)):
        at = centre + rng.normal(0, 1, 2) * (0.22 * spread, 0.45 * spread)
        _dot(freckles, at, float(rng.uniform(0.7, 2.2)), float(rng.uniform(0.15, 0.6)))
    for along, across, radius in skin.moles:
        _dot(moles, centre + np.array([along, across]) * 0.5 * spread, radius, 0.85)
    face, within = _inside(head, polygon(OVAL, blur=12))
    where = (
        _inside(freckles, polygon(OVAL, blur=12))[0],
        _inside(moles, polygon(OVAL, blur=12))[0],
    )
    if skin.freckles > 0:
        layer = blurred(where[0], 0.8) * within
        _darken(face, layer, (0.25, 0.42, 0.5))
    if skin.moles:
        layer = blurred(where[1], 1.0) * within
        _darken(face, layer, (0.45, 0.6, 0.65))


def paint_makeup(head: Floats, makeup: Makeup) -> None:
    """Lips, lids, liner and blush."""
    lips = lips_mask()
    if makeup.lips > 0:
        _tint(head, lips, makeup.lips, makeup.lip_colour)
    for lid, edge in zip(LIDS, UPPER_EDGES, strict=True):
        if makeup.lids > 0:
            _tint(head, hull(lid, grow=4, blur=5), makeup.lids * 0.7, makeup.lid_colour)
        if makeup.liner > 0:
            _tint(head, line_through(edge), makeup.liner, (0.06, 0.05, 0.05))
    if makeup.blush > 0:
        for cheek in ((50, 205, 117), (280, 425, 346)):
            _redden(head, hull(cheek, grow=18, blur=20), makeup.blush, (0.22, 0.17))


def _tint(head: Floats, mask: Floats, amount: float, colour: Colour) -> None:
    """Paint with a colour, keeping the skin's own light and dark."""
    part, area = _inside(head, mask)
    light = part.mean(2, keepdims=True)
    paint = np.array(colour, np.float32) * (0.45 + 0.55 * light / max(float(light.mean()), 0.05))
    share = amount * area[..., None]
    part[...] = part * (1 - share) + paint.clip(0, 1) * share


def paint_scalp(head: Floats, person: Person, hair: Floats) -> None:
    """The roots of the hair: dots of its colour, and the shade of many."""
    style = person.hair.style
    strength = {"bald": 0.0, "thin": 0.35, "buzz": 1.0}.get(style, 0.8)
    if strength == 0:
        return
    part, area = _inside(head, scalp_mask())
    paint, dense = _roots()
    mask = np.minimum(dense * (area * np.float32(strength)), 1)
    for_all = cv2.merge([paint * channel for channel in hair])
    added = cv2.multiply(cv2.subtract(for_all, part, dst=for_all), cv2.merge([mask] * 3))
    np.add(part, added, out=part)


def paint_beard(head: Floats, beard: Beard, colour: Floats, rng: np.random.Generator) -> None:
    """Short strokes in the direction that beards grow, over a shade of their colour."""
    if beard.kind == "none":
        return
    part, area = _inside(head, beard_mask(beard.kind))
    stubble = beard.kind == "stubble"
    points = uv_pixels()
    down = points[152] - points[4]
    layer = np.zeros(area.shape, np.float32)
    rows, columns = np.nonzero(area > 0.25)
    count = int(len(rows) / (9 if stubble else 5) * beard.density)
    chosen = rng.integers(0, len(rows), count)
    turn = np.arctan2(down[1], down[0]) + rng.normal(0, 0.35, count)
    reach = (2.0 if stubble else 9.0) * rng.uniform(0.5, 1.2, (count, 1))
    starts = np.stack([columns[chosen], rows[chosen]], 1)
    ends = starts + np.stack([np.cos(turn), np.sin(turn)], 1) * reach
    lines = (np.stack([starts, ends], 1) * 16).astype(np.int32)
    cv2.polylines(layer, list(lines), False, 1.0, 1, cv2.LINE_AA, 4)
    shade = area * (beard.density * (0.28 if stubble else 0.6))
    mask = (shade + layer * area * (0.5 if stubble else 0.8)).clip(0, 0.95)[..., None]
    grain = rng.uniform(0.75, 1.3, (*area.shape, 1)).astype(np.float32)
    part[...] = part * (1 - mask) + (colour * grain).clip(0, 1) * mask


@cache
def _roots() -> tuple[Floats, Floats]:
    """Of the scalp: the light and dark of the roots' colour, and how densely they stand."""
    grain = blurred(np.random.default_rng(5).random((720, 380)).astype(np.float32), 0.8)
    _, area = _inside(scalp_mask(), scalp_mask())
    grain = cv2.resize(grain, area.shape[::-1], interpolation=cv2.INTER_LINEAR)
    dense = np.maximum(0.55 + 1.6 * (grain - 0.35), 0)
    return np.asarray(0.5 + 0.5 * grain, np.float32), np.asarray(dense, np.float32)


def _dot(layer: Floats, at: Floats, radius: float, strength: float) -> None:
    x, y = (at * 16).astype(int)
    cv2.circle(layer, (int(x), int(y)), max(int(radius * 16), 8), strength, -1, cv2.LINE_AA, 4)
