"""Takes the tremble of a reading away while frames come, a few of them late."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from ...errors import InputError
from .smoothing import reach_of

Payload = TypeVar("Payload")
State = TypeVar("State")
Smoothing = Callable[[Sequence[State], int, float], State]
"""As `smoothing.smooth_state`."""


@dataclass(frozen=True)
class Told(Generic[Payload, State]):
    """What a frame's head does, in which scene, and what belongs to it."""

    payload: Payload
    state: State
    scene: int


def steadied(
    told: Iterable[Told[Payload, State]], frames: float, smoothing: Smoothing[State]
) -> Iterator[tuple[Payload, State]]:
    """The same in the same order, each state as `smoothing` makes it of those of its scene.

    frames: standard deviation over time, in frames; 0 for none. Holds `smoothing.reach_of` of them.
    What came before an InputError is given first.
    """
    reach = reach_of(frames)
    window: deque[Told[Payload, State]] = deque(maxlen=2 * reach + 1)
    waiting = 0
    try:
        for one in told:
            window.append(one)
            waiting += 1
            if waiting > reach:
                yield _steady(window, len(window) - waiting, frames, smoothing)
                waiting -= 1
    except InputError:
        yield from _rest(window, waiting, frames, smoothing)
        raise
    yield from _rest(window, waiting, frames, smoothing)


def _rest(
    window: deque[Told[Payload, State]],
    waiting: int,
    frames: float,
    smoothing: Smoothing[State],
) -> Iterator[tuple[Payload, State]]:
    for at in range(len(window) - waiting, len(window)):
        yield _steady(window, at, frames, smoothing)


def _steady(
    window: deque[Told[Payload, State]], at: int, frames: float, smoothing: Smoothing[State]
) -> tuple[Payload, State]:
    own = window[at]
    scene = [one for one in window if one.scene == own.scene]
    first = next(i for i, one in enumerate(window) if one.scene == own.scene)
    return own.payload, smoothing([one.state for one in scene], at - first, frames)
