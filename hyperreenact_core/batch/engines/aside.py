"""A pool in a process of its own, whose libraries may print, or end it, as they like."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Generic

from ...errors import HyperReenactError, OutputError
from ..pool import Done, Item, Pool, Result

_CLOSE_SECONDS = 10.0


class Aside(Generic[Item, Result]):
    """A pool that another process opens, asked through a pipe.

    What is printed there goes to a file, which stays where that process ends by itself: OutputError
    then says `gone`, and names it. Errors of the pool are raised here; what is done meanwhile, such
    as planning the work, costs no time of its own.
    opened: makes the pool there, and is given what to tell the user with. It is pickled, and the
    process is spawned: use it under `if __name__ == "__main__"`.
    """

    def __init__(
        self,
        opened: Callable[[Callable[[str], None]], Pool[Item, Result]],
        *,
        tell: Callable[[str], None],
        gone: str,
    ) -> None:
        self._tell, self._gone = tell, gone
        descriptor, name = tempfile.mkstemp(prefix="hyperreenact-", suffix=".log")
        os.close(descriptor)
        self._printed = Path(name)
        self._is_lost, self._is_busy = False, True
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, opened, self._printed), daemon=True
        )
        self._process.start()
        theirs.close()
        self._room: int | None = None

    @property
    def room(self) -> int:
        """See `Pool`; the first time it waits until the pool is open, or says why it cannot be."""
        if self._room is None:
            room: int = self._answer()
            self._room = room
            return room
        return self._room

    def submit(self, item: Item) -> None:
        """See `Pool`."""
        self._ask((item,))

    def next(self) -> Done[Item, Result]:
        """See `Pool`."""
        self._ask(None)
        return self._answer()

    def close(self) -> None:
        """See `Pool`."""
        if self._is_busy:  # it does not listen
            self._process.terminate()
        self._pipe.close()
        self._process.join(_CLOSE_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        if not self._is_lost:
            self._printed.unlink(missing_ok=True)

    def _ask(self, what: tuple[Item] | None) -> None:
        """Hand over an item, or with None ask for one that is done; to a pool that is open."""
        _ = self.room
        try:
            self._pipe.send(what)
        except OSError as error:
            raise self._lost() from error

    def _answer(self) -> Any:
        self._is_busy = True
        while True:
            try:
                said = self._pipe.recv()
            except (EOFError, OSError) as error:
                raise self._lost() from error
            if isinstance(said, _Told):
                self._tell(said.line)
                continue
            self._is_busy = False
            if isinstance(said, _Fault):
                raise RuntimeError(said.trace)
            if isinstance(said, HyperReenactError):
                raise said
            return said

    def _lost(self) -> OutputError:
        self._is_lost = True
        return OutputError(f"{self._gone} (what was printed is in {self._printed})")


@dataclass(frozen=True)
class _Told:
    """A line for the user."""

    line: str


@dataclass(frozen=True)
class _Fault:
    """An error that is not meant for users."""

    trace: str


def _serve(pipe: Connection, opened: Callable[..., Pool[Any, Any]], printed: Path) -> None:
    """What the process does until the pipe is closed."""
    # Ctrl-C reaches every process of the terminal; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with printed.open("ab") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    pool: Pool[Any, Any] | None = None
    try:
        pool = opened(partial(_send_line, pipe))
        pipe.send(pool.room)
        while True:
            asked = pipe.recv()
            if asked is None:
                pipe.send(pool.next())
            else:
                pool.submit(*asked)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # nobody asks any more
    except HyperReenactError as error:
        pipe.send(error)
    except Exception as error:
        pipe.send(_Fault(traceback.format_exc()))
        raise SystemExit(1) from error
    finally:
        if pool is not None:
            pool.close()


def _send_line(pipe: Connection, line: str) -> None:
    pipe.send(_Told(line))
