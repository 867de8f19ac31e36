"""Processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for
from typing import Any, Generic

from ..pool import Done, Item, Result, Start, limit_threads, processors, tried


class InProcess(Generic[Item, Result]):
    """This process itself, one item after another."""

    room = 1

    def __init__(self, start: Start[Item, Result]) -> None:
        self._start = start
        self._work: Callable[[Item], Result] | None = None
        self._items: list[Item] = []

    def submit(self, item: Item) -> None:
        """See `Pool`."""
        self._items.append(item)

    def next(self) -> Done[Item, Result]:
        """See `Pool`."""
        if self._work is None:
            self._work = self._start()
        return tried(self._work, self._items.pop(0))

    def close(self) -> None:
        """See `Pool`."""


class Processes(Generic[Item, Result]):
    """New processes, spawned: use it under `if __name__ == "__main__"`.

    The processors are shared out among them. A process that is ended takes the others with it, and
    new ones begin.
    """

    def __init__(self, start: Start[Item, Result], workers: int) -> None:
        self._start, self._workers = start, workers
        self.room = 2 * workers
        self._executor: ProcessPoolExecutor | None = None
        self._futures: dict[Future[Done[Item, Result]], Item] = {}

    def submit(self, item: Item) -> None:
        """See `Pool`."""
        try:
            self._futures[self._pool().submit(_work, item)] = item
        except BrokenProcessPool:
            self._renew()
            self._futures[self._pool().submit(_work, item)] = item

    def next(self) -> Done[Item, Result]:
        """See `Pool`."""
        finished, _ = wait(self._futures, return_when=FIRST_COMPLETED)
        future = finished.pop()
        item = self._futures.pop(future)
        try:
            return future.result()
        except BrokenProcessPool:
            self._renew()
            return Done(item, lost="a worker process was ended, perhaps for want of memory")

    def close(self) -> None:
        """See `Pool`."""
        if self._executor is None:
            return
        # Whoever closes early has no use for what is under way, which may take minutes.
        processes: dict[int, Any] = getattr(self._executor, "_processes", None) or {}
        unfinished = any(not future.done() for future in self._futures)
        self._executor.shutdown(wait=False, cancel_futures=True)
        for process in list(processes.values()) if unfinished else []:
            process.terminate()
        self._executor = None

    def _pool(self) -> ProcessPoolExecutor:
        if self._executor is None:
            threads = max(1, processors() // self._workers)
            self._executor = ProcessPoolExecutor(
                self._workers,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin,
                initargs=(self._start, threads),
            )
        return self._executor

    def _renew(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=False)
            self._executor = None


_start: Start[Any, Any] | None = None
_worker: Callable[[Any], Any] | None = None
"""What this process was told, and what came of it with the first item."""


def _begin(start: Start[Any, Any], threads: int) -> None:
    global _start
    # Ctrl-C reaches every process of the terminal; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    limit_threads(threads)
    _start = start


def _end_with(parent: int) -> None:
    """A process whose parent was killed would otherwise wait for work for ever."""
    wait_for([parent])
    os._exit(1)


def _work(item: Any) -> Done[Any, Any]:
    def worker(item: Any) -> Any:
        global _worker
        if _start is None:
            raise RuntimeError("a worker was given an item before it was started")
        _worker = _worker or _start()
        return _worker(item)

    return tried(worker, item)
