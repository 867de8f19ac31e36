"""Mixes two performances: eyes from one, mouth from the other, and from one to the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import torch
from torch import Tensor

from ...errors import InputError
from ..detail.performance import Performance
from ..keyframes import Keyframes, eased
from ..knobs import LENGTH_RULES, MIX_WEIGHT, REGIONS, LengthRule, Region
from .regions import columns_of
from .timing import fitted
from .turning import slerp

MIX_LIMITS: Mapping[str, tuple[float, float]] = MappingProxyType(
    dict.fromkeys((*REGIONS, "all"), (MIX_WEIGHT.low, MIX_WEIGHT.high))
)
"""What keyframes of a mix may name; all: every region that the line does not name itself."""

MIX_KEY = "24: mouth=1 eyes=0"
"""A keyframe, for messages."""


@dataclass(frozen=True)
class MotionMix:
    """Which of two performances each region follows.

    weights: 0 the first, 1 the second, between them a mixture; 0 for regions that are not named.
    keys: the same over time; they go before `weights`. length: see knobs.LengthRule.
    """

    weights: Mapping[Region, float] = field(default_factory=dict[Region, float])
    keys: Keyframes = field(default_factory=dict[int, Mapping[str, float]])
    length: LengthRule = "hold"

    def __post_init__(self) -> None:
        for region, weight in self.weights.items():
            replace(MIX_WEIGHT, name=region).check(weight)
        if self.length not in LENGTH_RULES:
            raise InputError(f"length is one of {', '.join(LENGTH_RULES)}, not {self.length!r}")


def mix_motion(first: Performance, second: Performance, mix: MotionMix) -> Performance:
    """One performance of two; its times are those of the first."""
    first, second = fitted(first, second, mix.length)
    weights: dict[Region, Tensor] = {
        region: _over_time(mix, region, len(first)) for region in REGIONS
    }
    head, gaze = weights["head"], weights["gaze"]
    return Performance(
        rotation=slerp(first.rotation, second.rotation, head).float(),
        coefficients=first.coefficients.lerp(second.coefficients, columns_of(weights)),
        gaze=torch.nn.functional.normalize(
            first.gaze.lerp(second.gaze, gaze[:, None, None]), dim=2
        ),
        place=first.place.lerp(second.place, head[:, None]),
        confidence=torch.minimum(first.confidence, second.confidence),
        time=first.time,
    )


def _over_time(mix: MotionMix, region: Region, frames: int) -> Tensor:
    """[B] weights of a region."""
    own = [
        (at, values.get(region, values.get("all", 0.0)))
        for at, values in sorted(mix.keys.items())
        if region in values or "all" in values
    ]
    if not own:
        return torch.full((frames,), float(mix.weights.get(region, 0.0)))
    return torch.tensor(eased(frames, own), dtype=torch.float32)
