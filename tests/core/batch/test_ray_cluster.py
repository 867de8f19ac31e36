"""Workers of another version, that die, or that never start: on a stand-in for Ray."""

from __future__ import annotations

import socket
import sys
from collections import deque
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from hyperreenact_core.batch.engines import ray_cluster
from hyperreenact_core.batch.engines.ray_cluster import RayPool
from hyperreenact_core.batch.pool import in_order, work_through
from hyperreenact_core.errors import InputError, OutputError


class RayError(Exception):
    """As Ray's."""


class Cluster:
    """Calls of actors are done when they are asked for. deaths: calls that die, by their order."""

    def __init__(self, deaths: set[int], version: str | None = None) -> None:
        self.deaths, self.version, self.calls, self.killed = deaths, version, 0, 0
        self.exceptions = SimpleNamespace(RayError=RayError, RayTaskError=KeyError)

    def init(self, **_: Any) -> None:
        return None

    def remote(self, kind: Callable[..., Any]) -> Any:
        def called(method: Callable[..., Any]) -> Any:
            return SimpleNamespace(remote=lambda *items: (object(), lambda: method(*items)))

        def hire(start: Any) -> Any:
            worker = kind(start)
            return SimpleNamespace(hello=called(worker.hello), work=called(worker.work))

        return SimpleNamespace(options=lambda **_: SimpleNamespace(remote=hire))

    def wait(self, references: list[Any], **_: Any) -> tuple[list[Any], list[Any]]:
        return references[:1], references[1:]

    def get(self, reference: Any) -> Any:
        self.calls += 1
        if self.calls in self.deaths:
            raise RayError("the node went away\nand more")
        said = reference[1]()
        return (said[0], self.version) if self.version and isinstance(said, tuple) else said

    def kill(self, actor: Any) -> None:
        self.killed += 1

    def shutdown(self) -> None:
        return None


def doubling() -> Callable[[int], int]:
    return lambda number: 2 * number


@pytest.fixture
def head() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def pool_on(
    cluster: Cluster, head: str, monkeypatch: pytest.MonkeyPatch, workers: int = 1
) -> RayPool[int, int]:
    monkeypatch.setitem(sys.modules, "ray", cluster)
    return RayPool(doubling, workers, address=head, tell=print)


def test_a_worker_that_dies_is_replaced_and_its_item_done_again(
    head: str, monkeypatch: pytest.MonkeyPatch
):
    told: list[str] = []
    pool = pool_on(Cluster({3}), head, monkeypatch)
    done = list(work_through(pool, deque(range(4)), tell=told.append))
    assert sorted(d.result or 0 for d in done) == [0, 2, 4, 6]
    assert told == ["1: a worker was lost (RayError: the node went away); it is done again"]


def test_results_of_several_workers_come_in_order(head: str, monkeypatch: pytest.MonkeyPatch):
    cluster = Cluster(set())
    pool = pool_on(cluster, head, monkeypatch, workers=3)
    assert list(in_order(pool, range(7))) == [2 * n for n in range(7)]
    pool.close()
    assert cluster.killed == 3


def test_a_worker_with_another_version_ends_the_run(head: str, monkeypatch: pytest.MonkeyPatch):
    pool = pool_on(Cluster(set(), version="0.0"), head, monkeypatch)
    pool.submit(1)
    with pytest.raises(InputError, match=r"has hyperreenact 0\.0.*install the same on every node"):
        pool.next()


def test_workers_that_cannot_start_end_the_run(head: str, monkeypatch: pytest.MonkeyPatch):
    pool = pool_on(Cluster({1, 2, 3}), head, monkeypatch)
    pool.submit(1)
    with pytest.raises(OutputError, match=r"no worker can be started.*the node went away"):
        pool.next()


def test_a_head_that_is_gone_is_one_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ray_cluster, "_CONNECT_SECONDS", 0.5)
    with pytest.raises(InputError, match=r"no Ray cluster answers at 127\.0\.0\.1:9"):
        pool_on(Cluster(set()), "127.0.0.1:9", monkeypatch)
