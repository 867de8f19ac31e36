"""Surface properties of the seen points, before any light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .curves import FloatArray
from .parameters import Colour

Indices = NDArray[np.intp]


def column(values: Sequence[float]) -> FloatArray:
    """Three numbers as [3, 1]."""
    return np.array(values, np.float32)[:, None]


@dataclass(frozen=True)
class Points:
    """Seen points of one material.

    normal: [3, K] unit, toward the viewer or not. x, y, z: [K] texture coordinates.
    hair: [K] height above the hair line. grain: [K] fine noise. away: [K] face seen from inside.
    """

    normal: FloatArray
    x: FloatArray
    y: FloatArray
    z: FloatArray
    hair: FloatArray
    grain: FloatArray
    away: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.x)


@dataclass
class Paint:
    """How points answer light; each material fills in its own, in place.

    albedo: [3, K] display-referred. gloss, sharpness: strength and exponent of the highlight.
    openness: [K], 1 = nothing shades the point. softness: [K], 1 = red light bleeds into shadow.
    """

    albedo: FloatArray
    gloss: FloatArray
    sharpness: FloatArray
    openness: FloatArray
    softness: FloatArray

    @staticmethod
    def plain(
        count: int,
        colour: Colour,
        *,
        gloss: float,
        sharpness: float = 12.0,
        openness: float = 1.0,
        softness: float = 0.0,
    ) -> Paint:
        """The same properties everywhere."""
        return Paint(
            albedo=np.repeat(column(colour), count, axis=1),
            gloss=np.full(count, gloss, np.float32),
            sharpness=np.full(count, sharpness, np.float32),
            openness=np.full(count, openness, np.float32),
            softness=np.full(count, softness, np.float32),
        )

    def cover(self, at: Indices, colour: Colour | FloatArray, amount: FloatArray) -> None:
        """Lay a colour over the points `at`; amount [len(at)] in [0, 1]."""
        colour = column(colour) if isinstance(colour, tuple) else colour
        under = self.albedo[:, at]
        self.albedo[:, at] = under + (colour - under) * amount

    def darken(self, at: Indices, amount: FloatArray, strength: Colour = (1.0, 1.0, 1.0)) -> None:
        """Take amount * strength of each channel away at the points `at`."""
        self.albedo[:, at] *= 1.0 - column(strength) * amount

    def shade(self, at: Indices, amount: FloatArray) -> None:
        """Close the points `at` off from the light by amount in [0, 1]."""
        self.openness[at] *= 1.0 - amount
