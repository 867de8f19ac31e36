"""How far a head goes beyond a state of its own: the same for one frame and for a whole track."""

from __future__ import annotations

from torch import Tensor

from .turning import scaled


def turned_beyond(own: Tensor, reference: Tensor, turns: Tensor, factors: Tensor) -> Tensor:
    """Turns [B, 3, 3] told against a reference and laid on one's own, [B] times as far; float64.

    Against the reference in the head's own axes: a nod stays a nod.
    """
    change = reference.double().transpose(-2, -1) @ turns.double()
    return own.double() @ scaled(change, factors)


def moved_beyond(own: Tensor, reference: Tensor, values: Tensor, factors: Tensor) -> Tensor:
    """Coefficients or directions likewise; factors: of a shape that fits the values'."""
    return own + factors * (values - reference)
