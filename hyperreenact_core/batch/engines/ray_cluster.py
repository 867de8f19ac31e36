"""A Ray cluster: every worker is an actor that loads its networks once."""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from typing import Any, Generic

from ...errors import InputError, OutputError
from ..names import package_version
from ..pool import Done, Item, Result, Start, limit_threads, tried
from .aside import Aside

_CONNECT_SECONDS = 5.0
_LOOK_SECONDS = 5.0
_PATIENCE_SECONDS = 20.0
"""How long a worker may take to begin before the user is told; then twice as long each time."""
_HEAD_SECONDS = 30.0
"""How long a head may be away; Ray's own patience is a minute."""
_PAUSE_SECONDS = 1.0
_OWN = ("auto", "local")
"""Addresses that Ray finds out itself."""
_STARTS = 3
"""Workers that may die one after another before any has begun to work."""
_KEPT = "what is done stays: run the same again to go on"


def on_cluster(
    start: Start[Item, Result],
    workers: int,
    *,
    address: str = "auto",
    cpus: float = 1.0,
    gpus: float = 0.0,
    tell: Callable[[str], None],
) -> Aside[Item, Result]:
    """A `RayPool` in a process of its own, as Ray prints, and ends its process without a head.

    See there. OutputError also where the cluster is lost on the way.
    """
    _check_address(address)
    if find_spec("ray") is None:
        raise InputError("--engine ray needs the extra `ray`: pip install 'hyperreenact[ray]'")
    opened = partial(RayPool, start, workers, address=address, cpus=cpus, gpus=gpus)
    return Aside(opened, tell=tell, gone=_gone(address))


def _gone(address: str) -> str:
    where = "" if address == "auto" else f" at {address}"
    return (
        f"the Ray cluster{where} was lost: start its head again (`ray start --head`) and the other "
        f"nodes; {_KEPT}"
    )


class RayPool(Generic[Item, Result]):
    """Workers on a cluster that runs, of which this process becomes a part.

    Every worker reserves `cpus` and a share `gpus` of a GPU, and holds one item at a time; one
    that dies with its process or node is replaced as soon as the cluster has room.
    address: host:port, ray://host:port, or "auto" for the cluster of this machine.
    Raises InputError where no cluster answers, or where a worker has another version of the
    package; OutputError where the head stays away or no worker can be started.
    """

    def __init__(
        self,
        start: Start[Item, Result],
        workers: int,
        tell: Callable[[str], None],
        *,
        address: str = "auto",
        cpus: float = 1.0,
        gpus: float = 0.0,
    ) -> None:
        self._ray, self._head = _connected(address)
        self._address, self._start, self._tell = address, start, tell
        self._threads = max(1, round(cpus))
        self.room = self._workers = workers
        self._kind: Any = self._ray.remote(Worker).options(num_cpus=cpus, num_gpus=gpus)
        self._items: deque[Item] = deque()
        self._starting: dict[Any, Any] = {}
        self._idle: list[_Hired] = []
        self._busy: dict[Any, tuple[_Hired, Item]] = {}
        self._deaths = 0
        self._hired_at, self._patience = time.monotonic(), _PATIENCE_SECONDS
        for _ in range(workers):
            self._hire()

    def submit(self, item: Item) -> None:
        """See `Pool`."""
        self._items.append(item)

    def next(self) -> Done[Item, Result]:
        """See `Pool`."""
        try:
            return self._next()
        except self._ray.exceptions.RayTaskError:
            raise  # a fault of ours: it shows its traceback
        except self._ray.exceptions.RayError as error:  # of Ray's own services
            raise OutputError(f"{_gone(self._address)} ({_line(error)})") from error

    def _next(self) -> Done[Item, Result]:
        while True:
            while self._idle and self._items:
                hired, item = self._idle.pop(), self._items.popleft()
                self._busy[hired.actor.work.remote(item)] = hired, item
            self._say_who_is_missing()
            references = [*self._busy, *self._starting]
            ready, _ = self._ray.wait(references, timeout=_LOOK_SECONDS)
            if not ready:
                self._see_head()
                continue
            if ready[0] in self._starting:
                self._welcome(ready[0])
                continue
            return self._finished(ready[0])

    def close(self) -> None:
        """See `Pool`."""
        at_work = (*self._idle, *(hired for hired, _ in self._busy.values()))
        for actor in (*self._starting.values(), *(hired.actor for hired in at_work)):
            self._ray.kill(actor)
        self._ray.shutdown()

    def _hire(self) -> None:
        actor = self._kind.remote(self._start, self._threads)
        self._starting[actor.hello.remote()] = actor
        self._hired_at, self._patience = time.monotonic(), _PATIENCE_SECONDS

    def _say_who_is_missing(self) -> None:
        """Tell, now and then, of workers that have not begun: the cluster may lack a node."""
        waited = time.monotonic() - self._hired_at
        if not self._starting or waited < self._patience:
            return
        self._patience = 2 * max(waited, _PATIENCE_SECONDS)
        free = self._ray.available_resources()
        self._tell(
            f"{self._workers - len(self._starting)} of {self._workers} workers have begun; the "
            f"cluster has {free.get('CPU', 0):g} processors and {free.get('GPU', 0):g} GPUs free "
            "for the others"
        )

    def _see_head(self) -> None:
        """Wait for a head that does not answer; OutputError where it stays away."""
        end = time.monotonic() + _HEAD_SECONDS
        while (reason := _unanswered(self._head)) is not None:
            if time.monotonic() > end:
                raise OutputError(f"{_gone(self._address)} ({reason})")
            time.sleep(_PAUSE_SECONDS)

    def _welcome(self, reference: Any) -> None:
        actor = self._starting.pop(reference)
        try:
            where, version = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            self._see_head()
            self._deaths += 1
            if self._deaths >= _STARTS:
                raise OutputError(
                    f"no worker can be started on the cluster ({_line(error)}); see that the same "
                    f"hyperreenact is installed on every node; {_KEPT}"
                ) from error
            self._hire()
            return
        if version != package_version():
            raise InputError(
                f"the worker on {where} has hyperreenact {version}, this machine has "
                f"{package_version()}: install the same on every node; {_KEPT}"
            )
        self._deaths = 0
        self._idle.append(_Hired(actor, where))

    def _finished(self, reference: Any) -> Done[Item, Result]:
        hired, item = self._busy.pop(reference)
        try:
            done: Done[Item, Result] = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError:
            raise
        except self._ray.exceptions.RayError as error:
            self._see_head()
            self._ray.kill(hired.actor)  # it may be out of reach alone, and would keep its room
            self._hire()
            return Done(item, lost=f"the worker on {hired.where} was lost ({_line(error)})")
        self._idle.append(hired)
        return replace(done, worker=hired.where)


