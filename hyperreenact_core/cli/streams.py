"""stdout and stderr that never decide what becomes of a command's work.

A full disk, a reader that went away or a stream that was closed from the start is remembered for
the exit code; the work goes on and its results are kept.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO, cast

EXIT_BROKEN_PIPE = 128 + 13  # SIGPIPE


class SteadyStream:
    """Passes text on to a stream until that takes no more; `error` is what it said then."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.error: OSError | None = None

    def write(self, text: str, /) -> int:
        self._try(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        self._try(self._stream.flush)

    def _try(self, action: Callable[[], object]) -> None:
        if self.error is not None:
            return
        try:
            action()
        except OSError as error:
            self.error = error
            _silence(self._stream)
        except UnicodeEncodeError as error:  # of a stream that cannot be told to replace
            self.error = OSError(errno.EILSEQ, str(error))

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


@contextmanager
def steady_streams() -> Iterator[SteadyStream]:
    """stdout and stderr are steady within; yields the stdout there is then."""
    _fill_descriptors()
    before = sys.stdout, sys.stderr
    for stream in before:
        # A file name may hold what the terminal's encoding does not have.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # A stream that was closed from the start is None.
    sink = io.StringIO()
    stdout, stderr = (SteadyStream(stream or sink) for stream in before)
    sys.stdout, sys.stderr = cast(TextIO, stdout), cast(TextIO, stderr)
    try:
        yield stdout
    finally:
        stdout.flush()
        stderr.flush()
        sys.stdout, sys.stderr = before


def _fill_descriptors() -> None:
    """What is opened next must not become the stdout or stderr that a library writes to."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)  # takes the lowest free number


def _silence(stream: TextIO) -> None:
    """Python flushes streams once more at exit, which would complain again."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
