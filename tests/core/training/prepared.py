"""A small folder of prepared clips, without any clips to begin with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hyperreenact_core.face.align import CropRule
from hyperreenact_core.training.prepare.clip import ClipCrops, ClipRecord
from hyperreenact_core.training.prepare.ledger import Ledger
from hyperreenact_core.training.prepare.quality import QualityLimits
from hyperreenact_core.training.prepare.report import make_report, write_outcome
from hyperreenact_core.training.prepare.settings import PrepareSettings, claim_folder
from hyperreenact_core.training.prepare.writer import SHARD_BYTES, ShardWriter

SIZE = 16
NAMES = ("ann/a", "ann/b", "ben/a", "cas/v/a", "cas/v/b")
LENGTHS = (4, 3, 1, 2, 5)


def write_prepared(folder: Path) -> Path:
    """15 frames in four shards: picture n is all 10 n, its landmarks are all n."""
    taken, first = [], 0
    for name, length in zip(NAMES, LENGTHS, strict=True):
        numbers = np.arange(first, first + length)
        images = np.tile((10 * numbers)[:, None, None, None], (1, SIZE, SIZE, 3)).astype(np.uint8)
        landmarks = np.tile(numbers[:, None, None], (1, 68, 2)).astype(np.float32)
        taken.append(clip_crops(name, images, landmarks))
        first += length
    return write_crops(folder, taken, CropRule(size=SIZE), shard_bytes=3 * SIZE * SIZE * 3)


def write_crops(
    folder: Path, taken: Sequence[ClipCrops], rule: CropRule, *, shard_bytes: int = SHARD_BYTES
) -> Path:
    """A folder of these clips, as if they had been prepared."""
    settings = PrepareSettings(model_set="none", rule=rule, limits=QualityLimits(min_face=1))
    claim_folder(folder, settings)
    ledger = Ledger.read(folder)
    writer = ShardWriter(folder, ledger, shard_bytes=shard_bytes)
    for crops in taken:
        writer.add(crops)
    writer.flush()
    write_outcome(
        folder, ledger, settings, make_report(ledger, strays={}, passed_over=0, unfinished=0)
    )
    return folder


def clip_crops(name: str, images: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> ClipCrops:
    """Every other frame of a clip."""
    length = len(images)
    return ClipCrops(
        record=ClipRecord(name=name, looked_at=length, kept=length, dropped={}),
        images=images,
        landmarks=landmarks,
        frames=2 * np.arange(length),
    )
