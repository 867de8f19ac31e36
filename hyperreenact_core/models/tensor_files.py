"""Safetensors files that others may read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from ..whole_files import whole_file


def save_tensors(
    tensors: Mapping[str, Tensor], path: Path, *, metadata: Mapping[str, str] | None = None
) -> None:
    """Write contiguous tensors on the CPU whole or not at all, with the rights of any new file.

    The library writes into a temporary file that only its owner may read, and renames it: what a
    server or a colleague is to load would stay closed to them. Raises OutputError.
    """
    with whole_file(path) as part:
        part.touch()
        rights = part.stat().st_mode
        save_file(dict(tensors), part, metadata=None if metadata is None else dict(metadata))
        part.chmod(rights)
