"""From a drawn head and its flow to the maps that the detail network reads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from ...networks.detail_inputs import CoarseMaps
from .flow import NOTHING, Drawing, HeadFlow
from .head_model import EYE, HAIR, MOUTH, SKIN, Floats

_SHOWN = (SKIN, EYE, MOUTH, HAIR, NOTHING)
_NEAREST, _FARTHEST = -1.2, 2.0
"""Decimetres of depth that the network tells apart."""


def coarse_maps(flows: Sequence[HeadFlow], results: Sequence[Drawing]) -> CoarseMaps:
    """Flows and the drawings of the results that they lead from, of one size -> [B, ...]."""
    offset = np.stack([flow.offset for flow in flows]).transpose(0, 3, 1, 2)
    sides = np.array([drawing.side for drawing in results], np.float32)[:, None, None, None]
    region = np.stack([flow.region for flow in flows])
    shares = np.stack([region == shown for shown in _SHOWN], 1)
    return CoarseMaps(
        offset=torch.from_numpy((offset * (2 / sides)).astype(np.float32)),
        hidden=torch.from_numpy(np.stack([flow.hidden for flow in flows])[:, None]).float(),
        still=torch.from_numpy(np.stack([flow.still for flow in flows])[:, None]).float(),
        region=torch.from_numpy(shares).float(),
        face=torch.from_numpy(np.stack([flow.face for flow in flows])[:, None]).float(),
        depth=torch.from_numpy(np.stack([relief(drawing) for drawing in results])[:, None]),
    )


def relief(drawing: Drawing) -> Floats:
    """[S, S] depth of the head: -1 near, 1 far and where there is none."""
    middle, reach = (_NEAREST + _FARTHEST) / 2, (_FARTHEST - _NEAREST) / 2
    return ((drawing.depth - middle) / reach).clip(-1, 1).astype(np.float32)
