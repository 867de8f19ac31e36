"""Results at addresses of any file system that fsspec knows, such as s3://bucket/clip.mp4."""

from __future__ import annotations

import hashlib
import posixpath
import uuid
from pathlib import Path
from typing import Any

from ..errors import InputError, OutputError

_SHORT = 12


def is_address(out: str) -> bool:
    """Whether a result goes elsewhere than to a file of this machine."""
    return "://" in out


def local_place(address: str, folder: Path) -> Path:
    """Where the result of an address is made, below the folder of what is under way.

    InputError where no file system of that kind is installed.
    """
    _, path = _opened(address)
    name = posixpath.basename(path)
    if not name:
        raise InputError(f"{address}: name a file, such as {address.rstrip('/')}/clip.mp4")
    return folder / "results" / hashlib.sha256(address.encode()).hexdigest()[:_SHORT] / name


def is_delivered(made: Path, address: str) -> bool:
    """Whether an address holds as much as was made; OutputError where it cannot be reached."""
    system, path = _opened(address)
    try:
        return system.exists(path) and (made.is_dir() or system.size(path) == made.stat().st_size)
    except Exception as error:  # every file system has errors of its own
        raise _unreachable(address, error) from error


def deliver(made: Path, address: str) -> None:
    """Copy a file or folder to an address, aside at first; OutputError names the address."""
    system, path = _opened(address)
    aside = posixpath.join(
        posixpath.dirname(path), f".{uuid.uuid4().hex[:_SHORT]}-{posixpath.basename(path)}"
    )
    try:
        system.makedirs(posixpath.dirname(path), exist_ok=True)
        system.put(str(made), aside, recursive=made.is_dir())
        if system.exists(path):
            system.rm(path, recursive=made.is_dir())
        system.mv(aside, path, recursive=made.is_dir())
    except Exception as error:
        raise _unreachable(address, error) from error


def _opened(address: str) -> tuple[Any, str]:
    """The file system of an address, and the path there."""
    try:
        from fsspec.core import url_to_fs  # pyright: ignore[reportMissingImports]

        return url_to_fs(address)
    except (ImportError, ValueError, OSError) as error:
        # fsspec names the package that a kind of address needs.
        raise InputError(f"{address}: results cannot go there ({_line(error)})") from error


def _unreachable(address: str, error: Exception) -> OutputError:
    return OutputError(
        f"{address} cannot be written ({_line(error)}); what was made is kept: run the same again"
    )


def _line(error: Exception) -> str:
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0][:160]}" if lines else type(error).__name__
