"""Items through workers that are lost, fail, or work in processes of their own."""

from __future__ import annotations

import os
import signal
from collections import Counter, deque
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from hyperreenact_core.batch.engines.local import InProcess, Processes
from hyperreenact_core.batch.pool import Done, in_order, work_through
from hyperreenact_core.errors import InputError, OutputError


class Losing:
    """Loses each item as often as it is told, and works backwards."""

    room = 3

    def __init__(self, losses: dict[int, int]) -> None:
        self._left = Counter(losses)
        self._items: list[int] = []
        self.most = 0

    def submit(self, item: int) -> None:
        self._items.append(item)
        self.most = max(self.most, len(self._items))

    def next(self) -> Done[int, int]:
        item = self._items.pop()
        if self._left[item] > 0:
            self._left[item] -= 1
            return Done(item, lost="its node went away")
        return Done(item, result=item * item)

    def close(self) -> None:
        return None


def test_what_lost_workers_had_is_done_again_and_told():
    told: list[str] = []
    pool = Losing({1: 1, 4: 3})
    done = list(work_through(pool, deque(range(6)), tell=told.append))
    assert {d.item: d.result for d in done} == {n: n * n for n in range(6)}
    assert sorted(told) == [
        "1: its node went away; it is done again",
        *["4: its node went away; it is done again"] * 3,
    ]
    assert pool.most == Losing.room


def test_what_is_lost_again_and_again_fails_alone():
    done = {d.item: d for d in work_through(Losing({2: 9}), deque(range(4)), tell=print)}
    assert isinstance(done[2].failure, OutputError)
    assert "4 workers were lost with it" in str(done[2].failure)
    assert [done[n].result for n in (0, 1, 3)] == [0, 1, 9]


def test_results_come_in_order_whatever_order_they_were_made_in():
    assert list(in_order(Losing({0: 2, 3: 1}), range(7))) == [n * n for n in range(7)]


def square_but(refused: int) -> Callable[[int], int]:
    def work(number: int) -> int:
        if number == refused:
            raise InputError(f"{number} is refused")
        return number * number

    return work


@pytest.mark.parametrize("workers", [0, 1])
def test_an_error_of_an_item_is_its_own(workers: int):
    start = partial(square_but, 1)
    pool = Processes(start, workers) if workers else InProcess(start)
    try:
        done = {d.item: d for d in work_through(pool, deque(range(3)))}
    finally:
        pool.close()
    assert str(done[1].failure) == "1 is refused"
    assert (done[0].result, done[2].result) == (0, 4)


def dying_once(marks: Path) -> Callable[[int], int]:
    def work(number: int) -> int:
        mark = marks / str(number)
        if number == 1 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    return work


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_process_that_is_killed_is_replaced(tmp_path: Path):
    pool = Processes(partial(dying_once, tmp_path), 1)
    told: list[str] = []
    try:
        done = list(work_through(pool, deque(range(4)), tell=told.append))
    finally:
        pool.close()
    assert sorted(d.result for d in done) == [0, 1, 2, 3]
    assert any("a worker process was ended" in line for line in told)
