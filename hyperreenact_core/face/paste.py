"""Put a face crop back into its frame without a seam."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..imaging import ImageU8, smoothstep, u8_from_tensor

Grid = NDArray[np.floating[Any]]
"""Float32 as it is computed with; numpy's types cannot promise it."""

_SHOULDERS = 4.0
"""Exponent of the default mask |x|^n + |y|^n < 1: between an ellipse (2) and the full square."""

_REDUCTION = 1.5
"""From this reduction on, the crop is averaged down first: interpolation alone would alias."""

_MATCH_GAIN = (0.75, 1.35)
_MATCH_SCALE = 8.0
"""Pixels of the border that differ by more than this, after the match, show different things."""

_MATCH_ROUNDS = 8
_MATCH_MIN_PIXELS = 64
_MATCH_MAX_PIXELS = 10_000


class Pasted(NamedTuple):
    """frame: uint8 RGB [H, W, 3]; mask: [H, W] float32, share of the crop in each pixel."""

    frame: ImageU8
    mask: Tensor


def paste_back(
    frame: ImageU8,
    crop: Tensor,
    crop_from_frame: Tensor,
    *,
    mask: Tensor | None = None,
    front: Tensor | None = None,
    feather: float = 0.15,
    colour_match: bool = True,
) -> Pasted:
    """Lay a crop over the frame it was cut from.

    frame: uint8 RGB [H, W, 3], not changed. crop: [3, R, R] in [-1, 1].
    crop_from_frame: [3, 3], invertible; the part of the crop outside the frame is left out.
    mask: [R, R] or [1, R, R] in [0, 1], which part of the crop to show; a rounded square by
    default. front: [H, W] in [0, 1], which part of the frame stays in front of the crop.
    feather: width of the soft border as a share of half the crop's side, 0 to 1.
    colour_match: shift the crop's colours so that they meet the frame's along the border.
    """
    size = crop.shape[-1]
    frame_from_crop = np.linalg.inv(crop_from_frame.detach().cpu().double().numpy())
    x0, y0, x1, y1 = _reach(frame_from_crop, size=size, frame=frame)
    shown = torch.zeros(frame.shape[:2])
    if x0 >= x1 or y0 >= y1:
        return Pasted(frame.copy(), shown)
    region_from_crop = _shift(-x0, -y0) @ frame_from_crop
    region = (x1 - x0, y1 - y0)

    pixels = u8_from_tensor(crop[None])[0].astype(np.float32)
    under = frame[y0:y1, x0:x1].astype(np.float32)
    over = _warp(pixels, region_from_crop, region, border=cv2.BORDER_REPLICATE)
    share = soft_mask(size, feather=feather) if mask is None else _feathered(mask, feather)
    weight = _warp(share, region_from_crop, region, border=cv2.BORDER_CONSTANT)[..., None]
    weight = weight.clip(0, 1)
    if colour_match:
        over = _match_colours(over, under, weight)
    if front is not None:
        weight *= 1 - front[y0:y1, x0:x1, None].cpu().numpy().clip(0, 1)
    mixed = under + (over - under) * weight

    result = frame.copy()
    result[y0:y1, x0:x1] = mixed.round().clip(0, 255).astype(np.uint8)
    shown[y0:y1, x0:x1] = torch.from_numpy(weight[..., 0])
    return Pasted(result, shown)


def at_size(crop_from_frame: Tensor, *, cut: int, drawn: int) -> Tensor:
    """The matrix [3, 3] of a crop `cut` pixels wide for what was drawn of it, `drawn` pixels."""
    scale = torch.tensor([drawn / cut, drawn / cut, 1.0]).to(crop_from_frame)
    return scale[:, None] * crop_from_frame


def soft_mask(size: int, *, feather: float) -> Grid:
    """[size, size] mask: 1 inside a rounded square, falling smoothly to 0 at the crop's border.

    feather: width of the fall as a share of half the side; 0 is a hard edge.
    """
    axis = np.abs((np.arange(size, dtype=np.float32) + 0.5) / size * 2 - 1)
    radius = (axis[:, None] ** _SHOULDERS + axis**_SHOULDERS) ** (1 / _SHOULDERS)
    return np.asarray(smoothstep((1 - radius) / max(feather, 1 / size)), np.float32)


