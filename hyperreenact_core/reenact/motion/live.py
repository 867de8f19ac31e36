"""Edits of a performance that need no more than the frames so far."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...errors import InputError
from ..detail.performance import HeadState
from ..detail.turns import turn_of, vector_of
from ..knobs import MOTION_FACTOR, MOTION_MODES, MotionMode


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
        turn = vector_of(self._reference.rotation.T @ state.rotation)
        moved = state.coefficients - self._reference.coefficients
        face = self._rest.coefficients + self._motion.expression * moved
        return HeadState(
            self._rest.rotation @ turn_of(turn * self._motion.head), np.clip(face, 0.0, 1.0)
        )
