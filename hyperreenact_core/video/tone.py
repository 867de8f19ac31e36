"""HDR and wide gamuts shown on a computer's screen."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ..imaging import ImageU8

_WHITE_NITS = 203.0
"""White of a sheet of paper in HDR (ITU-R BT.2408); it becomes the screen's white, nearly."""

_HLG_NITS = 1000.0
_HLG_GAMMA = 1.2
"""HLG is shown at these on the display it was made for (ITU-R BT.2100)."""

_PEAK = 10_000 / _WHITE_NITS
_KNEE = 0.8
"""Light up to here, in parts of white, is kept; above it is drawn together."""

PQ, HLG, _SRGB = 16, 18, 13
TRANSFERS = (PQ, HLG)
"""Transfer characteristics of HDR, as H.273 numbers them."""

_D65 = (0.3127, 0.3290)
_BT709 = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65)
PRIMARIES = {
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),  # BT.2020
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),  # DCI-P3
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),  # Display P3
}
"""Chromaticities of red, green, blue and white of wide gamuts, by their numbers in H.273."""

_STRIP = 128
"""Rows worked on at once: what they need stays in the processor's cache."""


def shown_as_srgb(deep: NDArray[np.uint16], *, primaries: int, transfer: int) -> ImageU8:
    """[H, W, 3] uint16 RGB -> [H, W, 3] uint8 sRGB.

    primaries, transfer: H.273. Transfers other than PQ and HLG are taken for sRGB's; HDR without
    primaries is BT.2020. Light up to paper white keeps its tone, highlights are compressed.
    """
    known = 9 if transfer in TRANSFERS and primaries not in PRIMARIES else primaries
    to_bt709 = _to_bt709(known)
    light, encoded = _light_table(transfer), _screen_table(transfer in TRANSFERS)
    scale = (len(encoded) - 1) / np.sqrt(_PEAK if transfer in TRANSFERS else 1.0)
    shown = np.empty(deep.shape, np.uint8)
    for top in range(0, deep.shape[0], _STRIP):
        linear = light[deep[top : top + _STRIP]]
        if transfer == HLG:
            luminance = linear @ np.array([0.2627, 0.6780, 0.0593], np.float32)
            gain = cv2.pow(luminance, _HLG_GAMMA - 1) * np.float32(_HLG_NITS / _WHITE_NITS)
            linear *= gain[..., None]
        linear = np.maximum(cv2.transform(linear, to_bt709), 0)
        level = np.minimum(np.sqrt(linear) * np.float32(scale), len(encoded) - 1)
        shown[top : top + _STRIP] = encoded[level.astype(np.uint16)]
    return shown


@cache
def _light_table(transfer: int) -> NDArray[np.float32]:
    """Light for each of 65536 values: in parts of white; of HLG that of the scene, 0 to 1."""
    signal = np.arange(65536) / 65535
    if transfer == PQ:  # SMPTE ST 2084
        root = signal ** (32 / 2523)
        base = np.maximum(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)
        light = 10_000 * base ** (8192 / 1305) / _WHITE_NITS
    elif transfer == HLG:  # ARIB STD-B67
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        light = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    else:
        light = np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


@cache
def _screen_table(hdr: bool) -> NDArray[np.uint8]:
    """sRGB values for 65536 square roots of light, from 0 to the brightest."""
    light = np.linspace(0, 1, 65536) ** 2 * (_PEAK if hdr else 1.0)
    if hdr:
        above = np.maximum(light - _KNEE, 0) / (1 - _KNEE)
        most = (_PEAK - _KNEE) / (1 - _KNEE)
        # Reinhard's curve from the knee on, which meets white at the brightest light.
        squeezed = _KNEE + (1 - _KNEE) * above / (1 + above) * (1 + most) / most
        light = np.where(light <= _KNEE, light, squeezed)
    srgb = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.round(255 * np.clip(srgb, 0, 1)).astype(np.uint8)


@cache
def _to_bt709(primaries: int) -> NDArray[np.float32]:
    """[3, 3] from linear RGB of these primaries to that of sRGB."""
    if primaries not in PRIMARIES:
        return np.eye(3, dtype=np.float32)
    wide, screen = _to_xyz(PRIMARIES[primaries]), _to_xyz(_BT709)
    mixed = np.linalg.solve(screen, wide)
    # White stays white, also where it is another white: the eye adapts.
    return (mixed / mixed.sum(axis=1, keepdims=True)).astype(np.float32)


def _to_xyz(chromaticities: tuple[tuple[float, float], ...]) -> NDArray[np.float64]:
    columns = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in chromaticities]).T
    rgb, white = columns[:, :3], columns[:, 3]
    return rgb * np.linalg.solve(rgb, white)
