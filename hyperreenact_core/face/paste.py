"""Put a face crop back into its frame without a seam."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..imaging import ImageU8, u8_from_tensor

Grid = NDArray[np.float32]

_SHOULDERS = 4.0
"""Exponent of the default mask |x|^n + |y|^n < 1: between an ellipse (2) and the full square."""

_REDUCTION = 1.5
"""From this reduction on, the crop is averaged down first: interpolation alone would alias."""

_MATCH_GAIN = (0.7, 1.4)
_MATCH_SHIFT = 25.0
"""Limits of the colour match: the ring may show other things than the frame does, Lab units."""


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
    feather: float = 0.15,
    colour_match: bool = False,
) -> Pasted:
    """Lay a crop over the frame it was cut from.

    frame: uint8 RGB [H, W, 3], not changed. crop: [3, R, R] in [-1, 1].
    crop_from_frame: [3, 3], invertible; the part of the crop outside the frame is left out.
    mask: [R, R] or [1, R, R] in [0, 1], which part of the crop to show; a rounded square by
    default. feather: width of the soft border as a share of half the crop's side, 0 to 1.
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
    mixed = under + (over - under) * weight

    result = frame.copy()
    result[y0:y1, x0:x1] = mixed.round().clip(0, 255).astype(np.uint8)
    shown[y0:y1, x0:x1] = torch.from_numpy(weight[..., 0])
    return Pasted(result, shown)


def soft_mask(size: int, *, feather: float) -> Grid:
    """[size, size] mask: 1 inside a rounded square, falling smoothly to 0 at the crop's border.

    feather: width of the fall as a share of half the side; 0 is a hard edge.
    """
    axis = np.abs((np.arange(size, dtype=np.float32) + 0.5) / size * 2 - 1)
    radius = (axis[:, None] ** _SHOULDERS + axis**_SHOULDERS) ** (1 / _SHOULDERS)
    return _smooth_step((1 - radius) / max(feather, 1 / size))


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
    inwards = cv2.distanceTransform(solid, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    fade = _smooth_step(np.asarray(inwards, np.float32) / reach)
    return given * fade[edge:-edge, edge:-edge]


def _smooth_step(x: Grid) -> Grid:
    t = np.clip(x, 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


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
    """Give `over` the mean and spread, in Lab, that `under` has where the two meet."""
    ring = 4 * weight * (1 - weight)  # [H, W, 1], 1 where half of each shows
    total = float(ring.sum())
    if total < 1:
        return over
    lab_over, lab_under = _lab(over), _lab(under)

    def mean(values: Grid) -> NDArray[np.float64]:
        return (values * ring).sum(axis=(0, 1), dtype=np.float64) / total

    mean_over, mean_under = mean(lab_over), mean(lab_under)
    spread_over = np.sqrt(mean((lab_over - mean_over) ** 2)) + 1.0
    spread_under = np.sqrt(mean((lab_under - mean_under) ** 2)) + 1.0
    gain = (spread_under / spread_over).clip(*_MATCH_GAIN)
    shift = (mean_under - mean_over).clip(-_MATCH_SHIFT, _MATCH_SHIFT)
    matched = (lab_over - mean_over) * gain + mean_over + shift
    rgb = cv2.cvtColor(matched.astype(np.float32), cv2.COLOR_LAB2RGB)
    return np.asarray(rgb, np.float32) * 255


def _lab(rgb: Grid) -> Grid:
    return np.asarray(cv2.cvtColor(rgb.clip(0, 255) / 255, cv2.COLOR_RGB2LAB), np.float32)
