"""Cheap repeatable noise from one small table."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from .curves import FloatArray

CELLS = 64
STEPS = 16
"""Table entries per lattice cell; neighbouring entries differ by less than the eye can see."""
_SHIFT = 1 << 12


@cache
def lattice() -> NDArray[np.float32]:
    """[64, 64] independent values in [0, 1)."""
    return np.random.default_rng(20).random((CELLS, CELLS), np.float32)


@cache
def _table() -> NDArray[np.float32]:
    """[1024 * 1024] smooth interpolation of the lattice, row by row, repeating."""
    values = lattice()
    place = np.arange(CELLS * STEPS) / STEPS
    index = place.astype(np.int64)
    t = place - index
    t = (t * t * (3 - 2 * t)).astype(np.float32)
    following = (index + 1) % CELLS
    rows = values[index] + (values[following] - values[index]) * t[:, None]
    table = rows[:, index] + (rows[:, following] - rows[:, index]) * t
    return table.ravel().astype(np.float32, copy=False)


def value_noise(x: FloatArray, y: FloatArray) -> NDArray[np.float32]:
    """Smooth noise in [0, 1] with one bump per unit, repeating every 64; |x|, |y| < 4096."""
    mask = CELLS * STEPS - 1
    column = ((x + _SHIFT) * STEPS).astype(np.int32) & mask
    row = ((y + _SHIFT) * STEPS).astype(np.int32) & mask
    return _table()[row * (CELLS * STEPS) + column]


def cell_noise(i: NDArray[np.int32], j: NDArray[np.int32]) -> NDArray[np.float32]:
    """Independent value in [0, 1) for each integer cell, repeating every 64."""
    return lattice()[i & (CELLS - 1), j & (CELLS - 1)]
