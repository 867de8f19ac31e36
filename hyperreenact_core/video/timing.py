"""Frames with uneven time stamps at a constant rate, so that the sound stays in step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TypeVar

Item = TypeVar("Item")

MAX_DRIFT = Fraction(3, 2)
"""Frames by which a frame may leave its slot before one is repeated or dropped."""

MAX_HOLD_SECONDS = 60
"""A longer gap is a broken time stamp, not a picture that stands still."""


def at_constant_rate(
    timed: Iterable[tuple[Fraction | None, Item]], rate: Fraction
) -> Iterator[Item]:
    """Yield the items of (seconds, item) so that item k belongs to second k / rate.

    Evenly spaced items pass one by one, as do those that only jitter. Where the time stamps run
    more than MAX_DRIFT slots ahead, the item before is repeated; where they fall behind, items
    are dropped. Items without a time stamp, or with one before the last, take the next slot.
    """
    yielded = 0
    origin: Fraction | None = None
    last_time: Fraction | None = None
    before: Item | None = None
    for time, item in timed:
        lead = Fraction(0)
        if time is not None:
            if origin is None or last_time is None or abs(time - last_time) > MAX_HOLD_SECONDS:
                origin = time - yielded / rate
            if last_time is None or time > last_time:
                lead = (time - origin) * rate - yielded
            last_time = time
        if lead > MAX_DRIFT and before is not None:
            for _ in range(int(lead)):
                yield before
                yielded += 1
        before = item
        if lead >= -MAX_DRIFT:
            yield item
            yielded += 1
