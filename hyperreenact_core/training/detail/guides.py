"""Guides from good to crude: the result and the source as a simple generator might draw them.

Both pictures undergo the same change; only pose and expression are right in every guide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ...heads.parts import Label
from ...reenact.detail.drawn import paint_of, picture_of
from ...reenact.detail.flow import Drawing
from ...reenact.detail.head_model import load_head_model
from .pairs import Pair, View

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

GuideKind = Literal["soft", "crude", "drawn", "none"]
KINDS: tuple[GuideKind, ...] = get_args(GuideKind)
SHARES = (0.2, 0.15, 0.6, 0.05)
"""The drawn guide is what the product shows with most sets, and the plainest."""
_GREY = 128
_SKINS = ((235, 200, 175), (222, 170, 140), (190, 135, 105), (140, 95, 70), (95, 62, 48))
_SAME_BACKGROUND = 0.25
_KEPT = (Label.EYES, Label.MOUTH)
"""Whose own colours a crude guide keeps."""


@dataclass(frozen=True, eq=False)
class Guides:
    """[S, S, 3] each."""

    result: Pixels
    source: Pixels


def draw_guides(
    pair: Pair, drawings: tuple[Drawing, Drawing], kind: GuideKind, rng: Generator
) -> Guides:
    """drawings: of the head model, of the result and of the source."""
    views = (pair.result, pair.source)
    if kind == "none":
        grey = np.full_like(pair.source.picture, _GREY)
        return Guides(grey, grey)
    if kind == "drawn":
        return _drawn(pair.source.picture, drawings, rng)
    pictures = _crude(views, rng) if kind == "crude" else _plain(views, rng)
    result, source = _softened(pictures, rng, least=64 if kind == "crude" else 100)
    return Guides(result, source)


def _drawn(seen: Pixels, drawings: tuple[Drawing, Drawing], rng: Generator) -> Guides:
    """The head model in the source's colours, more or less."""
    model = load_head_model()
    paint = paint_of(model, drawings[1], seen)
    off = {
        name: tuple(np.clip(np.multiply(colour, np.exp(rng.normal(0, 0.05))), 0, 255).tolist())
        for name, colour in vars(paint).items()
        if name not in ("light", "shows")
    }
    x, y = rng.normal(0, 1, 2).tolist()
    paint = replace(paint, light=(x, y), **off)
    result, source = (picture_of(model, drawing, paint, len(seen)) for drawing in drawings)
    return Guides(result, source)


def _crude(views: Sequence[View], rng: Generator) -> list[Pixels]:
    """As another person: every part of one colour, with what is left of its light and features."""
    colours = np.stack([_any(rng) for _ in Label]).astype(np.float32)
    colours[[Label.SKIN, Label.FACE]] = _SKINS[rng.integers(len(_SKINS))]
    colours[Label.HAIR] = _dark(rng)
    # Skin keeps its features, the rest hardly its light and shade.
    contrast = np.full(len(Label), rng.uniform(0, 0.3), np.float32)
    contrast[[Label.SKIN, Label.FACE]] = rng.uniform(0.5, 0.9)
    greys = [np.asarray(cv2.cvtColor(v.picture, cv2.COLOR_RGB2GRAY), np.float32) for v in views]
    middle = np.full(len(Label), 128, np.float32)
    for label in Label:
        of = [g[v.shows == label] for g, v in zip(greys, views, strict=True)]
        both = np.concatenate(of)
        if len(both):
            middle[label] = max(float(both.mean()), 12.0)
    tint = np.exp(rng.normal(0, 0.12, 3)).astype(np.float32)
    found: list[Pixels] = []
    for grey, view in zip(greys, views, strict=True):
        shade = 1 + contrast[view.shows] * (grey / middle[view.shows] - 1)
        flat = colours[view.shows] * shade[..., None].clip(0.3, 1.8)
        soft = cv2.GaussianBlur(flat, (0, 0), 5)
        face = np.isin(view.shows, (Label.SKIN, Label.FACE, *_KEPT))
        near = cv2.GaussianBlur(face.astype(np.float32), (0, 0), 1.5)[..., None]
        picture = flat * near + soft * (1 - near)
        kept = np.isin(view.shows, _KEPT)
        picture[kept] = view.picture[kept] * tint
        found.append(picture.clip(0, 255).astype(np.uint8))
    return found


def _plain(views: Sequence[View], rng: Generator) -> list[Pixels]:
    """The pictures themselves, mostly before another background: no generator knows theirs."""
    behind = _any(rng).astype(np.float32)
    if rng.random() < _SAME_BACKGROUND:
        return [view.picture for view in views]
    found: list[Pixels] = []
    for view in views:
        shown = (view.shows != Label.BACKGROUND).astype(np.float32)
        share = cv2.GaussianBlur(shown, (0, 0), 1)[..., None]
        found.append((view.picture * share + behind * (1 - share)).astype(np.uint8))
    return found


def _softened(pictures: Sequence[Pixels], rng: Generator, *, least: int) -> list[Pixels]:
    """Fewer pixels, other colours, slightly other proportions; the same for all pictures."""
    size = len(pictures[0])
    small = int(rng.integers(least, 129)) * size // 256
    blur = float(rng.uniform(0.3, 1.2))
    gain, bias = np.exp(rng.normal(0, 0.15, 3)), rng.normal(0, 12, 3)
    moved = _bend(size, rng)
    changes: list[Callable[[Pixels], NDArray[np.generic]]] = [
        lambda p: cv2.resize(p, (small, small), interpolation=cv2.INTER_AREA),
        lambda p: cv2.GaussianBlur(p, (0, 0), blur),
        lambda p: (p * gain + bias).clip(0, 255).astype(np.uint8),
        lambda p: cv2.resize(p, (size, size), interpolation=cv2.INTER_LINEAR),
        lambda p: cv2.remap(p, *moved, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
    ]
    found: list[Pixels] = []
    for picture in pictures:
        for change in changes:
            picture = np.asarray(change(picture), np.uint8)
        found.append(picture)
    return found


def _bend(size: int, rng: Generator) -> tuple[Floats, Floats]:
    """[size, size] x and y where each pixel comes from: up to some pixels beside it."""
    coarse = rng.normal(0, abs(rng.normal(0, 0.006)) * size, (5, 5, 2)).astype(np.float32)
    bend = cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    return columns + bend[..., 0], rows + bend[..., 1]


def _dark(rng: Generator) -> NDArray[np.float64]:
    """A colour of hair."""
    return rng.uniform(15, 180) * np.array([1.0, rng.uniform(0.6, 1), rng.uniform(0.3, 1)])


def _any(rng: Generator) -> NDArray[np.float64]:
    return rng.uniform(20, 235, 3)
