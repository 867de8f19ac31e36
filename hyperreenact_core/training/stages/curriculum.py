"""The order in which the hypernetwork learns, and whom each phase lets drive.

Source: HyperReenact (2023), section 3.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor

Phase = Literal["style", "inversion", "self", "cross"]

Strangers = Callable[[Tensor, torch.Generator], Tensor]
"""Source frames [B] and a random generator -> frames of others [B]."""


class Frames(Protocol):
    """Frames of clips that can be drawn at random, by number."""

    def sample(self, count: int, random: torch.Generator) -> Tensor: ...

    def partner(self, index: Tensor, random: torch.Generator) -> Tensor: ...


@dataclass(frozen=True)
class Drivers:
    """Who drives each source frame. frame: [B] int64; cross: [B] bool, it is another person."""

    frame: Tensor
    cross: Tensor


def phase_at(step: int, lengths: Mapping[Phase, int]) -> Phase:
    """Which phase a step belongs to; the cross phase takes all that the others leave."""
    for phase, length in lengths.items():
        if step < length:
            return phase
        step -= length
    return "cross"


def choose_drivers(
    frames: Frames, source: Tensor, strangers: Strangers, *, phase: Phase, random: torch.Generator
) -> Drivers:
    """Driving frames for source frames [B].

    The frame itself in the phase of inversion, another one of its clip in self-reenactment; in
    the others every second one is driven by a stranger.
    """
    nobody = torch.zeros_like(source, dtype=torch.bool)
    if phase == "inversion":
        return Drivers(source, nobody)
    partner = frames.partner(source, random)
    if phase == "self":
        return Drivers(partner, nobody)
    cross = torch.arange(len(source), device=source.device) % 2 == 1
    return Drivers(torch.where(cross, strangers(source, random), partner), cross)
