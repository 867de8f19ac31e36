"""What a face performs: how the head is turned and what the face does, apart from whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import torch
from torch import Tensor

from ...heads.expression import ACTIONS
from ...networks.pose_state import gaze_of
from ...networks.reader_regions import LEFT_EYE, RIGHT_EYE
from ...types import FaceReading
from .fit import FINE, HeadFit, fit_head
from .gaze import with_parallel_eyes, with_sideways_gaze
from .head_model import POINTS, Doubles, HeadModel

_COEFFICIENT_SPREAD = 0.4
"""How far a performer's coefficients may lie from the reader's: the points say more than those."""
_SHAPE_SPREAD = 0.05
"""How far a performer's shape may lie from what the frames so far have shown."""
_TELLING, _OTHERS = 0.3, 2.0
"""Factors of the spreads of points that tell an expression, and of the others: what a linear model
cannot explain of a grin is to be missed in the cheeks and not at the corners of the mouth."""
_TOLD = {"jaw": 0.82, "mouth": 0.82, "brow": 0.8}
"""What a fit tells of the spread of actions that begin so."""
_ENOUGH = 50
"""Frames that tell the shape; it stays as it is from then on."""


RATE = 25.0
"""Frames a second of what comes without times."""
HEAD_HEIGHT = 2.3
"""From the chin to the crown of the mean head, decimetres."""
PLACE = (0.0, 0.0, 0.5)
"""Of a head of which it is not known: in the middle, half as high as the picture."""


@dataclass(frozen=True, eq=False)
class HeadState:
    """rotation: [3, 3] world = R @ head. coefficients: [52] in 0..1."""

    rotation: Doubles
    coefficients: Doubles


def _untold() -> Tensor:
    return torch.empty(0)


@dataclass(frozen=True, eq=False)
class Performance:
    """States of one head, frame by frame; float32 on the CPU.

    rotation: [B, 3, 3] world = R @ head. coefficients: [B, 52] in 0..1. The others may be left out:
    gaze: [B, 2, 3] unit vectors in the head's coordinates, so that eyes turn along with it; the eye
        on the viewer's left first. As the eyeLook coefficients say if left out: who changes those
        changes this as well, or takes `eyes_as_told`.
    place: [B, 3], the middle between the eyes, x to the right and y down from the picture's middle,
        and the head's size, chin to crown; all in shares of the picture's height. See PLACE.
    confidence: [B] in 0..1, 0 where no face was seen; 1 if left out.
    time: [B] seconds from the beginning of the clip, rising; RATE frames a second if left out.
    """

    rotation: Tensor
    coefficients: Tensor
    gaze: Tensor = field(default_factory=_untold)
    place: Tensor = field(default_factory=_untold)
    confidence: Tensor = field(default_factory=_untold)
    time: Tensor = field(default_factory=_untold)

    def __post_init__(self) -> None:
        count = len(self.rotation)
        usual = {
            "gaze": lambda: gaze_in_head(self.coefficients),
            "place": lambda: torch.tensor(PLACE).repeat(count, 1),
            "confidence": lambda: torch.ones(count),
            "time": lambda: torch.arange(count) / RATE,
        }
        for name, make in usual.items():
            if getattr(self, name).numel() == 0:
                object.__setattr__(self, name, make())

    def __len__(self) -> int:
        return len(self.rotation)

    def __getitem__(self, rows: slice) -> list[HeadState]:
        """The states of these frames."""
        turns = self.rotation[rows].numpy().astype(np.float64)
        faces = self.coefficients[rows].numpy().astype(np.float64)
        return [HeadState(*state) for state in zip(turns, faces, strict=True)]

    def take(self, rows: Tensor | Sequence[int]) -> Performance:
        """These frames in this order, each as often as it is named; times stay as they are."""
        at = torch.as_tensor(rows, dtype=torch.long)
        return Performance(**{name: value[at] for name, value in vars(self).items()})

    def eyes_as_told(self) -> Performance:
        """The same with eyes that look where the eyeLook coefficients say."""
        return replace(self, gaze=_untold())

    @staticmethod
    def of(states: Sequence[HeadState]) -> Performance:
        """One after another."""
        return Performance(
            torch.from_numpy(np.stack([state.rotation for state in states])).float(),
            torch.from_numpy(np.stack([state.coefficients for state in states])).float(),
        )


