"""The drawing board of the backgrounds: anti-aliased shapes and noise."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[Any]
"""Any floating numbers."""

_SHIFT: Final = 4
# OpenCV's smooth outlines stand this far outside a shape; taken off, or a small picture would
# show fatter things than a large one.
_OUTLINE: Final = 0.7


def noise(
    size: int,
    rng: Generator,
    *,
    cells: int = 4,
    octaves: int = 5,
    gain: float = 0.5,
    stretch: float = 1.0,
) -> NDArray[np.float32]:
    """Fractal noise -> [size, size] of about unit deviation, the same scene at every size.

    `cells` grid points across the picture in the first octave; `stretch` > 1 makes streaks that
    run along x, < 1 along y.
    """
    pool, start = _normals(), int(rng.integers(2**17))
    height, width = max(2, round(cells * stretch**0.5)), max(2, round(cells / stretch**0.5))
    field: Floats = pool[start : start + height * width].reshape(height, width)
    power, weight = 1.0, 1.0
    for _ in range(octaves - 1):
        start += height * width
        height, width, weight = height * 2, width * 2, weight * gain
        if max(height, width) > min(size, 512):
            break
        field = cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC)
        octave = pool[start : start + height * width].reshape(height, width)
        field = cv2.scaleAdd(octave, weight, field)
        power += weight**2
    whole = cv2.resize(field, (size, size), interpolation=cv2.INTER_CUBIC)
    return np.asarray(whole * np.float32(power**-0.5), np.float32)


@lru_cache(maxsize=1)
def _normals() -> NDArray[np.float32]:
    """Half a million normal numbers, which all noise is cut from: cheaper than drawing them."""
    return np.random.default_rng(0).standard_normal(2**19, dtype=np.float32)


def boxes(x0: ArrayLike, y0: ArrayLike, x1: ArrayLike, y1: ArrayLike) -> Floats:
    """Upright rectangles from their edges -> [K, 4, 2] corners."""
    a, b, c, d = (v.ravel() for v in np.broadcast_arrays(x0, y0, x1, y1))
    return np.stack([np.stack(v, -1) for v in ((a, b), (c, b), (c, d), (a, d))], 1)


def grid(columns: int, rows: int, *, gap: float = 0.0, shift: float = 0.0) -> Floats:
    """Tiles over the whole board (-0.25..1.25) -> [K, 4, 2]; every other row moved by `shift`.

    `gap` is a share of the smaller side of a tile, `shift` a share of its width.
    """
    wide, high = 1.5 / columns, 1.5 / rows
    row, column = np.mgrid[0:rows, -1 : columns + 1].reshape(2, -1)
    x, y = -0.25 + (column + shift * (row % 2)) * wide, -0.25 + row * high
    inset = gap * min(wide, high) / 2
    return boxes(x + inset, y + inset, x + wide - inset, y + high - inset)


def ellipses(centres: Floats, radii: Floats, *, turn: ArrayLike = 0.0, corners: int = 16) -> Floats:
    """Ellipses as polygons: centres [K, 2], radii [K, 2], turn [K] radians -> [K, corners, 2]."""
    angle = np.arange(corners) * (2 * np.pi / corners)
    turn = np.broadcast_to(np.asarray(turn), len(centres))[:, None]
    x, y = np.cos(angle) * radii[:, :1], np.sin(angle) * radii[:, 1:]
    cos, sin = np.cos(turn), np.sin(turn)
    return centres[:, None] + np.stack([x * cos - y * sin, x * sin + y * cos], -1)


def _inset(points: Floats, by: float) -> Floats:
    """Pull the edges of convex polygons [K, V, 2] in; thin ones by less, so that none turns out."""
    after = np.concatenate([points[:, 1:], points[:, :1]], 1)
    ahead = after - points
    length = np.hypot(ahead[..., 0], ahead[..., 1]) + 1e-9
    area = (points[..., 0] * after[..., 1] - after[..., 0] * points[..., 1]).sum(1) / 2
    inner = np.stack([-ahead[..., 1], ahead[..., 0]], -1) / length[..., None]
    inner *= np.sign(area)[:, None, None]
    before = np.concatenate([inner[:, -1:], inner[:, :-1]], 1)
    share = np.maximum(1 + (inner * before).sum(-1, keepdims=True), 0.2)
    step = np.minimum(by, 0.9 * np.abs(area) / length.sum(1))[:, None, None]
    return points + step * (inner + before) / share


class Sketch:
    """A square board painted in sRGB bytes; things lie on one another, and some of them shine.

    Painters work in scene units: the board covers -0.25..1.25 in x and y (down), `view` [3, 3]
    takes scene points to the picture's 0..1. The fourth channel of `paint` is how far a thing
    stands out from what is behind it: contact shadows and bright edges follow from it. `glow` is
    the emitted light as a byte, None where nothing shines.
    """

    def __init__(self, size: int, view: Floats) -> None:
        self.size = size
        self.view = view
        self.paint: NDArray[Any] = np.zeros((size, size, 4), np.uint8)
        self.glow: NDArray[Any] | None = None
        self.relief = 1.0
        self._level = 0.0
        self._scale = size * abs(np.linalg.det(view[:2, :2])) ** 0.5  # pixels a scene unit

    def fill(self, colour: Floats) -> None:
        """Cover the board in one colour [3]."""
        self.paint[:] = np.append(np.clip(colour, 0, 255), self._level).astype(np.uint8)

    def rise(self, step: float = 16.0) -> None:
        """Let what follows stand out further, in 1/255."""
        self._level = min(self._level + step, 235.0)

    def polygons(
        self,
        points: Floats,
        colours: Floats,
        *,
        glow: float = 0.0,
        convex: bool = True,
        uneven: float = 8.0,
    ) -> None:
        """Fill polygons [K, V, 2] with colours [K, 3] or [3].

        `glow` 0..1 makes them shine; `uneven` is how much they differ in height.
        """
        self._level = min(self._level + 1.5, 235.0)
        pixels = self._pixels(points)
        low, high = pixels.min(1), pixels.max(1)
        seen = ((high > -1) & (low < self.size)).all(1) & (np.abs(pixels).max((1, 2)) < 2e4)
        if not seen.any():
            return
        pixels = _inset(pixels[seen], _OUTLINE) if convex else pixels[seen]
        fixed = np.rint(pixels * (1 << _SHIFT)).astype(np.int32)
        height = self._level + uneven * (np.arange(len(points)) * 0.618 % 1)
        rows = np.column_stack([np.broadcast_to(colours, (len(points), 3)), height])[seen].tolist()
        if glow > 0 and self.glow is None:
            self.glow = np.zeros((self.size, self.size), np.uint8)
        light = round(255 * glow)
        for corners, colour in zip(fixed, rows, strict=True):
            if convex:
                cv2.fillConvexPoly(self.paint, corners, colour, cv2.LINE_AA, _SHIFT)
            else:
                cv2.fillPoly(self.paint, [corners], colour, cv2.LINE_AA, _SHIFT)
            if self.glow is not None:
                cv2.fillPoly(self.glow, [corners], light, cv2.LINE_AA, _SHIFT)

    def ribbons(
        self, paths: Floats, colours: Floats, width: ArrayLike, *, glow: float = 0.0
    ) -> None:
        """Draw lines [K, V, 2] of a width (scalar or [K]) that tapers to half at the far end."""
        ahead = np.gradient(paths, axis=1)
        across = np.stack([-ahead[..., 1], ahead[..., 0]], -1)
        across /= np.linalg.norm(across, axis=-1, keepdims=True) + 1e-9
        half = np.broadcast_to(width, len(paths))[:, None, None] / 2
        half = np.maximum(half - _OUTLINE / self._scale, 0.05 / self._scale)
        across = across * half * np.linspace(1, 0.5, paths.shape[1])[:, None]
        rim = np.concatenate([paths + across, (paths - across)[:, ::-1]], 1)
        self.polygons(rim, colours, glow=glow, convex=False)

    def texture(
        self,
        field: Floats,
        palette: Floats,
        *,
        inside: Floats | None = None,
        bump: float = 0.0,
        glow: float = 0.0,
    ) -> None:
        """Paint a noise field through a palette [P, 3], over the board or one polygon [V, 2].

        `bump` is how far its light parts stand out; `glow` makes a polygon shine.
        """
        stops = np.linspace(0, 255, len(palette))
        table = np.full((256, 4), self._level)
        for channel in range(3):
            table[:, channel] = np.interp(np.arange(256), stops, palette[:, channel])
        table[:, 3] += np.linspace(0, bump, 256)
        words = np.clip(table, 0, 255).astype(np.uint8).view(np.uint32)[:, 0]
        scaled = cv2.convertScaleAbs(np.clip(field, -2.28, 2.26), alpha=56, beta=128)
        index = np.asarray(scaled, np.uint8)
        if inside is None:
            self.paint = words[index].view(np.uint8).reshape(self.size, self.size, 4)
            return
        corners = self._pixels(inside[None])[0]
        x0, y0 = np.clip(np.floor(corners.min(0)) - 1, 0, self.size).astype(int)
        x1, y1 = np.clip(np.ceil(corners.max(0)) + 2, 0, self.size).astype(int)
        if x1 <= x0 or y1 <= y0:
            return
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        fixed = (np.clip(corners, -2e4, 2e4) - [x0, y0]) * (1 << _SHIFT)
        pixels = np.rint(fixed).astype(np.int32)
        cv2.fillPoly(mask, [pixels], 255, cv2.LINE_AA, _SHIFT)
        share = mask.astype(np.float32) / 255
        patch = self.paint[y0:y1, x0:x1]
        new = words[index[y0:y1, x0:x1]].view(np.uint8).reshape(y1 - y0, x1 - x0, 4)
        patch[:] = cv2.blendLinear(new, np.ascontiguousarray(patch), share, 1 - share)
        if glow > 0 and self.glow is None:
            self.glow = np.zeros((self.size, self.size), np.uint8)
        if self.glow is not None:
            cv2.fillPoly(self.glow[y0:y1, x0:x1], [pixels], 255 * glow, cv2.LINE_AA, _SHIFT)

    def modulate(self, field: Floats, amount: float) -> None:
        """Lighten and darken everything painted so far by exp(amount * field [size, size])."""
        gain = cv2.exp(np.float32(amount) * field.astype(np.float32))
        many = cv2.merge([gain, gain, gain, np.ones_like(gain)])
        self.paint = cv2.multiply(self.paint, many, dtype=cv2.CV_8U)

    def soften(self, radius: float) -> None:
        """Blur what is painted so far, which puts it further away than what follows."""
        sigma = radius * self.size
        if sigma > 0.3:
            self.paint = _blurred(self.paint, sigma)
            self.glow = None if self.glow is None else _blurred(self.glow, sigma)

    def _pixels(self, points: Floats) -> Floats:
        flat = points @ self.view[:2, :2].T + self.view[:2, 2]
        return flat / (points @ self.view[2, :2] + 1.0)[..., None] * self.size - 0.5


def _blurred(picture: NDArray[Any], sigma: float) -> NDArray[Any]:
    """A Gaussian blur, at a lower resolution where it is a wide one."""
    factor = max(1, int(sigma / 2))
    if factor == 1:
        return cv2.GaussianBlur(picture, (0, 0), sigma)
    high, wide = picture.shape[:2]
    small = cv2.resize(picture, (wide // factor, high // factor), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / factor)
    return cv2.resize(small, (wide, high), interpolation=cv2.INTER_CUBIC)
