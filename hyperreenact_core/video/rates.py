"""The constant rate at which a clip's pictures are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .timing import slots_taken

DEFAULT_RATE = Fraction(25)

_NTSC = Fraction(1000, 1001)
_WHOLE = (1, 2, 4, 5, 6, 8, 10, 12, 15, 16, 18, 20, 24, 25, 30, 48, 50, 60, 72, 75, 90, 100)
_STANDARD = sorted(
    {Fraction(rate) for rate in (*_WHOLE, 120, 144, 200, 240)}
    | {rate * _NTSC for rate in (24, 30, 48, 60, 120, 240)}
    | {Fraction(15, 2), Fraction(25, 2)}
)
_SNAP = Fraction(1, 2000)
"""Half the step from 29.97 to 30: how far a rate may be from the standard that it means."""

_MAX_DENOMINATOR = 1001

_TICK_SECONDS = 0.001
"""Time stamps are whole milliseconds in many files, whatever the file could hold."""

_ALLOWED_SECONDS = 1.05 * _TICK_SECONDS

_SLOWEST, _SMOOTH, _FASTEST = 10, 24, 60
"""Where times lie on no grid a rate is looked for between the last two, frames a second; others
are taken if the file names them or most pictures come at them."""

_JITTER = 0.03
"""How far a rate that is measured on jittering pictures may be from the standard one."""

_NEAR = Fraction(5, 4)
"""How much faster a rate may be that brings the end on time."""

_MAX_LOST = 0.02
"""Share of the pictures that may fall together with others in one slot."""


@dataclass(frozen=True)
class Timing:
    """When the pictures of a clip are shown.

    rate: frames a second, exact. seconds: from the first picture to the end of the last.
    frame_count: pictures at that rate.
    """

    rate: Fraction
    seconds: Fraction
    frame_count: int


def snapped(rate: Fraction) -> Fraction:
    """The standard rate that is meant, or the rate itself with a small denominator."""
    nearest = _nearest(float(rate))
    if abs(nearest - rate) <= nearest * _SNAP:
        return nearest
    return rate.limit_denominator(_MAX_DENOMINATOR)


def _nearest(rate: float) -> Fraction:
    return min(_STANDARD, key=lambda standard: abs(float(standard) - rate))


def timing_of(
    ticks: NDArray[np.int64],
    tick: Fraction,
    *,
    end: Fraction | None = None,
    named: Sequence[Fraction] = (),
) -> Timing:
    """Timing of pictures that are shown at `ticks`, ascending, of `tick` seconds each.

    end: of the last picture, seconds; None: it stands as long as the one before it, but no longer
    than the mean. named: rates that the file names, most likely first. Even pictures keep their
    exact rate. Uneven ones get the lowest on whose grid all lie, such as that of a clip with frames
    left out, or else the lowest standard one at which each has a slot of its own.
    """
    hints = [snapped(rate) for rate in named if rate > 0]
    if len(ticks) < 2:
        rate = hints[0] if hints else DEFAULT_RATE
        seconds = 1 / rate if end is None or len(ticks) == 0 else end - int(ticks[0]) * tick
        return Timing(rate, seconds, max(1, round(seconds * rate)))
    since = (ticks - ticks[0]) * float(tick)
    even = _even_rate(since, hints)
    if end is None:
        mean = int(ticks[-1] - ticks[0]) * tick / (len(ticks) - 1)
        before = int(ticks[-1] - ticks[-2]) * tick
        end = int(ticks[-1]) * tick + (1 / even if even else min(mean, before))
    seconds = end - int(ticks[0]) * tick
    if even is not None and (even >= _SLOWEST or _fills_slots(seconds * even, len(ticks))):
        return Timing(even, seconds, max(len(ticks), round(seconds * even)))
    times = [int(place) * tick for place in ticks - ticks[0]]
    rate = _uneven_rate(times, since, seconds, hints)
    count, _, _ = slots_taken(times, rate, seconds=seconds)
    return Timing(rate, seconds, count)


def _fills_slots(slots: Fraction, pictures: int) -> bool:
    """Whether the last of slow pictures stands as long as the others, or a multiple of that."""
    return round(slots) >= pictures and abs(slots - round(slots)) < Fraction(1, 10)


def _even_rate(since: NDArray[np.float64], hints: Sequence[Fraction]) -> Fraction | None:
    """The rate of pictures that come evenly, up to the rounding of their times; None: uneven."""
    number = np.arange(len(since))

    def spread(rate: Fraction) -> float:
        return float(np.ptp(since - number / float(rate)))

    for rate in hints:
        if spread(rate) <= _ALLOWED_SECONDS:
            return rate
    best = min(_STANDARD, key=spread)
    mean = Fraction(len(since) - 1) / Fraction(since[-1]) if since[-1] > 0 else DEFAULT_RATE
    for rate in (best, mean.limit_denominator(_MAX_DENOMINATOR)):
        if rate > 0 and spread(rate) <= _ALLOWED_SECONDS:
            return rate
    return None


def _uneven_rate(
    times: Sequence[Fraction],
    since: NDArray[np.float64],
    seconds: Fraction,
    hints: Sequence[Fraction],
) -> Fraction:
    usual = 1 / max(float(np.median(np.diff(since))), _TICK_SECONDS)
    mean = (len(since) - 1) / max(float(since[-1]), _TICK_SECONDS)
    measured = (usual, mean, *(float(rate) for rate in hints))
    meant = [_nearest(rate) for rate in measured if _is_near_standard(rate)]
    likely = [rate for rate in meant if rate >= _SLOWEST]
    candidates = sorted({*(rate for rate in _STANDARD if rate <= _FASTEST), *likely})
    whole = np.append(since, float(seconds))
    for places in (whole, since):
        for rate in candidates:
            if _on_grid(places, rate) and (places is whole or rate >= _SMOOTH):
                return rate
    smooth = [r for r in candidates if r in likely or (r >= _SMOOTH and r.denominator == 1)]
    apart = [r for r in smooth if _lost(times, r, seconds, may_move=r in likely) <= _MAX_LOST]
    near = [rate for rate in apart if rate <= apart[0] * _NEAR] or smooth[-1:]
    return next((rate for rate in near if _on_grid(whole[-1:], rate)), near[0])


def _is_near_standard(rate: float) -> bool:
    nearest = _nearest(rate)
    return abs(nearest - rate) <= _JITTER * nearest


def _lost(times: Sequence[Fraction], rate: Fraction, seconds: Fraction, *, may_move: bool) -> float:
    """Share of the pictures that have no slot, or none at their own time."""
    if not may_move:
        return 1 - len({round(time * rate) for time in times}) / len(times)
    _, items, shown = slots_taken(times, rate, seconds=seconds)
    return 1 - shown / items


def _on_grid(since: NDArray[np.float64], rate: Fraction) -> bool:
    slots = np.round(since * float(rate))
    off = np.abs(since - slots / float(rate))
    return bool((np.diff(slots) > 0).all() and (off <= _ALLOWED_SECONDS).all())
