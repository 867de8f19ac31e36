"""Small curves that geometry, masks and shading are built from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
"""Of either precision: rest shapes are float64, all that is done per frame is float32."""


def smoothstep(start: float, stop: float, x: FloatArray) -> FloatArray:
    """Cubic step: 0 at or before `start`, 1 at or past `stop`; falls where start > stop."""
    t = np.clip((x - start) * (1.0 / (stop - start)), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def bell(x: FloatArray, centre: float, width: float) -> FloatArray:
    """Gaussian bump of height 1; `width` is where it has fallen to 1/e."""
    t = (x - centre) * (1.0 / width)
    return np.exp(-t * t)
