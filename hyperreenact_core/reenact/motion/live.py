"""Edits of a performance that need no more than the frames so far."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ...errors import InputError
from ..detail.head_model import Doubles
from ..detail.performance import HeadState
from ..knobs import MOTION_FACTOR, MOTION_MODES, MotionMode
from .factors import moved_beyond, turned_beyond


@dataclass(frozen=True)
class LiveMotion:
    """How a driver's performance becomes the source's.

    expression, head: factors of what face and head do beyond the source's own state, see
    `edit.MotionEdit`.
    """

    mode: MotionMode = "absolute"
    expression: float = MOTION_FACTOR.default
    head: float = MOTION_FACTOR.default

    def __post_init__(self) -> None:
        replace(MOTION_FACTOR, name="expression").check(self.expression)
        replace(MOTION_FACTOR, name="head").check(self.head)
        if self.mode not in MOTION_MODES:
            raise InputError(f"motion is one of {', '.join(MOTION_MODES)}, not {self.mode!r}")

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return self != LiveMotion()


def laid_on(
    rest: HeadState, state: HeadState, *, reference: HeadState, motion: LiveMotion
) -> HeadState:
    """What lies between a performer's reference and state, with its factors, on top of `rest`."""
    turn = turned_beyond(
        _row(rest.rotation), _row(reference.rotation), _row(state.rotation), _row(motion.head)
    )
    face = moved_beyond(
        _row(rest.coefficients),
        _row(reference.coefficients),
        _row(state.coefficients),
        _row(motion.expression),
    )
    return HeadState(turn[0].numpy(), face[0].clamp(0, 1).numpy())


class MotionStream:
    """The frames of one clip as a source of state `rest` is to perform them, in their order.

    Behind a cut, relative motion begins anew: there may be somebody else.
    """

    def __init__(self, motion: LiveMotion, rest: HeadState) -> None:
        self._motion, self._rest = motion, rest
        self._reference = rest if motion.mode == "absolute" else None
        self._scene = 0

    def __call__(self, state: HeadState, *, scene: int = 0) -> HeadState:
        """The next frame; scene: as in FaceCrop."""
        if not self._motion.changes:
            return state
        begins = self._reference is None or scene != self._scene
        if begins and self._motion.mode == "relative":
            self._reference, self._scene = state, scene
        assert self._reference is not None
        return laid_on(self._rest, state, reference=self._reference, motion=self._motion)


def _row(value: Doubles | float) -> Tensor:
    """A frame as a track of one, float64."""
    return torch.from_numpy(np.asarray(value, np.float64)[None])