def _feathered(mask: Tensor, feather: float) -> Grid:
    """Soften a given mask inwards: it neither grows nor touches the crop's border."""
    given = mask.detach().float().cpu().numpy().reshape(mask.shape[-2:]).clip(0, 1)
    size = given.shape[-1]
    reach = feather * size / 2
    if reach < 1:
        return given
    # What lies beyond the crop counts as outside, so the mask also fades towards its border.
    edge = round(reach) + 1
    solid = (np.pad(given, edge) > 0.5).astype(np.uint8)
    inwards = cv2.distanceTransform(solid, cv2.DIST_L2, cv2.DIST_MASK_5)
    fade = np.asarray(smoothstep(np.asarray(inwards, np.float32) / reach), np.float32)
    return given * fade[edge:-edge, edge:-edge]


def _reach(
    frame_from_crop: NDArray[np.float64], *, size: int, frame: ImageU8
) -> tuple[int, int, int, int]:
    """Whole pixels of the frame that the crop touches: left, top, right, bottom."""
    corners = np.array([[0, 0, 1], [size, 0, 1], [0, size, 1], [size, size, 1]], np.float64)
    points = (corners @ frame_from_crop.T)[:, :2]
    height, width = frame.shape[:2]
    low = np.floor(points.min(axis=0)).clip(0, (width, height)).astype(int)
    high = np.ceil(points.max(axis=0)).clip(0, (width, height)).astype(int)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _warp(
    image: Grid, region_from_crop: NDArray[np.float64], region: tuple[int, int], *, border: int
) -> Grid:
    """Resample [R, R(, 3)] into a region of (width, height) pixels; bicubic, no aliasing."""
    reduction = 1 / np.sqrt(abs(np.linalg.det(region_from_crop[:2, :2])))
    if reduction > _REDUCTION:
        size = image.shape[0]
        reduced = max(round(size / reduction), 1)
        image = np.asarray(
            cv2.resize(image, (reduced, reduced), interpolation=cv2.INTER_AREA), np.float32
        )
        region_from_crop = region_from_crop @ np.diag([size / reduced, size / reduced, 1.0])
    # OpenCV counts from pixel centres.
    centred = _shift(-0.5, -0.5) @ region_from_crop @ _shift(0.5, 0.5)
    warped = cv2.warpAffine(image, centred[:2], region, flags=cv2.INTER_CUBIC, borderMode=border)
    return np.asarray(warped, np.float32)


def _shift(x: float, y: float) -> NDArray[np.float64]:
    matrix = np.eye(3)
    matrix[:2, 2] = x, y
    return matrix


def _match_colours(over: Grid, under: Grid, weight: Grid) -> Grid:
    """Fit each channel of `over` to `under` by a gain and a shift where the two meet.

    Along the border the head may have moved: hair lies where the frame has background. So the fit
    starts from the median difference and gives little weight to pixels that disagree with it, and
    the less of the border agrees, the less is changed.
    """
    ring = (4 * weight * (1 - weight))[..., 0]  # 1 where half of each shows
    meets = np.flatnonzero(ring > 0.1)
    if len(meets) < _MATCH_MIN_PIXELS:
        return over
    meets = meets[:: max(len(meets) // _MATCH_MAX_PIXELS, 1)]
    share = ring.reshape(-1)[meets]
    x, y = over.reshape(-1, 3)[meets], under.reshape(-1, 3)[meets]
    matched = over.copy()
    for channel in range(3):
        gain, shift = _robust_line(x[:, channel], y[:, channel], share)
        matched[..., channel] = over[..., channel] * gain + shift
    return matched


def _robust_line(x: Grid, y: Grid, share: Grid) -> tuple[float, float]:
    """Gain and shift with y = gain * x + shift for most of the pixels, drawn towards no change."""
    gain, shift = 1.0, float(np.median(y - x))
    agreement = share
    for _ in range(_MATCH_ROUNDS):
        residual = y - (gain * x + shift)
        agreement = share / (1 + (residual / _MATCH_SCALE) ** 2) ** 2
        mean_x, mean_y = (np.average(values, weights=agreement) for values in (x, y))
        covariance = np.average((x - mean_x) * (y - mean_y), weights=agreement)
        variance = np.average((x - mean_x) ** 2, weights=agreement)
        gain = float((covariance + _MATCH_SCALE**2) / (variance + _MATCH_SCALE**2))
        gain = min(max(gain, _MATCH_GAIN[0]), _MATCH_GAIN[1])
        shift = float(mean_y - gain * mean_x)
    trust = float(agreement.sum() / share.sum())
    return 1 + trust * (gain - 1), trust * shift
