"""Turns as matrices and as vectors along their axis, as long as the angle in radians."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike

from .head_model import Doubles


def turn_of(vector: ArrayLike) -> Doubles:
    """[3] -> [3, 3]."""
    return np.asarray(cv2.Rodrigues(np.asarray(vector, np.float64))[0], np.float64)


def vector_of(turn: Doubles) -> Doubles:
    """[3, 3] -> [3]."""
    return np.asarray(cv2.Rodrigues(np.asarray(turn, np.float64))[0], np.float64)[:, 0]
