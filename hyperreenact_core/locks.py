"""Locks on files that end with the process that holds them, however it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import OutputError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


def lock(path: Path) -> int | None:
    """Make a lock file and hold it; the descriptor to `unlock`, None where another holds it.

    On a file system without locks everyone is let in. Raises OSError where it cannot be made.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        if _taken(descriptor):
            os.close(descriptor)
            return None
        # Whoever held it until now may have removed it: then this lock would keep nobody out.
        if _is_still(path, descriptor):
            return descriptor
        os.close(descriptor)


def unlock(descriptor: int) -> None:
    """Give a lock back; its file stays."""
    with suppress(OSError):
        os.close(descriptor)


def is_abandoned(path: Path) -> bool:
    """Whether a lock file is there that nobody holds; False where that cannot be told."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        return _taken(descriptor) is False
    finally:
        os.close(descriptor)


@contextmanager
def only_run(folder: Path, what: str) -> Iterator[None]:
    """Keep other runs from making the same in a folder meanwhile; OutputError where one does.

    what: such as "shards"; others may be made there at the same time.
    """
    path = folder / f".hyperreenact-{what}.lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = lock(path)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written ({error.strerror}); choose another place or make room"
        ) from error
    if descriptor is None:
        raise OutputError(
            f"another run is making {what} in {folder}; wait for its end, or name another folder"
        )
    try:
        yield
    finally:
        if sys.platform == "win32":  # what is open cannot be removed there
            unlock(descriptor)
        with suppress(OSError):
            path.unlink()
        unlock(descriptor)


def _taken(descriptor: int) -> bool | None:
    """Take the lock of an open file: False done, True another has it, None there are no locks."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return True
    except OSError:
        return None
    return False


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
