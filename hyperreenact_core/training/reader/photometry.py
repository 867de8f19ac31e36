"""What cameras, screens, codecs and painters do to a picture [S, S, 3] uint8, at random."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

_BANK = 48
_LEVELS: Final = np.arange(256, dtype=np.float32) / 255


def disturbed(picture: Pixels, rng: Generator) -> Pixels:
    """Every change by its own chance, in the order in which light would meet them."""
    for share, change in _CHANGES:
        if rng.random() < share:
            picture = change(picture, rng)
    return picture


def tones(picture: Pixels, rng: Generator) -> Pixels:
    """Exposure, gamma, contrast, a colour cast and sometimes few levels, in one table."""
    x = np.repeat(_LEVELS[:, None], 3, 1) ** np.exp(rng.normal(0, 0.35))
    middle = rng.uniform(0.3, 0.7)
    x = (x - middle) * np.exp(rng.normal(0, 0.25)) + middle + rng.normal(0, 0.07)
    if rng.random() < 0.5:
        x = x * np.exp(rng.normal(0, 0.16, 3)) + rng.normal(0, 0.03, 3)
    if rng.random() < 0.06:
        levels = rng.integers(4, 20)
        x = np.round(x * levels) / levels
    if rng.random() < 0.01:
        x = 1 - x
    table = (x.clip(0, 1) * 255).astype(np.uint8)
    return np.asarray(cv2.LUT(picture, table[:, None]), np.uint8)


def saturation(picture: Pixels, rng: Generator) -> Pixels:
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    keep = 0.0 if rng.random() < 0.3 else rng.uniform(0.2, 1.8)
    return np.asarray(cv2.addWeighted(picture, keep, grey, 1 - keep, 0), np.uint8)


def hue(picture: Pixels, rng: Generator) -> Pixels:
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(np.int16) + int(rng.normal(0, 9))) % 180
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), np.uint8)


def shade(picture: Pixels, rng: Generator) -> Pixels:
    """Hard and soft shadows, gradients, vignettes."""
    size = picture.shape[0]
    field = _shades(size)[rng.integers(_BANK)]
    if rng.random() < 0.5:
        field = field[:, ::-1]
    depth = rng.uniform(0.1, 0.75)
    factor = cv2.convertScaleAbs(field, alpha=depth, beta=255 * (1 - depth))
    return np.asarray(cv2.multiply(picture, cv2.merge([factor] * 3), scale=1 / 255), np.uint8)


def paint(picture: Pixels, rng: Generator) -> Pixels:
    """Flat strokes, few colours, canvas: a little like oil, gouache or an illustration."""
    kind = rng.integers(4)
    if kind == 0:
        picture = np.asarray(cv2.bilateralFilter(picture, 5, 60, 3), np.uint8)
    else:
        # A median at half the size has strokes of twice the width, at a quarter of the work.
        half = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        half = cv2.medianBlur(half, 3 if kind < 3 else 5)
        size = picture.shape[1], picture.shape[0]
        picture = np.asarray(cv2.resize(half, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    if rng.random() < 0.4:
        levels = int(rng.integers(6, 24))
        table = (np.round(_LEVELS * levels) / levels * 255).astype(np.uint8)
        picture = np.asarray(cv2.LUT(picture, table), np.uint8)
    if rng.random() < 0.5:
        picture = noise(np.asarray(cv2.GaussianBlur(picture, (3, 3), 0), np.uint8), rng)
    return picture


def shrink(picture: Pixels, rng: Generator) -> Pixels:
    """Far away: few pixels, enlarged again."""
    size = picture.shape[0]
    small = int(np.exp(rng.uniform(np.log(28), np.log(120))) * size / 192)
    way = cv2.INTER_AREA if rng.random() < 0.7 else cv2.INTER_LINEAR
    back = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST)[rng.choice(3, p=[0.5, 0.4, 0.1])]
    few = cv2.resize(picture, (small, small), interpolation=way)
    return np.asarray(cv2.resize(few, (size, size), interpolation=back), np.uint8)


def blur(picture: Pixels, rng: Generator) -> Pixels:
    """Out of focus, moved, or sharpened too much."""
    kind, size = rng.random(), picture.shape[0] / 192
    if kind < 0.45:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), size * rng.uniform(0.5, 2.6)), np.uint8)
    if kind < 0.7:
        reach = max(3, int(size * rng.integers(4, 13)))
        kernel = np.zeros((reach, reach), np.float32)
        middle, angle = (reach - 1) / 2, rng.uniform(0, np.pi)
        along = np.array([np.cos(angle), np.sin(angle)]) * middle
        ends = [tuple(np.round(middle + way * along).astype(int).tolist()) for way in (-1, 1)]
        cv2.line(kernel, ends[0], ends[1], 1.0)
        return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.uint8)
    soft = cv2.GaussianBlur(picture, (0, 0), size * rng.uniform(0.8, 2))
    strength = rng.uniform(0.3, 1.6)
    return np.asarray(cv2.addWeighted(picture, 1 + strength, soft, -strength, 0), np.uint8)


def noise(picture: Pixels, rng: Generator) -> Pixels:
    size = picture.shape[0]
    bank = _noise()
    y, x = rng.integers(0, len(bank) - size, 2)
    grain = bank[y : y + size, x : x + size]
    if rng.random() < 0.5:
        grain = cv2.merge([grain[..., 0]] * 3)
    strength = float(abs(rng.normal()) * 0.14)
    return np.asarray(cv2.addWeighted(picture, 1, grain, strength, 0, dtype=cv2.CV_8U), np.uint8)


def codec(picture: Pixels, rng: Generator) -> Pixels:
    quality = int(rng.integers(15, 96))
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


_CHANGES: tuple[tuple[float, Callable[[Pixels, Generator], Pixels]], ...] = (
    (0.25, shade),
    (0.75, tones),
    (0.35, saturation),
    (0.2, hue),
    (0.12, paint),
    (0.3, shrink),
    (0.35, blur),
    (0.45, noise),
    (0.4, codec),
)


@cache
def _noise() -> NDArray[np.int16]:
    """[512, 512, 3] with a deviation of 64; a weight below one makes any noise of it."""
    grain = np.random.default_rng(5).normal(0, 64, (512, 512, 3))
    return grain.astype(np.int16)


@cache
def _shades(size: int) -> Pixels:
    """[_BANK, size, size]: 255 in the light, 0 in the deepest shadow."""
    rng = np.random.default_rng(6)
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size - 0.5
    found: list[Pixels] = []
    for number in range(_BANK):
        angle, kind = rng.uniform(0, 2 * np.pi), number % 4
        along = x * np.cos(angle) + y * np.sin(angle)
        if kind == 0:  # a vignette, or the reverse of one
            field = 1.3 * np.hypot(x - rng.normal(0, 0.1), y - rng.normal(0, 0.1))
            field = 1 - field**2 if number % 8 else field**2
        elif kind == 1:
            field = along + 0.5
        elif kind == 2:  # the edge of something before the lamp
            field = (along - rng.uniform(-0.25, 0.25)) / rng.uniform(0.01, 0.2) + 0.5
        else:  # light through leaves or blinds
            cells = int(rng.integers(3, 9))
            patches = rng.normal(0.5, 0.6, (cells, cells)).astype(np.float32)
            if number % 8 == 3:
                patches[:] = patches[:, :1]
            field = cv2.resize(patches, (size, size), interpolation=cv2.INTER_CUBIC)
            field = (field - 0.5) * rng.uniform(1, 4) + 0.5
        found.append((np.clip(field, 0, 1) * 255).astype(np.uint8))
    return np.stack(found)
