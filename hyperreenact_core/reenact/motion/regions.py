"""The parts of a performance that are edited and mixed apart from one another."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ...heads.expression import ACTIONS
from ..knobs import Region

_STEMS: Mapping[str, Region] = {
    "eyeLook": "gaze",
    "eye": "eyes",
    "cheekSquint": "eyes",
    "brow": "brows",
    # Lips are closed against the jaw: apart from it, a mouth would be sewn up or gape.
    "mouthClose": "jaw",
    "jaw": "jaw",
    "mouth": "mouth",
    "cheekPuff": "mouth",
    "noseSneer": "mouth",
    "tongueOut": "mouth",
}


def region_of(action: str) -> Region:
    """Where an action of the face belongs."""
    return next(region for stem, region in _STEMS.items() if action.startswith(stem))


def columns_of(regions: Mapping[Region, Tensor]) -> Tensor:
    """One number a frame [B] for each region -> one for each coefficient [B, 52]."""
    return torch.stack([regions[region_of(action)] for action in ACTIONS], 1)
