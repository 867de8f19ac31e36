"""From linear light to a photograph: focus, motion, glass, sensor, tone, sharpening, compression.

All pictures are float32 RGB [S, S, 3]; a picture in perfect order passes unchanged.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from .lens import Lens

Picture = NDArray[Any]
"""[S, S, 3] float32 RGB, linear or display-coded as the function says."""
_FIELD: Final = 4.2  # dm the picture is wide at the face; turns blur in dm into blur in the picture
_PEAK: Final = 16.0  # linear light above this is all the same white
_CODES: Final = 16384
_READ: Final = 0.02  # the light whose shot noise is as strong as the read noise

# Cameras smooth the colour of the noise: the channels share a half of it. Unit deviation.
_GREYER: Final = (0.55 * np.eye(3) + 0.45 * np.full((3, 3), 0.5)) / (0.775**2 + 2 * 0.225**2) ** 0.5
_LEAST_BLUR: Final = 0.3  # pixels: a smaller radius is no blur


def photograph(
    linear_rgba: NDArray[np.float32],
    depth: NDArray[np.float32],
    background: NDArray[np.float32],
    lens: Lens,
    rng: Generator,
    *,
    focus: float | None = None,
) -> NDArray[np.uint8]:
    """Take the picture of a head in front of a background -> [S, S, 3] uint8 RGB, sRGB.

    `linear_rgba` [S, S, 4] premultiplied linear light, `depth` [S, S] dm from the camera (NaN or
    inf where there is nothing), `background` [S, S, 3] linear; `focus` is the distance of the eyes
    in dm, `lens.distance` where it is not given. `rng` draws the noise only.
    """
    linear = depth_of_field(linear_rgba, depth, background, lens, focus=focus)
    linear = motion_blur(linear, angle_deg=lens.motion_deg, length=lens.motion)
    linear = glass(linear, lens)
    linear = sensor_noise(linear, lens, rng)
    display = expose(linear, lens)
    display = coarser(display, lens.resolution)
    display = sharpen(display, lens.sharpening)
    pixels = cv2.convertScaleAbs(display, alpha=255.0)
    return compress(np.asarray(pixels, np.uint8), lens)


def depth_of_field(
    linear_premultiplied_rgba: NDArray[np.float32],
    depth: NDArray[np.float32],
    background: NDArray[np.float32],
    lens: Lens,
    *,
    focus: float | None = None,
) -> NDArray[np.float32]:
    """Put the head over the background, out of focus where it is not at the eyes' distance.

    Layouts as for `photograph` -> [S, S, 3] linear. The radius of confusion at depth d is
    aperture/2 * |d - f| / d as wide as the field at f. Two blurred versions are made, each of the
    pixels that are out of focus themselves, so that no sharp skin bleeds into them. The background
    comes with its own blur and is left alone.
    """
    rgba, size = linear_premultiplied_rgba, depth.shape[0]
    radius = _confusion(depth, lens, lens.distance if focus is None else focus) * size
    solid = rgba[..., 3]
    # A few stray pixels far from focus must not decide how strong the blurred versions are.
    seen = radius[::4, ::4][solid[::4, ::4] > 0.5]
    largest = float(np.quantile(seen, 0.99)) if seen.size else 0.0
    if largest >= 2 * _LEAST_BLUR:
        rgba = _layered(rgba, _spread_out(radius, solid, largest), largest)
    clear = 1 - np.ascontiguousarray(rgba[..., 3])
    behind = cv2.multiply(background, cv2.merge([clear, clear, clear]))
    front = cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB)
    return np.asarray(cv2.add(front, behind, dst=behind), np.float32)


def motion_blur(linear: Picture, *, angle_deg: float, length: float) -> Picture:
    """Smear along a line, as a shaken camera does; `length` is a fraction of the width."""
    pixels = length * linear.shape[0]
    if pixels < 1:
        return linear
    reach = int(np.ceil(pixels / 2)) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    along = np.linspace(-pixels / 2, pixels / 2, 4 * int(np.ceil(pixels)) + 1)
    turn = np.radians(angle_deg)
    x, y = reach + along * np.cos(turn), reach - along * np.sin(turn)
    column, row = np.floor(x).astype(int), np.floor(y).astype(int)
    u, v = x - column, y - row
    for i, j, share in (
        (0, 0, (1 - u) * (1 - v)),
        (0, 1, u * (1 - v)),
        (1, 0, (1 - u) * v),
        (1, 1, u * v),
    ):
        np.add.at(kernel, (row + i, column + j), share)
    return cv2.filter2D(linear, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT)


def glass(linear: Picture, lens: Lens) -> Picture:
    """What the lens does to the light: coloured fringes, softness, dark corners."""
    size = linear.shape[0]
    if lens.fringe * size > 0.1:
        red, green, blue = cv2.split(linear)
        red, blue = _scaled(red, 1 + 2 * lens.fringe), _scaled(blue, 1 - 2 * lens.fringe)
        linear = cv2.merge([red, green, blue])
    if lens.softness * size > _LEAST_BLUR:
        linear = cv2.GaussianBlur(linear, (0, 0), lens.softness * size)
    if lens.vignette > 0:
        linear = cv2.multiply(linear, 1 - np.float32(lens.vignette) * _from_centre(size))
    return linear


def sensor_noise(linear: Picture, lens: Lens, rng: Generator) -> Picture:
    """Add shot noise, whose variance grows with the light, and a little read noise."""
    if lens.noise <= 0:
        return linear
    h, w, c = linear.shape
    # Two bytes added are near enough to a normal number, and ten times as quick.
    words = rng.integers(2**64, size=-(-2 * h * w * c // 8), dtype=np.uint64)
    first, second = words.view(np.uint8)[: 2 * h * w * c].reshape(2, h, w, c)
    grain = cv2.add(first, second, dtype=cv2.CV_32F)
    grain = cv2.addWeighted(grain, 1 / 104.5, grain, 0, -255 / 104.5)
    if lens.coarseness > 0:
        smooth = cv2.GaussianBlur(grain, (5, 5), 0.9)
        grain = cv2.addWeighted(grain, 1 - lens.coarseness, smooth, 2.2 * lens.coarseness, 0)
    grain = cv2.transform(grain, _GREYER)
    spread = cv2.sqrt((np.maximum(linear, 0) + np.float32(_READ)) * np.float32(lens.noise))
    return cv2.add(linear, cv2.multiply(grain, spread, dst=grain), dst=grain)


def expose(linear: Picture, lens: Lens) -> Picture:
    """Linear light -> display-coded sRGB 0..1; with a shoulder highlights roll off like film's.

    The curve is the identity up to a knee at 1 - 0.7 * shoulder and nears 1 exponentially above.
    """
    light = (np.arange(_CODES + 1) / _CODES) ** 2 * _PEAK
    knee = 1 - 0.7 * lens.shoulder
    room = max(1 - knee, 1e-6)
    rolled = knee + room * (1 - np.exp(-np.maximum(light - knee, 0) / room))
    light = np.where(light < knee, light, rolled)
    display = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    # The table's steps are even in the root of the light, which is fine enough in the shadows.
    root = cv2.sqrt(np.clip(linear, 0, _PEAK))
    index = np.rint(root * np.float32(_CODES / _PEAK**0.5)).astype(np.uint16)
    return np.minimum(display, 1).astype(np.float32)[index]


def coarser(display: Picture, resolution: float) -> Picture:
    """Lose detail as a cheap webcam or an enlarged thumbnail has: scaled down and up again."""
    size = display.shape[0]
    if resolution >= 1:
        return display
    less = max(16, round(size * resolution))
    small = cv2.resize(display, (less, less), interpolation=cv2.INTER_AREA)
    return np.clip(cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC), 0, 1)


def sharpen(display: Picture, strength: float) -> Picture:
    """Put the bright and dark halo of a phone's sharpening around edges."""
    if strength <= 0:
        return display
    smooth = cv2.GaussianBlur(display, (0, 0), max(0.7, 0.003 * display.shape[0]))
    return np.clip(cv2.addWeighted(display, 1 + strength, smooth, -strength, 0), 0, 1)


