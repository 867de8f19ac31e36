"""Reading, blurring and resizing pictures, typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .meshes import Floats


def read_rgba(path: Path) -> NDArray[np.uint8]:
    """[H, W, 4] RGBA, opaque where the file has no alpha. Raises InputError for other files."""
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    picture: Any = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    if picture is None or picture.ndim != 3:
        raise InputError(f"{path}: is no colour picture; fetch it again")
    if picture.shape[2] == 3:
        picture = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    return np.ascontiguousarray(picture[..., [2, 1, 0, 3]])


def blurred(picture: NDArray[Any], sigma: float) -> Floats:
    """[H, W, ...] float32 -> the same, blurred by a Gaussian of so many pixels."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)


def resized(
    picture: NDArray[Any], height: int, width: int, *, smooth: bool = False
) -> NDArray[Any]:
    """[H, W, ...] -> [height, width, ...]; by cubic curves where smooth, else by areas."""
    how = cv2.INTER_CUBIC if smooth else cv2.INTER_AREA
    return np.asarray(cv2.resize(picture, (width, height), interpolation=how))
