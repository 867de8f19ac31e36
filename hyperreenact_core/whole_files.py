"""Files that appear whole or not at all, whoever else writes there and whenever a run is killed.

What is being written lies in a hidden folder beside its place, and is renamed at the end. A lock
tells whether the folder's run still lives; the next that writes beside it removes it if not.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from safetensors import SafetensorError

from .errors import OutputError
from .locks import is_abandoned, lock, unlock

PART_PREFIX, PART_SUFFIX = ".hyperreenact-", ".part"
"""Of the hidden folders' names."""

_LOCK, _RESULT, _ASIDE = "lock", "result", "aside"
_NAME_BYTES = 255
_LONGEST_SUFFIX = 16
_BEGINNING_S = 60.0
"""A folder without a lock is as old as that before it counts as a killed run's."""


class Part:
    """Where a file or folder is written until it is complete: `path`, with the target's suffix.

    target: the place it is meant for; a symbolic link is followed. Makes missing parent folders
    and removes what killed runs have left beside the target. Call `discard` in the end: it removes
    the hidden folder with what is left in it.
    Raises OSError where the place cannot be written.
    """

    def __init__(self, target: Path) -> None:
        self._streams = target.exists() and not (target.is_file() or target.is_dir())
        self.target = target if self._streams else Path(os.path.realpath(target))
        parent = None if self._streams else self.target.parent
        if parent is not None:
            parent.mkdir(parents=True, exist_ok=True)
            sweep(parent)
        self._folder = Path(tempfile.mkdtemp(PART_SUFFIX, PART_PREFIX, parent))
        held = lock(self._folder / _LOCK)
        # A place that nobody asked to discard goes with its object, or at the end of the process.
        self.discard = weakref.finalize(self, _remove, self._folder, held)
        suffix = target.suffix if len(target.suffix) <= _LONGEST_SUFFIX else ""
        self.path = self._folder / f"{_RESULT}{suffix}"

    def put(self, target: Path | None = None) -> Path:
        """Move what was written to the target, or to a sibling of it; returns where it is."""
        target = self.target if target is None else target
        if self._streams:  # a pipe or a device takes the bytes, it is not replaced
            with self.path.open("rb") as source, target.open("wb") as stream:
                shutil.copyfileobj(source, stream)
        elif self.path.is_dir() and target.exists():
            self._put_over_folder(target)
        else:
            self.path.replace(target)
        return target

    def _put_over_folder(self, target: Path) -> None:
        # A folder cannot be replaced in one step. Killed in between, `sweep` puts the old one back.
        aside = self._folder / _ASIDE
        aside.mkdir()
        target.rename(aside / target.name)
        try:
            self.path.rename(target)
        except OSError:
            (aside / target.name).rename(target)
            raise


def _remove(folder: Path, held: int | None) -> None:
    if held is not None:
        unlock(held)
    shutil.rmtree(folder, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove the hidden folders of runs that were killed while they wrote into `folder`."""
    for part in folder.glob(f"{PART_PREFIX}*{PART_SUFFIX}"):
        with suppress(OSError):
            if _is_abandoned(part):
                for old in (part / _ASIDE).glob("*"):
                    if not (folder / old.name).exists():
                        old.rename(folder / old.name)
                shutil.rmtree(part, ignore_errors=True)


def _is_abandoned(part: Path) -> bool:
    if (part / _LOCK).exists():
        return is_abandoned(part / _LOCK)
    return time.time() - part.stat().st_mtime > _BEGINNING_S


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Where to write what is to be at `path` once the block has ended without an error.

    Raises OutputError for what the system or safetensors reports in the block.
    """
    with _part(path) as part:
        yield part.path
        part.put()


@contextmanager
def whole_files(paths: Sequence[Path]) -> Iterator[tuple[Path, ...]]:
    """The same for files that belong together: all of them are replaced, or none."""
    with ExitStack() as parts:
        news = tuple(parts.enter_context(_part(path)) for path in paths)
        yield tuple(new.path for new in news)
        olds = [(path, parts.enter_context(_part(path))) for path in paths if path.exists()]
        for path, old in olds:
            with write_errors(path):
                shutil.copy2(path, old.path)
        try:
            for path, new in zip(paths, news, strict=True):
                with write_errors(path):
                    new.put()
        except BaseException:
            for _, old in olds:
                with suppress(OSError):
                    old.put()
            raise


@contextmanager
def _part(path: Path) -> Iterator[Part]:
    with write_errors(path):
        part = Part(path)
        try:
            yield part
        finally:
            part.discard()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; OutputError where it cannot be written."""
    with whole_file(path) as part:
        part.write_bytes(data)


def put_in_place(whole: Path, path: Path) -> None:
    """Rename a file that is whole, on the same disk; OutputError where that fails."""
    with write_errors(path):
        whole.replace(path)


@contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """Turn what the system or safetensors reports into one line that names the output."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: Exception) -> OutputError:
    """The error of an output that cannot be written."""
    reason = (isinstance(error, OSError) and error.strerror) or " ".join(str(error).split())
    return OutputError(f"{path} cannot be written ({reason}); choose another place or make room")


def name_with(name: str, addition: str) -> str:
    """`name` with something added before its suffix, cut to what a file system takes."""
    stem, suffix = Path(name).stem, Path(name).suffix
    room = _NAME_BYTES - len(os.fsencode(addition + suffix))
    return f"{os.fsencode(stem)[:room].decode(errors='ignore')}{addition}{suffix}"
