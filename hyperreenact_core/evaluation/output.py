"""Result files: tried before the work, whole or not there afterwards."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from ..errors import OutputError
from ..imaging import ImageU8
from ..whole_files import Part, write_errors


def check_outputs(paths: Sequence[Path]) -> None:
    """Raise OutputError if a file cannot be written or is named twice; parent folders are made."""
    places = [path.resolve() for path in paths]
    for path, place in zip(paths, places, strict=True):
        if places.count(place) > 1:
            raise OutputError(f"{path} is named for two results; give each a file of its own")
        if path.is_dir():
            raise OutputError(f"{path} is a folder; name a file")
        with write_errors(path):
            Part(path).discard()


def png_bytes(image: ImageU8) -> bytes:
    """[H, W, 3] as a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
