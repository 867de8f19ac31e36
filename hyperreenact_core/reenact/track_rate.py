"""How many frames a second a pose track has."""

from __future__ import annotations

from fractions import Fraction

from .detail.performance import RATE
from .posetrack import PoseTrack

_RATES = tuple(
    Fraction(count * 1000, 1001 if drop else 1000)
    for count in (24, 30, 48, 60, 120)
    for drop in (False, True)
) + tuple(Fraction(rate) for rate in (5, 8, 10, 12, 15, 25, 50, 90, 100))
_LIKE = 0.0004
"""How far a rate may lie from one that is in use and still be meant by it."""


def rate_of(track: PoseTrack) -> Fraction:
    """Frames a second, as most of the times say; RATE for a track without times."""
    usual = Fraction(int(RATE))
    if track.performance is None:
        return usual
    steps = track.performance.time.double().diff()
    steps = steps[steps > 0]
    if not len(steps):
        return usual
    # The mean of steps about the middle one: single precision rounds each of them.
    middle = steps.median()
    rate = 1 / float(steps[(steps - middle).abs() < 0.1 * middle].mean())
    near = min(_RATES, key=lambda known: abs(known - rate))
    return near if abs(near / rate - 1) < _LIKE else Fraction(rate).limit_denominator(100)
