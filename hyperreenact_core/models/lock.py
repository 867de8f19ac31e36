"""lock.json in a set's folder: what each file was when it was first used.

The authors publish no checksums. The first one seen is pinned, and every later use must agree.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from ..errors import ModelError
from ..whole_files import write_whole
from .config_json import config_from_plain

LOCK_FILE = "lock.json"
_CHUNK = 2**20


@dataclass(frozen=True)
class Pin:
    """size: bytes. sha256: 64 hex digits."""

    size: int
    sha256: str


def pin_of(path: Path) -> Pin:
    """Measure a file; ModelError if it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
            return Pin(size=file.tell(), sha256=digest.hexdigest())
    except OSError as error:
        raise ModelError(f"cannot read the file ({error.strerror}): {path}") from error


def read_lock(folder: Path) -> dict[str, Pin]:
    """The pins of a set's folder by file name; empty where there are none yet."""
    path = folder / LOCK_FILE
    try:
        raw: object = json.loads(path.read_bytes())
        if not isinstance(raw, dict):
            raise ValueError("it must be a table of files")
        return {str(n): config_from_plain(p, Pin, where=str(n)) for n, p in raw.items()}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ModelError(f"cannot read the pinned checksums ({error.strerror}): {path}") from error
    except ValueError as error:
        raise ModelError(
            f"the pinned checksums are damaged ({error}), delete the file to pin anew: {path}"
        ) from error


def pin(folder: Path, name: str, value: Pin) -> None:
    """Remember a file of a set's folder; OutputError if that fails."""
    path = folder / LOCK_FILE
    pins = read_lock(folder) | {name: value}
    table = {key: vars(value) for key, value in sorted(pins.items())}
    write_whole(path, (json.dumps(table, indent=1) + "\n").encode())


def check_pin(folder: Path, name: str, measured: Pin) -> bool:
    """Whether a file was pinned before; ModelError if it has changed since."""
    known = read_lock(folder).get(name)
    if known is None:
        return False
    if known != measured:
        raise ModelError(
            f"{name} is not the file it was: {measured.size} bytes and sha256 {measured.sha256}, "
            f"pinned were {known.size} bytes and {known.sha256}; if the change is right, remove "
            f"its entry from {folder / LOCK_FILE}"
        )
    return True
