"""Safetensors files that others may read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor


def save_tensors(
    tensors: Mapping[str, Tensor], path: Path, *, metadata: Mapping[str, str] | None = None
) -> None:
    """Write contiguous tensors on the CPU, with the access rights of any new file.

    The library writes into a temporary file that only its owner may read, and renames it: what a
    server or a colleague is to load would stay closed to them. Raises OSError or SafetensorError.
    """
    path.touch()
    rights = path.stat().st_mode
    save_file(dict(tensors), path, metadata=None if metadata is None else dict(metadata))
    path.chmod(rights)
