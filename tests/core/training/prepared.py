"""A small folder of prepared clips, without any clips to begin with."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hyperreenact_core.face.align import CropRule
from hyperreenact_core.training.prepare.clip import ClipCrops, ClipRecord
from hyperreenact_core.training.prepare.ledger import Ledger
from hyperreenact_core.training.prepare.quality import QualityLimits
from hyperreenact_core.training.prepare.report import make_report, write_outcome
from hyperreenact_core.training.prepare.settings import PrepareSettings, claim_folder
from hyperreenact_core.training.prepare.writer import ShardWriter

SIZE = 16
NAMES = ("ann/a", "ann/b", "ben/a", "cas/v/a", "cas/v/b")
LENGTHS = (4, 3, 1, 2, 5)
SETTINGS = PrepareSettings(
    model_set="none", rule=CropRule(size=SIZE), limits=QualityLimits(min_face=1)
)


def write_prepared(folder: Path) -> Path:
    """15 frames in four shards: picture n is all 10 n, its landmarks are all n."""
    claim_folder(folder, SETTINGS)
    ledger = Ledger.read(folder)
    writer = ShardWriter(folder, ledger, shard_bytes=3 * SIZE * SIZE * 3)
    first = 0
    for name, length in zip(NAMES, LENGTHS, strict=True):
        writer.add(crops(name, first, length))
        first += length
    writer.flush()
    report = make_report(ledger, strays={}, passed_over=0, unfinished=0)
    write_outcome(folder, ledger, SETTINGS, report)
    return folder


def crops(name: str, first: int, length: int) -> ClipCrops:
    """Every other frame of a clip."""
    numbers = np.arange(first, first + length)
    return ClipCrops(
        record=ClipRecord(name=name, looked_at=length, kept=length, dropped={}),
        images=np.tile((10 * numbers)[:, None, None, None], (1, SIZE, SIZE, 3)).astype(np.uint8),
        landmarks=np.tile(numbers[:, None, None], (1, 68, 2)).astype(np.float32),
        frames=2 * np.arange(length),
    )