def compress(pixels: NDArray[np.uint8], lens: Lens) -> NDArray[np.uint8]:
    """Encode as JPEG (4:2:0) or WebP and decode again -> [S, S, 3] uint8 RGB."""
    if lens.quality <= 0:
        return pixels
    if lens.webp:
        suffix, options = ".webp", [cv2.IMWRITE_WEBP_QUALITY, lens.quality]
    else:
        suffix, options = ".jpg", [cv2.IMWRITE_JPEG_QUALITY, lens.quality]
        options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420]
    _, code = cv2.imencode(suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    decoded = cv2.imdecode(code, cv2.IMREAD_COLOR)
    return np.ascontiguousarray(np.asarray(decoded, np.uint8)[..., ::-1])


def _confusion(depth: Picture, lens: Lens, focus: float) -> Picture:
    """Radius of the circle of confusion, a fraction of the picture's width; 0 for nothing."""
    there = np.where(np.isfinite(depth), depth, focus).astype(np.float32)
    there = np.maximum(there, np.float32(0.1))
    return np.abs(there - np.float32(focus)) / there * np.float32(lens.aperture / 2 / _FIELD)


def _spread_out(radius: Picture, solid: Picture, largest: float) -> Picture:
    """Carry the radius over the outline: what is out of focus spreads beyond it, too."""
    side = 2 * int(np.ceil(largest)) + 3
    total = cv2.blur(cv2.multiply(radius, solid), (side, side))
    near = total / (cv2.blur(solid, (side, side)) + np.float32(1e-4))
    return near + (radius - near) * solid


def _layered(rgba: Picture, radius: Picture, largest: float) -> Picture:
    """Blend the sharp picture with two blurred ones by the radius [S, S] in pixels."""
    step = np.minimum(radius * np.float32(2 / largest), 2)
    mixed = cv2.multiply(rgba, cv2.merge([np.maximum(1 - step, 0)] * 4))
    for index, share in ((1, 1 - np.abs(step - 1)), (2, step - 1)):
        level = largest * index / 2
        own = np.clip(radius * np.float32(2 / level) - np.float32(0.5), 0, 1) + np.float32(1e-3)
        # A disc of radius r has the deviation r / 2.
        many = cv2.GaussianBlur(cv2.multiply(rgba, cv2.merge([own] * 4)), (0, 0), level / 2)
        scale = np.maximum(share, 0) / cv2.GaussianBlur(own, (0, 0), level / 2)
        mixed = cv2.add(mixed, cv2.multiply(many, cv2.merge([scale] * 4), dst=many), dst=mixed)
    return mixed


def _scaled(channel: Picture, by: float) -> Picture:
    size = channel.shape[0]
    middle = (size - 1) / 2
    matrix = np.array([[by, 0, middle * (1 - by)], [0, by, middle * (1 - by)]])
    return cv2.warpAffine(channel, matrix, (size, size), borderMode=cv2.BORDER_REPLICATE)


@lru_cache(maxsize=8)
def _from_centre(size: int) -> NDArray[np.float32]:
    """Squared distance from the centre [size, size, 3], 1 in the corners."""
    at = (np.arange(size, dtype=np.float32) + 0.5) / size * 2 - 1
    square = (at[:, None] ** 2 + at**2) / 2
    return np.asarray(cv2.merge([square] * 3), np.float32)