def gaze_in_head(coefficients: Tensor) -> Tensor:
    """[B, 52] -> [B, 2, 3], see `Performance.gaze`."""
    straight = torch.eye(3).to(coefficients).expand(len(coefficients), 3, 3)
    return gaze_of(straight, coefficients)


def fit_reading(model: HeadModel, reading: FaceReading) -> HeadFit:
    """A head of any shape fitted to one reading, in its pixels."""
    return _fit(model, reading, None, shape_spread=1.0, factors=np.ones(POINTS))


def fit_portrait(model: HeadModel, reading: FaceReading) -> HeadFit:
    """The same, closer at the edges of lids and lips: there a pixel shows."""
    return _fit(model, reading, None, shape_spread=1.0, factors=_fine_points())


def performed(fit: HeadFit) -> HeadState:
    """What a performer's head does: as much of an expression as there was of it.

    Readers and fits that know their errors move less than faces do: the spread of what they tell
    is this share of the true one, as measured on rendered heads. Both eyes look the same way.
    """
    told = (fit.coefficients / _told_shares()).clip(0, 1)
    return HeadState(fit.rotation, with_parallel_eyes(told))


@cache
def _told_shares() -> Doubles:
    shares = np.ones(len(ACTIONS))
    for begin, share in _TOLD.items():
        shares[[name.startswith(begin) for name in ACTIONS]] = share
    return shares


class Performer:
    """Tells the performance of a person from frame to frame; the shape is the same in a scene.

    A single frame cannot tell a wide mouth from a smile: so the shape is what the frames so far
    have in common, and the expression is the rest. Behind a cut there may be somebody else.
    """

    def __init__(self, model: HeadModel) -> None:
        self._model = model
        self._shape: Doubles | None = None
        self._frames = 0
        self._scene = 0

    def state(self, reading: FaceReading, *, scene: int = 0) -> HeadState:
        """The performance of the next frame; the shape is learnt anew in every scene."""
        return performed(self.fit(reading, scene=scene))

    def fit(self, reading: FaceReading, *, scene: int = 0) -> HeadFit:
        """The same with its place, in the reading's pixels."""
        if scene != self._scene:
            self._shape, self._frames, self._scene = None, 0, scene
        shape = self._known(reading)
        return _fit(
            self._model, reading, shape, shape_spread=_SHAPE_SPREAD, factors=_telling_points()
        )

    def _known(self, reading: FaceReading) -> Doubles:
        """The mean shape of the first frames, this one included."""
        if self._shape is not None and self._frames >= _ENOUGH:
            return self._shape
        free = fit_reading(self._model, reading).shape
        self._frames += 1
        before = np.zeros_like(free) if self._shape is None else self._shape
        self._shape = before + (free - before) / self._frames
        return self._shape


@cache
def _fine_points() -> Doubles:
    factors = np.ones(POINTS)
    factors[list(FINE)] = _TELLING
    return factors


@cache
def _telling_points() -> Doubles:
    factors = np.full(POINTS, _OTHERS)
    factors[[*FINE, *LEFT_EYE, *RIGHT_EYE]] = _TELLING  # the regions of the eyes hold the brows
    return factors


def _fit(
    model: HeadModel,
    reading: FaceReading,
    shape: Doubles | None,
    *,
    shape_spread: float,
    factors: Doubles,
) -> HeadFit:
    """factors: [468] of the points' spreads."""

    def numbers(name: str) -> Doubles:
        return getattr(reading, name).numpy().astype(np.float64)

    fit = fit_head(
        model,
        numbers("points"),
        numbers("coefficients"),
        spread=numbers("spread") * factors,
        rotation=numbers("rotation"),
        shape=shape,
        coefficient_spread=_COEFFICIENT_SPREAD,
        shape_spread=shape_spread,
    )
    looking = with_sideways_gaze(fit.coefficients, numbers("coefficients"))
    return replace(fit, coefficients=looking)
