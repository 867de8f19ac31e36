"""Safetensors files laid end to end as one table, of which only the rows asked for are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ...errors import TrainingError


@dataclass(frozen=True)
class Shard:
    """One file. rows: frames in it. size: side of its pictures, pixels."""

    path: Path
    rows: int
    size: int


@dataclass(frozen=True)
class ShardFiles:
    """The shards of a folder, in order; each is opened when it is first needed, and mapped."""

    folder: Path
    shards: tuple[Shard, ...]
    _open: dict[Path, Any] = field(default_factory=dict[Path, Any], repr=False, compare=False)

    @property
    def rows(self) -> int:
        """Frames in all shards."""
        return sum(shard.rows for shard in self.shards)

    @property
    def size(self) -> int:
        """Side of the pictures, pixels."""
        return self.shards[0].size

    def whole(self, name: str) -> Tensor:
        """One tensor of every shard, joined; for small ones."""
        return torch.cat([self._read(shard, name, None) for shard in self.shards])

    def gather(self, name: str, rows: Tensor) -> Tensor:
        """Rows [B] of one tensor, counted through all shards -> [B, ...]."""
        ends = torch.tensor([shard.rows for shard in self.shards]).cumsum(0)
        places = torch.searchsorted(ends, rows, right=True)
        picked: list[Tensor] = []
        for place, row in zip(places.tolist(), rows.tolist(), strict=True):
            shard = self.shards[place]
            picked.append(self._read(shard, name, row - int(ends[place]) + shard.rows))
        return torch.cat(picked)

    def _read(self, shard: Shard, name: str, row: int | None) -> Tensor:
        """One row as [1, ...], or all of a shard's for None."""
        try:
            file = self._open.get(shard.path)
            if file is None:
                file = self._open[shard.path] = safe_open(shard.path, framework="pt")
            return file.get_tensor(name) if row is None else file.get_slice(name)[row : row + 1]
        except (OSError, SafetensorError) as error:
            raise _damaged(shard.path, error) from error

    def __getstate__(self) -> dict[str, Any]:
        # Open files cannot travel to another process; it opens its own.
        return {"folder": self.folder, "shards": self.shards, "_open": {}}


def open_shards(folder: Path, paths: Sequence[Path]) -> ShardFiles:
    """Look at the headers of all files; TrainingError where one is missing, damaged or unlike."""
    shards = tuple(_look_at(path) for path in paths)
    sizes = {shard.size for shard in shards}
    if len(sizes) > 1:
        raise TrainingError(
            f"{folder}: its shards hold pictures of different sizes ({sorted(sizes)} px); keep "
            "shards of one run in a folder"
        )
    return ShardFiles(folder, shards)


def _look_at(path: Path) -> Shard:
    try:
        with safe_open(path, framework="pt") as file:
            lacking = {"images", "landmarks", "identity", "clip"} - set(file.keys())
            if lacking:
                raise TrainingError(
                    f"{path} has no {', '.join(sorted(lacking))}: it is no shard of clips; make "
                    "the shards again in an empty folder"
                )
            rows, size, _, _ = file.get_slice("images").get_shape()
    except (OSError, SafetensorError, ValueError) as error:
        raise _damaged(path, error) from error
    return Shard(path, rows, size)


def _damaged(path: Path, error: Exception) -> TrainingError:
    return TrainingError(
        f"{path} is missing or damaged ({error}); remove it and run the command that made the "
        "shards again"
    )