@dataclass(frozen=True)
class _Hired:
    """A worker that has said hello. actor: Ray's handle."""

    actor: Any
    where: str


class Worker:
    """What runs on the cluster. threads: that torch and OpenCV may use."""

    def __init__(self, start: Start[Any, Any], threads: int) -> None:
        self._start, self._threads = start, threads
        self._work: Callable[[Any], Any] | None = None

    def hello(self) -> tuple[str, str]:
        """Where it is, and the package's version there."""
        return f"{socket.gethostname()}, process {os.getpid()}", package_version()

    def work(self, item: Any) -> Done[Any, Any]:
        """Do an item."""
        return tried(self._take, item)

    def _take(self, item: Any) -> Any:
        if self._work is None:
            limit_threads(self._threads)
            self._work = self._start()
        return self._work(item)


def _check_address(address: str) -> None:
    """InputError where no head can be at an address; Ray itself would wait for a minute first."""
    if address in _OWN:
        return
    if not address.removeprefix("ray://").rpartition(":")[2].isdecimal() or ":" not in address:
        raise InputError(f"--address {address}: write HOST:PORT, such as 10.0.0.1:6379")
    if (reason := _unanswered(address)) is not None:
        raise _no_cluster(address, reason)


def _unanswered(address: str) -> str | None:
    """Why nothing can be connected to at an address; None where that goes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=_CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        return _line(error)
    return None


def _connected(address: str) -> tuple[Any, str]:
    """Ray, and its head's address; InputError where no cluster answers."""
    import ray  # pyright: ignore[reportMissingImports]

    try:
        ray.init(address=address, log_to_driver=False, configure_logging=False)
        if address in _OWN:
            return ray, ray.get_runtime_context().gcs_address
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        raise _no_cluster(address, _line(error)) from error
    return ray, address


def _no_cluster(address: str, reason: str) -> InputError:
    return InputError(
        f"no Ray cluster answers at {address} ({reason}); start one with `ray start --head`, or "
        "name one with --address HOST:PORT"
    )


def _line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:160]}" if lines else type(error).__name__
