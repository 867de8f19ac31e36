"""Hold Ctrl-C and other requests to stop back for the moments in which they would tear a file."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOP_SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    if hasattr(signal, name)
)
"""What asks a program to stop: Ctrl-C, a service manager or `kill`, a terminal that closes."""


@contextmanager
def interrupts_deferred() -> Iterator[None]:
    """Stop signals that Python handles take effect at the end.

    Between an encoder and its file they would lose packets that later frames build on. Outside the
    main thread, where Python delivers no signals, nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[tuple[int, FrameType | None]] = []
    # Those that end the process or are ignored are the system's business, or the host's.
    handlers = {s: h for s in STOP_SIGNALS if callable(h := signal.getsignal(s))}
    for number in handlers:
        signal.signal(number, lambda number, frame: received.append((number, frame)))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if received:
            number, frame = received[0]
            handlers[signal.Signals(number)](number, frame)
