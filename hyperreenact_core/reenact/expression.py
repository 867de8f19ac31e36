"""What sliders make of a head: its state, from another state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import torch

from ..heads.expression import ACTIONS, columns, settled
from ..networks.rotation import matrix_from_euler
from .detail.head_model import Doubles
from .detail.performance import HeadState
from .sliders import SLIDERS, SliderValues, checked_values, text_of_values

_REACH: Mapping[str, float] = {
    "eyeLookIn": 1.15,
    "eyeLookOut": 1.15,
    "eyeLookUp": 1.7,
    "jawLeft": 1.15,
    "jawRight": 1.15,
    "mouthPucker": 1.7,
    "cheekPuff": 1.5,
    "noseSneer": 1.7,
}
"""How much further people move than the head model does at a coefficient of 1."""

AT_REST = HeadState(np.eye(3), np.zeros(len(ACTIONS)))
"""A head that looks ahead and does nothing."""


@dataclass(frozen=True)
class Expression:
    """What is changed of a face. values: as `sliders.checked_values` gives them."""

    values: SliderValues = field(default_factory=dict[str, float])

    @staticmethod
    def of(values: Mapping[str, object]) -> Expression:
        """InputError for unknown sliders and values out of range."""
        return Expression(checked_values(values))

    @property
    def is_neutral(self) -> bool:
        """Whether it changes nothing."""
        return not any(self.values.values())

    @property
    def text(self) -> str:
        """Such as "yaw=-15 smile=0.8"."""
        return text_of_values(self.values)

    @property
    def turn(self) -> Doubles:
        """[3, 3] of the head, as one sees it from the camera."""
        angles = (torch.tensor([self.values.get(name, 0.0)]) for name in ("yaw", "pitch", "roll"))
        return matrix_from_euler(*angles)[0].numpy().astype(np.float64)

    @property
    def changes(self) -> Doubles:
        """[52] what is added to the coefficients, -1 to 1 and beyond where sliders add up."""
        changes = np.zeros(len(ACTIONS))
        for name, value in self.values.items():
            for action, change in SLIDERS[name].moves(value).items():
                changes[columns(action)] += change
        return changes

    def state(self, own: HeadState) -> HeadState:
        """A head in state `own` with this expression on top.

        Opposing actions give way as faces do, and only as far as this expression made them meet:
        without one the state is `own`.
        """
        if self.is_neutral:
            return own
        wanted = np.clip(own.coefficients + self.changes, 0, 1)
        given_way = settled(wanted) - settled(own.coefficients)
        face = np.clip(own.coefficients + given_way, 0, 1)
        return HeadState(self.turn @ own.rotation, face.astype(np.float64))

    def posed(self, own: HeadState) -> HeadState:
        """What the head model is posed as for `state`: some coefficients go beyond 1.

        What a head in state `own` does already stays as it was found in its picture.
        """
        state = self.state(own)
        further = (_reach() - 1) * (state.coefficients - own.coefficients)
        return HeadState(state.rotation, np.maximum(state.coefficients + further, 0))


@cache
def _reach() -> Doubles:
    """[52] factors."""
    factors = np.ones(len(ACTIONS))
    for action, factor in _REACH.items():
        factors[columns(action)] = factor
    return factors
