"""The face detector computes what the published network computes, down to the boxes."""

from __future__ import annotations

import torch

from hyperreenact_core.face.s3fd_detect import candidates, face_boxes
from hyperreenact_core.networks.s3fd import LevelMaps
from tests.parity.golden import assert_parity, crops, golden
from tests.parity.networks import published

LEVELS = range(6)


@torch.inference_mode()
def test_maps_of_all_levels() -> None:
    grey_levels = (crops("target").clamp(-1, 1) + 1) / (2 + 1e-5) * 255
    levels = published("s3fd")(grey_levels)
    results: dict[str, torch.Tensor] = {}
    for number, level in enumerate(levels):
        results[f"net.out.{2 * number}"] = level.logits
        results[f"net.out.{2 * number + 1}"] = level.offsets
    assert set(results) == set(golden().outputs("s3fd"))
    assert_parity("s3fd", results)


def stored_levels() -> list[LevelMaps]:
    """Made-up network outputs that show faces, for a batch of pictures."""
    maps = [golden().tensor("s3fd", f"decode.map.{i}") for i in range(2 * len(LEVELS))]
    return [LevelMaps(logits=maps[2 * n], offsets=maps[2 * n + 1]) for n in LEVELS]


def test_boxes_from_maps() -> None:
    levels = stored_levels()
    alone = [LevelMaps(logits=x.logits[:1], offsets=x.offsets[:1]) for x in levels]
    results = {"decode.raw": candidates(levels), "decode.batch1.boxes": face_boxes(alone)[0]}
    results |= {f"decode.boxes.{i}": boxes for i, boxes in enumerate(face_boxes(levels))}
    assert set(results) == set(golden().outputs("s3fd", group="boxes"))
    assert_parity("s3fd", results)
