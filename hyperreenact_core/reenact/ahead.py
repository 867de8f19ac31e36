"""Work that is done ahead, on a thread of its own, while what came before is used."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

import torch

Item = TypeVar("Item")

_LOOK_SECONDS = 0.1
"""How often whoever waits looks whether the other one has gone."""


@dataclass(frozen=True)
class _End(Generic[Item]):
    """Nothing comes after it; error: what has stopped the work, None where it was done."""

    error: BaseException | None


@dataclass(frozen=True)
class Threads:
    """of_each: how many of torch's one worker takes. after: how many whoever comes next has."""

    of_each: int
    after: int


def shared_among(workers: int) -> Threads:
    """What each of some workers takes: two that compute at once, each on all processors, wait for
    each other at every operation."""
    whole = torch.get_num_threads()
    return Threads(max(1, whole // workers), whole)


def made_ahead(
    items: Iterable[Item], count: int, *, threads: Threads | None = None
) -> Generator[Item, None, None]:
    """The same items in the same order, up to `count` of them made before they are asked for.

    threads: that they are made with; as many as everywhere if None.

    Nothing is made before the first is asked for. An error comes after the items before it. Close
    the generator where it may be left early (`contextlib.closing`): the thread ends with the item
    that it is at, and then `items` is closed, if it is a generator.
    """
    ready: Queue[Item | _End[Item]] = Queue(count)
    left = Event()
    if threads is not None:
        items = _on_threads(items, threads)
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


def _on_threads(items: Iterable[Item], threads: Threads) -> Generator[Item, None, None]:
    torch.set_num_threads(threads.of_each)  # of this thread, and of those that begin meanwhile
    try:
        yield from items
    finally:
        torch.set_num_threads(threads.after)


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
