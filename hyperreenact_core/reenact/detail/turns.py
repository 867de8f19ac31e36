"""Turns as matrices and as vectors along their axis, as long as the angle in radians."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike

from .head_model import Doubles


def turn_of(vector: ArrayLike) -> Doubles:
    """[3] -> [3, 3]."""
    return np.asarray(cv2.Rodrigues(np.asarray(vector, np.float64))[0], np.float64)


def soft_turn(turn: Doubles, *, free_deg: float, most_deg: float) -> Doubles:
    """[3, 3] a turn of at most `free_deg` as it is; larger ones come ever closer to `most_deg`."""
    vector = vector_of(turn)
    angle, free = float(np.linalg.norm(vector)), float(np.radians(free_deg))
    if angle <= free:
        return turn
    rest = float(np.radians(most_deg)) - free
    return turn_of(vector * ((free + rest * (1 - np.exp((free - angle) / rest))) / angle))


def vector_of(turn: Doubles) -> Doubles:
    """[3, 3] -> [3]."""
    return np.asarray(cv2.Rodrigues(np.asarray(turn, np.float64))[0], np.float64)[:, 0]
