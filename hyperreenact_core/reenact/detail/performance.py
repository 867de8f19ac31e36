"""What a face performs: how the head is turned and what the face does, apart from whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...types import FaceReading
from .fit import HeadFit, fit_head
from .head_model import Doubles, HeadModel

_COEFFICIENT_SPREAD = 0.2
"""How far a performer's coefficients may lie from the reader's: the points say more than those."""
_SHAPE_SPREAD = 0.1
"""How far a performer's shape may lie from what the frames so far have shown."""
_SETTLED = 50
"""Frames after which the shape follows new ones by as little as this share of them."""


@dataclass(frozen=True, eq=False)
class HeadState:
    """rotation: [3, 3] world = R @ head. coefficients: [52] in 0..1."""

    rotation: Doubles
    coefficients: Doubles


@dataclass(frozen=True, eq=False)
class Performance:
    """States of one head, frame by frame; float32 on the CPU.

    rotation: [B, 3, 3]. coefficients: [B, 52] in 0..1.
    """

    rotation: Tensor
    coefficients: Tensor

    def __len__(self) -> int:
        return len(self.rotation)

    def __getitem__(self, rows: slice) -> list[HeadState]:
        """The states of these frames."""
        turns = self.rotation[rows].numpy().astype(np.float64)
        faces = self.coefficients[rows].numpy().astype(np.float64)
        return [HeadState(*state) for state in zip(turns, faces, strict=True)]

    @staticmethod
    def of(states: Sequence[HeadState]) -> Performance:
        """One after another."""
        return Performance(
            torch.from_numpy(np.stack([state.rotation for state in states])).float(),
            torch.from_numpy(np.stack([state.coefficients for state in states])).float(),
        )


def fit_reading(model: HeadModel, reading: FaceReading) -> HeadFit:
    """A head of any shape fitted to one reading, in its pixels."""
    return _fit(model, reading, None, shape_spread=1.0)


class Performer:
    """Tells the performance of a person from frame to frame; the shape is the same in all.

    A single frame cannot tell a wide mouth from a smile: so the shape is what the frames so far
    have in common, and the expression is the rest.
    """

    def __init__(self, model: HeadModel) -> None:
        self._model = model
        self._shape: Doubles | None = None
        self._frames = 0

    def state(self, reading: FaceReading) -> HeadState:
        """The performance of the next frame."""
        free = fit_reading(self._model, reading).shape
        self._frames += 1
        if self._shape is None:
            self._shape = free
        else:
            self._shape = self._shape + (free - self._shape) / min(self._frames, _SETTLED)
        fit = _fit(self._model, reading, self._shape, shape_spread=_SHAPE_SPREAD)
        return HeadState(fit.rotation, fit.coefficients)


def _fit(
    model: HeadModel, reading: FaceReading, shape: Doubles | None, *, shape_spread: float
) -> HeadFit:
    def numbers(name: str) -> Doubles:
        return getattr(reading, name).numpy().astype(np.float64)

    return fit_head(
        model,
        numbers("points"),
        numbers("coefficients"),
        spread=numbers("spread"),
        rotation=numbers("rotation"),
        shape=shape,
        coefficient_spread=_COEFFICIENT_SPREAD,
        shape_spread=shape_spread,
    )
