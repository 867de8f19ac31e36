"""Result files: tried before the work, whole or not there afterwards."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from PIL import Image

from ..errors import OutputError
from ..imaging import ImageU8


def check_outputs(paths: Sequence[Path]) -> None:
    """Raise OutputError if a file cannot be written or is named twice; parent folders are made."""
    places = [path.resolve() for path in paths]
    for path, place in zip(paths, places, strict=True):
        if places.count(place) > 1:
            raise OutputError(f"{path} is named for two results; give each a file of its own")
        if path.is_dir():
            raise OutputError(f"{path} is a folder; name a file")
        with _partial(path) as partial:
            partial.write_bytes(b"")


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it appears whole or not at all; OutputError if that fails."""
    with _partial(path) as partial:
        partial.write_bytes(data)
        partial.replace(path)


def png_bytes(image: ImageU8) -> bytes:
    """[H, W, 3] as a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


@contextmanager
def _partial(path: Path) -> Iterator[Path]:
    """A hidden sibling that is gone afterwards."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror}); choose another place or make room"
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
