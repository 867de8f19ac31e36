"""A pool in another process: what it prints, how it ends, and what becomes of its errors."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest

from hyperreenact_core.batch.engines.aside import Aside
from hyperreenact_core.batch.engines.local import InProcess
from hyperreenact_core.batch.pool import Done, Pool, work_through
from hyperreenact_core.errors import InputError, OutputError

GONE = "the cluster was lost"


def doubling() -> Callable[[int], int]:
    def work(number: int) -> int:
        if number == 7:
            raise InputError("7 is refused")
        return 2 * number

    return work


class Chatty(InProcess[int, int]):
    """Prints as libraries do, loses an item, and ends its process or fails when it is told."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(doubling)
        self._say = tell

    def next(self) -> Done[int, int]:
        sys.stdout.write("[state-dump]\n")
        os.write(2, b"no words for users\n")
        self._say("one more")
        match self._items[0]:
            case 100:
                os._exit(1)
            case 101:
                raise OutputError("nobody works")
            case 102:
                raise ValueError("a fault of ours")
        return super().next()


def refusing(tell: Callable[[str], None]) -> Pool[int, int]:
    raise InputError("no such cluster")


def results(items: list[int], told: list[str]) -> dict[int, int | None]:
    pool = Aside(Chatty, tell=told.append, gone=GONE)
    try:
        return {done.item: done.result for done in work_through(pool, deque(items))}
    finally:
        pool.close()


def test_items_pass_and_what_is_printed_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    told: list[str] = []
    assert results([1, 2, 7], told) == {1: 2, 2: 4, 7: None}
    assert told == ["one more"] * 3
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


def test_a_process_that_ends_by_itself_is_one_line_and_leaves_what_was_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(OutputError, match=f"{GONE}.*hyperreenact-"):
        results([1, 100, 2], [])
    (left,) = tmp_path.iterdir()
    assert "no words for users" in left.read_text()


@pytest.mark.parametrize(
    ("item", "kind", "message"),
    [(101, OutputError, "nobody works"), (102, RuntimeError, "ValueError: a fault of ours")],
)
def test_errors_of_the_pool_come_through(item: int, kind: type[Exception], message: str):
    with pytest.raises(kind, match=message):
        results([item], [])


def test_a_pool_that_cannot_be_opened_says_why():
    pool = Aside(refusing, tell=print, gone=GONE)
    try:
        with pytest.raises(InputError, match="no such cluster"):
            _ = pool.room
    finally:
        pool.close()
