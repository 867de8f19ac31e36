"""How strongly the deltas act on the coarse, middle and fine layers of the generator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from ..networks.stylegan2 import Slot
from ..types import WeightDeltas
from .knobs import STRENGTHS

COARSE_SIDE, MIDDLE_SIDE = 8, 32
"""Largest sides in pixels of the maps that count as coarse and as middle, as StyleGAN has them."""


@dataclass(frozen=True)
class DeltaStrength:
    """Factors of the weight deltas, 0 to 2: 1 as trained, 0 leaves the generator as it was.

    coarse: maps up to 8 px (pose and shape of the head); middle: up to 32 px (features);
    fine: above (colours and texture).
    """

    coarse: float = 1.0
    middle: float = 1.0
    fine: float = 1.0

    def __post_init__(self) -> None:
        for knob in STRENGTHS:
            knob.check(getattr(self, knob.name))

    def of(self, slot: Slot) -> float:
        """The factor of one layer."""
        side = 4 * 2 ** ((slot.index + 1) // 3)
        if side <= COARSE_SIDE:
            return self.coarse
        return self.middle if side <= MIDDLE_SIDE else self.fine


def scaled(deltas: WeightDeltas, strength: DeltaStrength, slots: Sequence[Slot]) -> WeightDeltas:
    """Multiply each layer's deltas by the factor of its group."""
    if set(astuple(strength)) == {1.0}:
        return deltas
    pairs = zip(deltas, slots, strict=True)
    return tuple(None if delta is None else delta * strength.of(slot) for delta, slot in pairs)
