"""Work done ahead on another thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from threading import Event

import pytest
import torch

from hyperreenact_core.errors import InputError
from hyperreenact_core.reenact.ahead import Threads, made_ahead


def test_all_items_come_in_their_order():
    assert list(made_ahead(range(50), 3)) == list(range(50))


def test_an_error_comes_after_the_items_before_it():
    def items() -> Iterator[int]:
        yield 1
        raise InputError("frame 1: damaged")

    results = made_ahead(items(), 4)
    assert next(results) == 1
    with pytest.raises(InputError, match="frame 1: damaged"):
        next(results)


def test_no_more_is_made_than_was_agreed():
    made: list[int] = []
    enough = Event()

    def items() -> Iterator[int]:
        for item in range(100):
            made.append(item)
            if len(made) == 5:  # one is used, three wait, one wants to
                enough.set()
            yield item

    with closing(made_ahead(items(), 3)) as results:
        next(results)
        assert enough.wait(10)
        assert not Event().wait(0.3)
        assert len(made) == 5


def test_nothing_is_made_before_it_is_asked_for():
    made: list[int] = []
    with closing(made_ahead((made.append(item) for item in range(9)), 3)):
        assert made == []


def test_leaving_early_ends_the_thread_and_closes_what_it_read():
    closed = Event()

    def items() -> Iterator[int]:
        try:
            while True:
                yield 0
        finally:
            closed.set()

    with closing(made_ahead(items(), 2)) as results:
        next(results)
        assert any(thread.name == "ahead" for thread in threading.enumerate())
    assert closed.is_set()
    assert not any(thread.name == "ahead" for thread in threading.enumerate())


def test_the_work_is_done_beside_its_user():
    user = threading.get_ident()
    [worker] = made_ahead((threading.get_ident() for _ in range(1)), 1)
    assert worker != user


def test_work_takes_its_share_of_the_threads_and_gives_them_back() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    try:
        counts = (torch.get_num_threads() for _ in range(3))
        assert list(made_ahead(counts, 1, threads=Threads(of_each=2, after=4))) == [2, 2, 2]
        [after] = made_ahead((torch.get_num_threads() for _ in range(1)), 1)
        assert (after, torch.get_num_threads()) == (4, 4)
    finally:
        torch.set_num_threads(before)
