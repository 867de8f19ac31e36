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
from hyperreenact_core.batch.engines.ray_cluster import RayPool, on_cluster
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

        def hire(*given: Any) -> Any:
            worker = kind(*given)
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

    def available_resources(self) -> dict[str, float]:
        return {"CPU": 0.5}

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
    assert {d.worker for d in done} == {told[0].split(" on ")[1].split(" was lost")[0]}
    assert told[0].startswith("1: the worker on ")
    assert told[0].endswith(" was lost (RayError: the node went away); it is done again")


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


def test_a_head_that_stays_away_ends_the_run(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ray_cluster, "_HEAD_SECONDS", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        pool = pool_on(Cluster({2}), address, monkeypatch)
    pool.submit(1)
    with pytest.raises(OutputError, match=f"{address} was lost: start its head again"):
        pool.next()


def test_workers_that_do_not_begin_are_told_of_once_in_a_while(
    head: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(ray_cluster, "_PATIENCE_SECONDS", 0.0)
    monkeypatch.setitem(sys.modules, "ray", Cluster(set()))
    told: list[str] = []
    pool = RayPool(doubling, 3, address=head, tell=told.append)
    monkeypatch.setattr(ray_cluster, "_PATIENCE_SECONDS", 60.0)
    pool.submit(1)
    assert pool.next().result == 2
    assert told == [
        "0 of 3 workers have begun; the cluster has 0.5 processors and 0 GPUs free for the others"
    ]


def test_services_of_ray_that_fail_end_the_run(head: str, monkeypatch: pytest.MonkeyPatch):
    def failing(*_: Any, **__: Any) -> Any:
        raise RayError("no reply")

    cluster = Cluster(set())
    pool = pool_on(cluster, head, monkeypatch)
    pool.submit(1)
    cluster.wait = failing
    with pytest.raises(OutputError, match=r"was lost: start its head again.*no reply"):
        pool.next()


def test_where_nothing_listens_is_one_line_before_anything_is_started():
    with pytest.raises(InputError, match=r"no Ray cluster answers at 127\.0\.0\.1:9"):
        on_cluster(doubling, 1, address="127.0.0.1:9", tell=print)
