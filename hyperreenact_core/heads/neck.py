"""How a turned head bends what is below it: one smooth field that moves skin, hair and clothes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .meshes import Floats

_SLOPE = 0.25
"""The head begins lower in front (the chin) than at the back (the skull's base)."""
_CHIN = 152


@dataclass(frozen=True)
class Neck:
    """Between `low` and `high` (heights along the tilted axis) the neck takes up the turn.

    pivot: [3] what the head turns about.
    """

    pivot: tuple[float, float, float]
    low: float
    high: float

    def grip(self, vertices: Floats) -> Floats:
        """[V, 3] at rest -> [V] how much of the head's turn each takes, 0 to 1."""
        height = vertices[:, 1] + _SLOPE * vertices[:, 2]
        share = ((height - self.low) / (self.high - self.low)).clip(0, 1)
        return share * share * (3 - 2 * share)

    def bend(self, vertices: Floats, grip: Floats, head: Floats, chest: Floats) -> Floats:
        """Turn vertices [V, 3] about the pivot, by `chest` [3, 3] at grip 0 and by `head` at 1."""
        pivot = np.array(self.pivot, np.float32)
        turn = cv2.Rodrigues(np.asarray(chest.T @ head, np.float64))[0][:, 0].astype(np.float32)
        angle = float(np.linalg.norm(turn))
        points = vertices - pivot
        if angle > 1e-6:
            axis = turn / angle
            angles = (grip * angle)[:, None]
            sine, cosine = np.sin(angles), np.cos(angles)
            along = (points @ axis)[:, None] * axis
            points = along + (points - along) * cosine + np.cross(axis, points) * sine
        return (points @ chest.T + pivot).astype(np.float32)


def neck_of(points: Floats) -> Neck:
    """The neck of a person with these neutral mesh points [468, 3]."""
    chin = points[_CHIN]
    high = float(chin[1] + _SLOPE * chin[2]) - 0.1
    size = float(points[10, 1] - chin[1])
    pivot = (0.0, float(chin[1]) + 0.1 * size, float(chin[2]) - 0.72 * size)
    return Neck(pivot, high - 0.55 * size, high)
