"""What a performance changes in footage: parts of it, and when its frames come."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np
import torch

from ..errors import InputError
from ..heads.expression import ACTIONS
from .detail.performance import HeadState, Performance
from .knobs import LengthRule, Transfer
from .motion.regions import region_of
from .motion.timing import sampled

_LIPS = np.array([region_of(action) in ("mouth", "jaw") for action in ACTIONS])


def transferred(own: HeadState, driver: HeadState, transfer: Transfer) -> HeadState:
    """The state of a face of the footage, `own`, with what is taken from the driver.

    driver: as it is, or laid on `own`, see `motion.live.laid_on`.
    """
    coefficients, rotation = own.coefficients, own.rotation
    match transfer:
        case "expression":
            coefficients = driver.coefficients
        case "lips":
            coefficients = np.where(_LIPS, driver.coefficients, own.coefficients)
        case "pose":
            rotation = driver.rotation
        case "both":
            return driver
    return HeadState(rotation, coefficients)


@dataclass(frozen=True)
class Score:
    """When a performance's frames come in footage.

    rate: frames a second of the footage and the results; frames: of the footage, None where not
    known. driver_rate: of the performance.
    """

    performance: Performance
    driver_rate: Fraction
    rate: Fraction
    frames: int | None
    length: LengthRule = "shortest"

    def __post_init__(self) -> None:
        if len(self.performance) == 0:
            raise InputError("the performance has no frame")
        if self.length == "stretch" and self.frames is None:
            raise InputError(
                "how long the footage is cannot be told, so nothing can be stretched to it: "
                "convert it to MP4, or choose another rule for the end"
            )

    @property
    def _lasts(self) -> int:
        """Frames of the footage that begin while the performance, as it is, lasts."""
        return ceil(len(self.performance) * self.rate / self.driver_rate)

    @property
    def first(self) -> HeadState:
        """Where relative motion begins."""
        return self.performance[:1][0]

    @property
    def total(self) -> int | None:
        """How many results there are; None where the footage decides and is of unknown length."""
        match self.length:
            case "stretch":
                return self.frames
            case "shortest":
                return self._lasts if self.frames is None else min(self._lasts, self.frames)
            case "hold" | "loop":
                return None if self.frames is None else max(self._lasts, self.frames)

    @property
    def repeats(self) -> bool:
        """Whether footage begins anew at its end."""
        return self.length == "loop"

    def outlasts(self, count: int) -> bool:
        """Whether the performance goes on after `count` results, all that the footage has."""
        return self.length in ("hold", "loop") and count < self._lasts

    def state(self, at: int) -> HeadState:
        """The performance at result number `at`, between its frames where rates differ."""
        count = len(self.performance)
        place = at * float(self.driver_rate / self.rate)
        if self.length == "stretch":
            place = at * (count - 1) / max((self.frames or 1) - 1, 1)
        elif self.length == "loop":
            place %= count
        place = min(place, count - 1.0)
        return sampled(self.performance, torch.tensor([place], dtype=torch.float64))[:1][0]
