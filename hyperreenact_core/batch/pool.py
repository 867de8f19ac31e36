"""What all engines are to the work: workers that take an item each, and may be lost."""

from __future__ import annotations

import logging
import os
from collections import Counter, deque
from collections.abc import Callable, Generator, Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ..errors import HyperReenactError, OutputError

Item = TypeVar("Item", bound=Hashable)
Result = TypeVar("Result")
Start = Callable[[], Callable[[Item], Result]]
"""Called once in every worker, where it may load networks; what it returns takes the items."""

_ATTEMPTS = 4
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Done(Generic[Item, Result]):
    """What became of an item: a result, or one of the next two.

    failure: why the item itself cannot be done. lost: what happened to the worker that had it.
    worker: where it was done, on an engine that tells.
    """

    item: Item
    result: Result | None = None
    failure: HyperReenactError | None = None
    lost: str | None = None
    worker: str = ""


class Pool(Protocol[Item, Result]):
    """Workers."""

    @property
    def room(self) -> int:
        """How many items may be under way at once."""
        ...

    def submit(self, item: Item) -> None:
        """Hand an item to whichever worker is free first."""
        ...

    def next(self) -> Done[Item, Result]:
        """Wait for any item that was submitted; OutputError where no worker is left."""
        ...

    def close(self) -> None:
        """End the workers, whatever they do."""
        ...


def work_through(
    pool: Pool[Item, Result], todo: deque[Item], *, tell: Callable[[str], None] = _log.warning
) -> Generator[Done[Item, Result], None, None]:
    """Every item that is or will be in `todo`, as it is done; the caller may add to it meanwhile.

    What a lost worker had is given to another one, three times at most. tell: what was repeated.
    """
    losses: Counter[Item] = Counter()
    under_way = 0
    while todo or under_way:
        while todo and under_way < pool.room:
            pool.submit(todo.popleft())
            under_way += 1
        done = pool.next()
        under_way -= 1
        if done.lost is None:
            yield done
            continue
        losses[done.item] += 1
        if losses[done.item] < _ATTEMPTS:
            tell(f"{done.item}: {done.lost}; it is done again")
            todo.appendleft(done.item)
        else:
            text = f"{losses[done.item]} workers were lost with it, the last one: {done.lost}"
            yield Done(done.item, failure=OutputError(text))


def in_order(
    pool: Pool[Item, Result],
    items: Iterable[Item],
    *,
    tell: Callable[[str], None] = _log.warning,
) -> Generator[Result, None, None]:
    """The results of all items, in their order; raises the first failure. tell: as above."""
    order = list(items)
    waiting: dict[Item, Result] = {}
    upcoming = iter(order)
    wanted = next(upcoming, None)
    for done in work_through(pool, deque(order), tell=tell):
        if done.failure is not None:
            raise done.failure
        waiting[done.item] = done.result  # pyright: ignore[reportArgumentType]
        while wanted is not None and wanted in waiting:
            yield waiting.pop(wanted)
            wanted = next(upcoming, None)


def tried(work: Callable[[Item], Result], item: Item) -> Done[Item, Result]:
    """Do an item where a worker runs; an error that is meant for users is its failure."""
    try:
        return Done(item, result=work(item))
    except HyperReenactError as error:
        return Done(item, failure=error)


def processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def limit_threads(count: int) -> None:
    """Let this worker use so many processors, as others work beside it."""
    import cv2
    import torch

    torch.set_num_threads(count)
    cv2.setNumThreads(count)
