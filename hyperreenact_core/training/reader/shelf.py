"""The shards of some folders, row by row: labels in memory, pictures read when they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from ...errors import InputError
from ...heads.shard_files import read_shard, shards_of

_LABELS = (*("points", "visible", "irises", "gaze", "rotation", "expression", "identity"),)


@dataclass(frozen=True, eq=False)
class Row:
    """One picture and what is true about it; see heads/shard_files.py."""

    image: NDArray[np.uint8]
    coverage: NDArray[np.uint8]
    points: NDArray[np.float32]
    visible: NDArray[np.uint8]
    irises: NDArray[np.float32]
    gaze: NDArray[np.float32]
    rotation: NDArray[np.float32]
    expression: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class _Open:
    images: Any
    coverage: Any
    labels: dict[str, NDArray[Any]]


class Shelf:
    """Rows of all finished shards under the folders; raises InputError where there are none."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = list(folders)
        self._shards: dict[Path, _Open] = {}
        self._places: list[tuple[_Open, int]] = []
        for folder in folders:
            shards_of(folder)
        self.refresh()

    def __len__(self) -> int:
        return len(self._places)

    def refresh(self) -> None:
        """Take in the shards that were finished since."""
        for folder in self._folders:
            for path in shards_of(folder):
                if path not in self._shards:
                    shard = _open(path)
                    self._shards[path] = shard
                    self._places += [(shard, row) for row in range(len(shard.labels["points"]))]

    def identities(self) -> list[int]:
        """The person of every row."""
        return [int(shard.labels["identity"][row]) for shard, row in self._places]

    def __getitem__(self, index: int) -> Row:
        shard, row = self._places[index]
        rest = {name: value[row] for name, value in shard.labels.items() if name != "identity"}
        return Row(image=shard.images[row], coverage=shard.coverage[row], **rest)


def _open(path: Path) -> _Open:
    labels = read_shard(path, keys=_LABELS).arrays
    try:
        # The file stays mapped: the system keeps what was read as long as it has memory to spare.
        file = safe_open(path, framework="numpy")
        images, coverage = file.get_slice("images"), file.get_slice("coverage")
    except (OSError, SafetensorError) as error:
        raise InputError(
            f"{path}: no pictures with their coverage can be read ({error})"
        ) from error
    return _Open(images, coverage, dict(labels))
