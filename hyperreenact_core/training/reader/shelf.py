"""The shards of some folders, row by row: labels in memory, pictures read when they are needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from ...errors import InputError
from ...heads.shard_files import read_shard, shards_of

_LABELS = (*("points", "visible", "irises", "gaze", "rotation", "expression", "identity"),)
_PIXELS = ("images", "coverage")


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
    pixels: dict[str, Any]
    labels: dict[str, NDArray[Any]]


class Shelf:
    """Rows of all finished shards under the folders; raises InputError where there are none.

    pixels: arrays that are read when they are needed. labels: arrays that are kept in memory.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        *,
        pixels: Sequence[str] = _PIXELS,
        labels: Sequence[str] = _LABELS,
    ) -> None:
        self._folders, self._pixels, self._labels = list(folders), pixels, labels
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
                    shard = _open(path, self._pixels, self._labels)
                    self._shards[path] = shard
                    self._places += [(shard, row) for row in range(len(shard.labels["points"]))]

    def identities(self) -> list[int]:
        """The person of every row."""
        return [int(shard.labels["identity"][row]) for shard, row in self._places]

    def values(self, index: int) -> dict[str, NDArray[Any]]:
        """Everything of one row, by name."""
        shard, row = self._places[index]
        labels = {name: value[row] for name, value in shard.labels.items()}
        return labels | {name: value[row] for name, value in shard.pixels.items()}

    def partner(self, index: int) -> int:
        """The index of the picture that shows the same scene at another moment."""
        shard, row = self._places[index]
        return index - row + int(shard.labels["partner"][row])

    def turn_deg(self, index: int) -> float:
        """By how much the head is turned against the partner's."""
        shard, row = self._places[index]
        rotation = shard.labels["rotation"]
        cosine = (np.vdot(rotation[row], rotation[shard.labels["partner"][row]]) - 1) / 2
        return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))

    def label(self, name: str) -> NDArray[Any]:
        """[N, ...] one label of all rows."""
        return np.concatenate([shard.labels[name] for shard in self._shards.values()])

    def __getitem__(self, index: int) -> Row:
        return row_of(self.values(index))


def row_of(values: Mapping[str, NDArray[Any]]) -> Row:
    """What the reader knows of a row."""
    rest = {name: values[name] for name in _LABELS if name != "identity"}
    return Row(image=values["images"], coverage=values["coverage"], **rest)


def _open(path: Path, pixels: Sequence[str], labels: Sequence[str]) -> _Open:
    known = read_shard(path, keys=labels).arrays
    try:
        # The file stays mapped: the system keeps what was read as long as it has memory to spare.
        file = safe_open(path, framework="numpy")
        slices = {name: file.get_slice(name) for name in pixels}
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: {', '.join(pixels)} cannot be read ({error})") from error
    return _Open(slices, dict(known))


def check_apart(shelf: Shelf, other: Shelf) -> None:
    """Raise InputError where people are both trained on and held out."""
    both = set(shelf.identities()) & set(other.identities())
    if both:
        raise InputError(
            f"{len(both)} people are both trained on and held out (such as {min(both)}): render "
            "the held-out shards with another first person"
        )
