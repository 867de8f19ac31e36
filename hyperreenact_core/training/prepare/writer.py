"""Crops into shards: whole clips, whole files, and a line in the ledger for each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from ...models.tensor_files import save_tensors
from ...video.interrupts import interrupts_deferred
from ..data.clips import CLIPS_FORMAT
from .clip import ClipCrops
from .ledger import Ledger, ShardEntry

SHARD_BYTES = 64 * 2**20
"""Pictures that make a shard full: what a killed run loses, and what it holds in memory."""


class ShardWriter:
    """Collects clips and writes them once they fill a shard; a clip is never split."""

    def __init__(self, out: Path, ledger: Ledger, *, shard_bytes: int = SHARD_BYTES) -> None:
        self._out, self._ledger, self._shard_bytes = out, ledger, shard_bytes
        self._waiting: list[ClipCrops] = []

    def add(self, crops: ClipCrops) -> None:
        """Take the next clip; OutputError where a shard cannot be written."""
        if crops.record.kept == 0:
            self._ledger.add([crops.record], shard=None)
            return
        self._waiting.append(crops)
        if sum(clip.images.nbytes for clip in self._waiting) >= self._shard_bytes:
            self.flush()

    def flush(self) -> None:
        """Write what waits, however little."""
        if not self._waiting:
            return
        ledger, waiting = self._ledger, self._waiting
        people = {name: number for number, name in enumerate(ledger.identities)}
        for clip in waiting:
            people.setdefault(clip.record.identity, len(people))
        entry = ShardEntry(
            file=f"clips-{len(ledger.shards):06d}.safetensors",
            frames=sum(clip.record.kept for clip in waiting),
            first_clip=len(ledger.clips),
            clips=len(waiting),
        )
        identity = [people[clip.record.identity] for clip in waiting]
        number = range(entry.first_clip, entry.first_clip + entry.clips)
        lengths = [clip.record.kept for clip in waiting]
        tensors = {
            "images": np.concatenate([clip.images for clip in waiting]),
            "landmarks": np.concatenate([clip.landmarks for clip in waiting]),
            "identity": np.repeat(np.array(identity, np.int64), lengths),
            "clip": np.repeat(np.array(number, np.int64), lengths),
            "frame": np.concatenate([clip.frames for clip in waiting]),
        }
        path = self._out / entry.file
        with interrupts_deferred():
            save_tensors(
                {name: torch.from_numpy(array) for name, array in tensors.items()},
                path,
                metadata={"format": CLIPS_FORMAT},
            )
            ledger.add([clip.record for clip in waiting], shard=entry)
            self._waiting = []
