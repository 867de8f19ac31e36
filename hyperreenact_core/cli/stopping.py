"""A service manager's or a closing terminal's request to stop is met as Ctrl-C is."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

EXIT_SIGNAL = 128
"""What a signal's number is added to for the exit code."""

_NAMES = ("SIGTERM", "SIGHUP", "SIGBREAK")


class Stopped(KeyboardInterrupt):
    """A request to stop that is not Ctrl-C; `number` is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextmanager
def stop_signals() -> Iterator[None]:
    """SIGTERM, SIGHUP and Windows' Ctrl-Break raise `Stopped` in the block, the first time.

    Later ones are left out: a terminal that closes sends two, and the first is being met. What
    the parent process has set to be ignored, as `nohup` does, stays so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    before = {n: h for n in numbers if (h := signal.getsignal(n)) == signal.SIG_DFL}
    asked = False

    def stop(number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if not asked:
            asked = True
            raise Stopped(number)

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def exit_code(error: KeyboardInterrupt) -> int:
    """Of a command that was stopped."""
    return EXIT_SIGNAL + (error.number if isinstance(error, Stopped) else signal.SIGINT)
