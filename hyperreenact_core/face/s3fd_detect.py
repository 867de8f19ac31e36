"""Face boxes from the maps of the S3FD detector.

Follows the published program: which places count, how boxes are decoded, how doubles are removed.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..networks.s3fd import LevelMaps

CANDIDATE_SCORE, FACE_SCORE = 0.05, 0.5
"""Score from which a place is looked at, and from which what is left of them is a face."""
OVERLAP = 0.3
"""Share of the union of two boxes from which the less certain one is dropped."""

_FINEST_STRIDE = 4
_PRIOR_STRIDES = 4.0
_CENTRE_VARIANCE, _SIZE_VARIANCE = 0.1, 0.2


def face_boxes(levels: Sequence[LevelMaps]) -> list[Tensor]:
    """Maps of all levels, fine first -> for each picture boxes [n, 5], the most certain first.

    A box is left, top, right, bottom in pixels of the network's input, and a score above 0.5.
    """
    boxes = [without_doubles(found) for found in candidates(levels)]
    return [found[found[:, 4] > FACE_SCORE] for found in boxes]


def candidates(levels: Sequence[LevelMaps]) -> Tensor:
    """All places that may show a face: [B, N, 5] boxes with scores, level by level.

    As in the published program a place stands in every picture's list once for each picture of
    the batch that shows something there; neither repeats nor low scores outlive `face_boxes`.
    """
    return torch.cat([_level_candidates(level, n) for n, level in enumerate(levels)], dim=1)


def without_doubles(boxes: Tensor) -> Tensor:
    """Boxes [N, 5] without those that overlap a more certain one; the most certain first."""
    boxes = boxes[boxes[:, 4].argsort(descending=True, stable=True)]
    # Corners count as pixels of the box: sides are one longer than their difference.
    area = (boxes[:, 2:4] - boxes[:, :2] + 1).prod(1)
    kept: list[int] = []
    alive = torch.ones(len(boxes), dtype=torch.bool, device=boxes.device)
    for index in range(len(boxes)):
        if not alive[index]:
            continue
        kept.append(index)
        low = torch.maximum(boxes[:, :2], boxes[index, :2])
        high = torch.minimum(boxes[:, 2:4], boxes[index, 2:4])
        shared = (high - low + 1).clamp(min=0).prod(1)
        alive &= shared / (area + area[index] - shared) <= OVERLAP
    return boxes[kept]


def _level_candidates(level: LevelMaps, number: int) -> Tensor:
    stride = _FINEST_STRIDE * 2**number
    scores = level.logits.float().softmax(1)[:, 1]  # [B, h, w]
    _, rows, columns = torch.nonzero(scores > CANDIDATE_SCORE, as_tuple=True)
    offsets = level.offsets.float()[:, :, rows, columns].movedim(1, 2)  # [B, N, 4]
    prior = stride * _PRIOR_STRIDES
    prior_centre = (torch.stack([columns, rows], dim=1) + 0.5) * stride  # [N, 2]
    centre = prior_centre + offsets[..., :2] * (_CENTRE_VARIANCE * prior)
    size = torch.exp(offsets[..., 2:] * _SIZE_VARIANCE) * prior
    corner = centre - size / 2
    return torch.cat([corner, corner + size, scores[:, rows, columns, None]], dim=2)
