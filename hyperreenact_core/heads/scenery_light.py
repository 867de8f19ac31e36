"""Light on a painted board: sRGB bytes become linear light with shadows, patches and lamps."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from .scenery import Sketch, noise

Field = NDArray[Any]
"""[S, S] or [S, S, 3] float32."""

LINEAR: Final = np.where(
    (_CODE := np.arange(256) / 255) <= 0.04045, _CODE / 12.92, ((_CODE + 0.055) / 1.055) ** 2.4
).astype(np.float32)
"""The sRGB decoding of the 256 bytes, IEC 61966-2-1."""


def lit(sketch: Sketch, rng: Generator, *, patches: float) -> Field:
    """Put light on a painted board -> [S, S, 3] linear."""
    n = sketch.size
    light = cv2.resize(_light(rng, patches=patches), (n, n), interpolation=cv2.INTER_CUBIC)
    relief = _relief(sketch, rng)
    light = cv2.multiply(light, cv2.merge([relief, relief, relief]))
    reflected = cv2.LUT(np.ascontiguousarray(sketch.paint[..., :3]), LINEAR)
    if sketch.glow is None:
        return cv2.multiply(reflected, light)
    glow = np.arange(256, dtype=np.float32) / 255
    shares = np.stack([np.maximum(1 - 4 * glow, 0), 40 * glow**2], -1)
    shaded, own = (cv2.LUT(cv2.merge([sketch.glow] * 3), shares[:, i].copy()) for i in range(2))
    return cv2.multiply(reflected, cv2.add(cv2.multiply(light, shaded), own))


def _relief(sketch: Sketch, rng: Generator) -> Field:
    """Shadows that things cast on what is behind them, and their bright and dark edges [S, S].

    Also the grain of surfaces: noise looked up at another place for every height, so that two
    things that touch do not share it.
    """
    n = sketch.size
    height = sketch.paint[..., 3].astype(np.float32) / 255
    far, angle = rng.uniform(0.006, 0.03), rng.uniform(0.2, np.pi - 0.2)
    toward = np.array([np.cos(angle), -np.sin(angle)])
    half = cv2.resize(height, (n // 2, n // 2), interpolation=cv2.INTER_AREA)
    shadow = np.zeros_like(half)
    for reach, weight in ((0.15 * far, 3.0), (far, 5.0)):
        above = cv2.GaussianBlur(half, (0, 0), max(reach * n / 2, 0.4))
        shadow += weight * np.maximum(_moved(above, -toward * reach * n / 2) - half, 0)
    shadow = cv2.resize(np.minimum(shadow, 1.2), (n, n), interpolation=cv2.INTER_LINEAR)
    edge = height - _moved(height, -toward * 0.004 * n)
    x, y = _places(n)
    start = rng.uniform(0, 512, 2).astype(np.float32)
    grain = cv2.remap(
        _grain(),
        x + (start[0] + 900 * height),
        y + (start[1] + 400 * height),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )
    gain = np.clip(edge, -0.1, 0.1) * np.float32(2.2 * sketch.relief)
    gain -= shadow * np.float32(sketch.relief)
    gain += grain * np.float32(rng.choice([0.015, 0.03, 0.07]))
    return cv2.exp(gain)


@lru_cache(maxsize=8)
def _places(size: int) -> tuple[Field, Field]:
    """Where the pixels of a picture lie on a sheet of 256 x 256 -> two [size, size]."""
    at = (np.arange(size, dtype=np.float32) + 0.5) * np.float32(256 / size) - 0.5
    x, y = np.meshgrid(at, at)
    return x, y


@lru_cache(maxsize=1)
def _grain() -> Field:
    """One sheet of grain for all surfaces [512, 512]."""
    return noise(512, np.random.default_rng(1), cells=16, octaves=6, gain=0.85)


def _moved(field: Field, by: NDArray[np.float64]) -> Field:
    """Shift a picture by a part of a pixel or more, (x, y)."""
    h, w = field.shape
    shift = np.array([[1, 0, by[0]], [0, 1, by[1]]])
    return cv2.warpAffine(field, shift, (w, h), borderMode=cv2.BORDER_REPLICATE)


def _light(rng: Generator, *, patches: float) -> Field:
    """How bright each place is lit, on a coarse grid [64, 64, 3]; the mean is about 1.

    `patches` is the chance of sun through leaves, of a beam or of a shadow.
    """
    n = 64
    y, x = np.mgrid[0:n, 0:n] / n - 0.5
    angle, fall = rng.uniform(0, 2 * np.pi), rng.normal(0, 0.9)
    field = fall * (x * np.cos(angle) + y * np.sin(angle))
    cx, cy = rng.uniform(-0.4, 0.4, 2)
    spot = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / rng.uniform(0.03, 0.3))
    field += rng.uniform(0, 1.2) * (spot - 0.4)
    patchy, amount = rng.random(), rng.uniform(0.2, 0.8)
    if patchy < 0.4 * patches:  # sun through leaves
        field += amount * np.tanh(3 * noise(n, rng, cells=5, octaves=3))
    elif patchy < patches:  # a beam through a window or a door, or a cast shadow
        mask = np.zeros((n, n), np.uint8)
        wide, lean = rng.uniform(8, 30), rng.uniform(-30, 30)
        left = rng.uniform(-20, n)
        beam = [[left, -5], [left + wide, -5], [left + wide + lean, 70], [left + lean, 70]]
        cv2.fillConvexPoly(mask, np.array(beam).astype(np.int32), 255, cv2.LINE_AA)
        soft = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.6, 3)).astype(np.float32) / 255
        field += rng.choice([-1, 1]) * 1.3 * amount * soft
    tint = rng.normal(0, 0.12, 3) * (x * np.sin(angle) - y * np.cos(angle))[..., None]
    return np.exp(field[..., None] + tint).astype(np.float32)
