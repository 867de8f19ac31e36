"""A Ray cluster: every worker is an actor that loads its networks once."""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Callable
from typing import Any, Generic

from ...errors import InputError, OutputError
from ..names import package_version
from ..pool import Done, Item, Result, Start, tried

_CONNECT_SECONDS = 5.0
_PATIENCE_SECONDS = 20.0
_STARTS = 3
"""Workers that may die one after another before any has begun to work."""
_KEPT = "what is done stays: run the same again to go on"


class RayPool(Generic[Item, Result]):
    """Workers on a cluster that runs.

    Every worker reserves `cpus` and a share `gpus` of a GPU, and holds one item at a time; one
    that dies with its process or node is replaced as soon as the cluster has room.
    address: host:port, ray://host:port, or "auto" for the cluster of this machine.
    Raises InputError without the extra `ray`, where no cluster answers, or where a worker has
    another version of the package.
    """

    def __init__(
        self,
        start: Start[Item, Result],
        workers: int,
        *,
        address: str = "auto",
        cpus: float = 1.0,
        gpus: float = 0.0,
        tell: Callable[[str], None],
    ) -> None:
        self._ray = _connected(address)
        self._start, self._tell = start, tell
        self.room = self._workers = workers
        self._kind: Any = self._ray.remote(Worker).options(num_cpus=cpus, num_gpus=gpus)
        self._items: deque[Item] = deque()
        self._starting: dict[Any, Any] = {}
        self._idle: list[Any] = []
        self._busy: dict[Any, tuple[Any, Item]] = {}
        self._deaths = 0
        for _ in range(workers):
            self._hire()

    def submit(self, item: Item) -> None:
        """See `Pool`."""
        self._items.append(item)

    def next(self) -> Done[Item, Result]:
        """See `Pool`."""
        while True:
            while self._idle and self._items:
                actor, item = self._idle.pop(), self._items.popleft()
                self._busy[actor.work.remote(item)] = actor, item
            references = [*self._busy, *self._starting]
            ready, _ = self._ray.wait(references, timeout=_PATIENCE_SECONDS)
            if not ready:
                if not self._busy:
                    free = self._ray.available_resources()
                    self._tell(
                        f"waiting for a worker: the cluster has {free.get('CPU', 0):g} processors "
                        f"and {free.get('GPU', 0):g} GPUs free"
                    )
                continue
            if ready[0] in self._starting:
                self._welcome(ready[0])
                continue
            return self._finished(ready[0])

    def close(self) -> None:
        """See `Pool`."""
        for actor in (*self._starting.values(), *self._idle, *(a for a, _ in self._busy.values())):
            self._ray.kill(actor)
        self._ray.shutdown()

    def _hire(self) -> None:
        actor = self._kind.remote(self._start)
        self._starting[actor.hello.remote()] = actor

    def _welcome(self, reference: Any) -> None:
        actor = self._starting.pop(reference)
        try:
            where, version = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
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
        self._idle.append(actor)

    def _finished(self, reference: Any) -> Done[Item, Result]:
        actor, item = self._busy.pop(reference)
        try:
            done: Done[Item, Result] = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError:
            raise  # a fault of ours: it shows its traceback
        except self._ray.exceptions.RayError as error:
            self._ray.kill(actor)  # it may be out of reach alone, and would keep its room
            self._hire()
            return Done(item, lost=f"a worker was lost ({_line(error)})")
        self._idle.append(actor)
        return done


class Worker:
    """What runs on the cluster."""

    def __init__(self, start: Start[Any, Any]) -> None:
        self._start = start
        self._work: Callable[[Any], Any] | None = None

    def hello(self) -> tuple[str, str]:
        """Where it is, and the package's version there."""
        return f"{socket.gethostname()}, process {os.getpid()}", package_version()

    def work(self, item: Any) -> Done[Any, Any]:
        """Do an item."""
        return tried(self._take, item)

    def _take(self, item: Any) -> Any:
        if self._work is None:
            self._work = self._start()
        return self._work(item)


def _connected(address: str) -> Any:
    try:
        import ray  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise InputError(
            "--engine ray needs the extra `ray`: pip install 'hyperreenact[ray]'"
        ) from error
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    how = "start one with `ray start --head`, or name one with --address HOST:PORT"
    try:
        if address not in ("auto", "local"):
            if not colon or not port.isdecimal():
                raise InputError(f"--address {address}: write HOST:PORT, such as 10.0.0.1:6379")
            # Ray itself would wait for a minute, and then end this process.
            socket.create_connection((host, int(port)), timeout=_CONNECT_SECONDS).close()
        ray.init(address=address, log_to_driver=False, configure_logging=False)
    except (OSError, RuntimeError, ValueError, OverflowError, ray.exceptions.RayError) as error:
        raise InputError(f"no Ray cluster answers at {address} ({_line(error)}); {how}") from error
    return ray


def _line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:160]}" if lines else type(error).__name__
