"""Work that is done ahead, on a thread of its own, while what came before is used."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

Item = TypeVar("Item")

_LOOK_SECONDS = 0.1
"""How often whoever waits looks whether the other one has gone."""


@dataclass(frozen=True)
class _End(Generic[Item]):
    """Nothing comes after it; error: what has stopped the work, None where it was done."""

    error: BaseException | None


def made_ahead(items: Iterable[Item], count: int) -> Generator[Item, None, None]:
    """The same items in the same order, up to `count` of them made before they are asked for.

    Nothing is made before the first is asked for. An error comes after the items before it. Close
    the generator where it may be left early (`contextlib.closing`): the thread ends with the item
    that it is at, and then `items` is closed, if it is a generator.
    """
    ready: Queue[Item | _End[Item]] = Queue(count)
    left = Event()
    thread = Thread(target=_make, args=(items, ready, left), name="ahead", daemon=True)
    thread.start()
    try:
        while True:
            try:
                item = ready.get(timeout=_LOOK_SECONDS)
            except Empty:  # waiting for good could not be interrupted everywhere
                continue
            if not isinstance(item, _End):
                yield item
                continue
            if item.error is not None:
                raise item.error
            return
    finally:
        left.set()
        thread.join()


def _make(items: Iterable[Item], ready: Queue[Item | _End[Item]], left: Event) -> None:
    error: BaseException | None = None
    try:
        if isinstance(items, Generator):
            with closing(items):
                _fill(items, ready, left)
        else:
            _fill(items, ready, left)
    except BaseException as caught:  # noqa: BLE001 - whoever uses the items is to hear of it
        error = caught
    _put(_End[Item](error), ready, left)


def _fill(items: Iterable[Item], ready: Queue[Item | _End[Item]], left: Event) -> None:
    for item in items:
        if not _put(item, ready, left):
            return


def _put(item: Item | _End[Item], ready: Queue[Item | _End[Item]], left: Event) -> bool:
    """Whether it was taken: not once the user has left."""
    while not left.is_set():
        try:
            ready.put(item, timeout=_LOOK_SECONDS)
        except Full:
            continue
        return True
    return False
