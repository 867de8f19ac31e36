"""What the published program shows where a crop leaves the picture."""

from __future__ import annotations

import cv2
import numpy as np

from ..imaging import ImageU8

_SIGMA = 5.0
_KERNEL = 41  # four sigmas to either side


def faded_padding(picture: ImageU8, overhang: tuple[int, int, int, int]) -> ImageU8:
    """Extend a picture [H, W, 3] by (left, top, right, bottom) pixels.

    The added part mirrors the picture, growing blurred and then fading into its median colour the
    farther out it lies.
    """
    left, top, right, bottom = overhang
    padded = np.pad(
        picture.astype(np.float32), ((top, bottom), (left, right), (0, 0)), mode="symmetric"
    )
    height, width = padded.shape[:2]
    y, x = np.ogrid[:height, :width]
    # Distance outwards: 1 at the outer border, 0 at the picture's. A side without padding counts
    # for its outermost line only.
    reach = [max(side, 1e-10) for side in overhang]
    outwards = np.maximum(
        1 - np.minimum(x / reach[0], (width - 1 - x) / reach[2]),
        1 - np.minimum(y / reach[1], (height - 1 - y) / reach[3]),
    ).astype(np.float32)[..., None]
    blurred = cv2.GaussianBlur(padded, (_KERNEL, _KERNEL), _SIGMA, borderType=cv2.BORDER_REFLECT)
    padded += (blurred - padded) * np.clip(3 * outwards + 1, 0, 1)
    padded += (np.median(padded, axis=(0, 1)) - padded) * np.clip(outwards, 0, 1)
    return np.clip(padded, 0, 255).astype(np.uint8)
