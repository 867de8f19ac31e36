"""Pictures with uneven time stamps at a constant rate: each at its time, holds kept."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator
from fractions import Fraction
from typing import TypeVar

Item = TypeVar("Item")

MAX_HOLD_SECONDS = 3600
"""A longer gap is a broken time stamp, not a picture that stands still."""

_MAX_STEP_BACK_SECONDS = 1
"""Time stamps that go back further begin anew; others are one broken stamp."""

_HALF = Fraction(1, 2)


def at_constant_rate(
    timed: Iterable[tuple[Fraction | None, Item]],
    rate: Fraction,
    *,
    seconds: Fraction | None = None,
) -> Generator[Item, None, None]:
    """Yield the items of (seconds, item) so that the k-th shows what is to be seen at k / rate.

    An item stands until the next one's time, the last until `seconds` after the first (None: for
    one slot). Each takes the slot nearest to its time. Of two that want the same one moves to
    the slot beside it if that is free, so that time stamps may jitter, and is left out otherwise.
    Items without a time stamp, or with a broken one, follow one slot later.
    """
    held: list[Item] = []
    begun = 0
    for slot, item in _placed(timed, rate, seconds=seconds):
        for before in held:
            yield from (before for _ in range(slot - begun))
        held, begun = [item], slot
    last = 1 if seconds is None else max(1, _slots(seconds, rate) - begun)
    for item in held:
        yield from (item for _ in range(last))


def slots_taken(
    times: Iterable[Fraction], rate: Fraction, *, seconds: Fraction
) -> tuple[int, int, int]:
    """How many items `at_constant_rate` gives for these times, and how many it is given and shows.

    Returns (slots, items, shown).
    """
    shown, last, items = 0, 0, 0

    def counted() -> Iterator[tuple[Fraction, None]]:
        nonlocal items
        for time in times:
            items += 1
            yield time, None

    for slot, _ in _placed(counted(), rate, seconds=seconds):
        shown, last = shown + 1, slot
    return max(last + 1, _slots(seconds, rate)), items, shown


def _placed(
    timed: Iterable[tuple[Fraction | None, Item]], rate: Fraction, *, seconds: Fraction | None
) -> Iterator[tuple[int, Item]]:
    """Items with the slot in which each begins; slots only grow."""
    taken = -1
    settled: tuple[int, Item] | None = None
    crowded: Item | None = None
    for place, item in _places(timed, rate):
        slot = math.ceil(place - _HALF)
        if settled is None:
            settled = (slot, item)
        elif slot > settled[0]:
            yield settled
            taken = settled[0]
            if crowded is not None and slot > taken + 1:
                taken += 1
                yield taken, crowded
            settled, crowded = (slot, item), None
        elif settled[0] > taken + 1 and crowded is None:
            taken = settled[0] - 1
            yield taken, settled[1]
            settled = (taken + 1, item)
        else:
            crowded = item
    if settled is not None:
        yield settled
        if crowded is not None and (seconds is None or settled[0] + 1 < _slots(seconds, rate)):
            yield settled[0] + 1, crowded


def _places(
    timed: Iterable[tuple[Fraction | None, Item]], rate: Fraction
) -> Iterator[tuple[Fraction, Item]]:
    """Items with their times in slots from the first on, broken time stamps mended."""
    place = Fraction(-1)
    last: Fraction | None = None
    shift = Fraction(0)
    for time, item in timed:
        place += 1
        if time is not None:
            step = MAX_HOLD_SECONDS + 1 if last is None else time - last
            if not -_MAX_STEP_BACK_SECONDS <= step <= MAX_HOLD_SECONDS:
                shift = place - time * rate
            if step >= 0:
                place = time * rate + shift
            last = time
        yield place, item


def _slots(seconds: Fraction, rate: Fraction) -> int:
    return math.floor(seconds * rate + _HALF)
