"""Bring the files of a registered set into its folder: from their addresses, a mirror, or by hand.

Files that need conversion go into `published/` inside the folder; whoever has them already puts
them there. Every file must be what it was when it was first used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ..errors import ModelError
from ..locks import only_run
from ..whole_files import put_in_place
from .download import PART, OnBytes, direct_url, download
from .lock import Pin, check_pin, pin, pin_of
from .registry import ModelFile

PUBLISHED_FOLDER = "published"


@dataclass(frozen=True)
class FetchedFile:
    """A file that is in its place and sound.

    was_there: nothing had to be fetched. was_known: its checksum was stated or pinned before.
    measured: what `keep_to` pins.
    """

    name: str
    path: Path
    measured: Pin
    was_there: bool
    was_known: bool


def place_of(file: ModelFile, folder: Path) -> Path:
    """Where a file of the set in `folder` lies, or is to be put by hand."""
    return folder / _pinned_name(file)


def fetch_file(
    file: ModelFile, folder: Path, *, mirror: str | None = None, on_bytes: OnBytes | None = None
) -> FetchedFile:
    """Fetch a file unless it is there, and check it; it never lies in its place unchecked.

    mirror: address of a folder that holds the files under their names.
    Raises ModelError if it cannot be had or is another file than stated or pinned.
    """
    path = place_of(file, folder)
    was_there = path.is_file()
    if not was_there:
        with only_run(path.parent, file.name):
            _fetch(file, path, folder, mirror=mirror, on_bytes=on_bytes)
    measured = pin_of(path)
    was_known = _check(measured, file, folder)
    return FetchedFile(_pinned_name(file), path, measured, was_there, was_known)


def keep_to(files: Sequence[FetchedFile], folder: Path) -> None:
    """Pin files that have proved to be of use: from now on they must be the same."""
    for file in files:
        pin(folder, file.name, file.measured)


def _fetch(
    file: ModelFile, path: Path, folder: Path, *, mirror: str | None, on_bytes: OnBytes | None
) -> None:
    url = file.url if mirror is None else f"{mirror.rstrip('/')}/{quote(file.name)}"
    if url is None:
        raise ModelError(f"{file.name} has no address; put it there by hand: {path}")
    part = path.with_name(path.name + PART)
    download(direct_url(url), part, page=url, on_bytes=on_bytes)
    try:
        _check(pin_of(part), file, folder)
    except ModelError:
        part.unlink(missing_ok=True)  # the rest of another file would never fit
        raise
    put_in_place(part, path)


def check_stated(measured: Pin, file: ModelFile) -> bool:
    """Whether the registry states a checksum; ModelError if size or checksum differ from it."""
    if file.size not in (None, measured.size):
        raise ModelError(f"size is {measured.size}, not {file.size} bytes: {file.name}")
    if file.sha256 not in (None, measured.sha256):
        raise ModelError(f"checksum is {measured.sha256}, not {file.sha256}: {file.name}")
    return file.sha256 is not None


def _check(measured: Pin, file: ModelFile, folder: Path) -> bool:
    """Whether a checksum was known before; ModelError if it is another one."""
    stated = check_stated(measured, file)
    return check_pin(folder, _pinned_name(file), measured) or stated


def _pinned_name(file: ModelFile) -> str:
    return file.name if file.format == "safetensors" else f"{PUBLISHED_FOLDER}/{file.name}"
