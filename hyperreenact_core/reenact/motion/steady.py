"""Takes the tremble of a reading away while frames come, a few of them late."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from ...errors import InputError
from ..detail.performance import HeadState
from .smoothing import reach_of, smooth_state

Payload = TypeVar("Payload")


@dataclass(frozen=True)
class Told(Generic[Payload]):
    """What a frame's head does, in which scene, and what belongs to it."""

    payload: Payload
    state: HeadState
    scene: int


def steadied(told: Iterable[Told[Payload]], frames: float) -> Iterator[tuple[Payload, HeadState]]:
    """The same in the same order, each state as `smoothing.smooth` makes it of its scene.

    frames: standard deviation over time, in frames; 0 for none. Holds `smoothing.reach_of` of them.
    What came before an InputError is given first.
    """
    reach = reach_of(frames)
    window: deque[Told[Payload]] = deque(maxlen=2 * reach + 1)
    waiting = 0
    try:
        for one in told:
            window.append(one)
            waiting += 1
            if waiting > reach:
                yield _steady(window, len(window) - waiting, frames)
                waiting -= 1
    except InputError:
        yield from _rest(window, waiting, frames)
        raise
    yield from _rest(window, waiting, frames)


def _rest(
    window: deque[Told[Payload]], waiting: int, frames: float
) -> Iterator[tuple[Payload, HeadState]]:
    for at in range(len(window) - waiting, len(window)):
        yield _steady(window, at, frames)


def _steady(window: deque[Told[Payload]], at: int, frames: float) -> tuple[Payload, HeadState]:
    own = window[at]
    scene = [one for one in window if one.scene == own.scene]
    first = next(i for i, one in enumerate(window) if one.scene == own.scene)
    return own.payload, smooth_state([one.state for one in scene], at - first, frames)
