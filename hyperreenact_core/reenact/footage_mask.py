"""Which pixels of footage are drawn anew: all others stay the frame's own."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..face.paste import soft_mask
from ..imaging import resize, smoothstep
from ..networks.detail_inputs import HAIR, CoarseMaps
from .detail.head_model import Floats

_FEATHER = 0.15
_SEEN = (1.5, 6.0)
"""Differences, of 255, of result and footage between which ever more of the result is shown."""
_MOVED = (0.05, 0.3)
"""Pixels by which the head moves between which likewise: elsewhere the network only repeats."""
_CARRIED = 0.7
"""Pixels by which skin beside the face moves along with it without being drawn."""
_AROUND = 0.012
"""How far what is shown reaches beyond what differs, over the side of the face's square."""


def changed_part(drawn: Tensor, own: Tensor, maps: CoarseMaps, *, head_alone: bool) -> Tensor:
    """[S, S] what is to be shown of a result: softly, where something moves and can be seen to.

    drawn, own: [3, S, S] the result and the footage. maps: of this frame. head_alone: hair
    and what lies beside the head, to where its flow is only carried on, stay.
    """
    side = drawn.shape[-1]
    off = (drawn - own).abs().amax(0).numpy() * 127.5
    moves = maps.offset.norm(dim=1, keepdim=True) * (side / 2)
    if head_alone:
        beside = (moves - _CARRIED).clamp_min(0) * maps.region[:, :HAIR].sum(1, keepdim=True)
        moves = torch.where(maps.face > 0, moves, beside)
    steps = resize(moves, side)[0, 0].numpy()
    reach = max(round(_AROUND * side), 1)
    seen = _rise(_widened(off, reach), *_SEEN)
    # Where a head that turns has been, what comes out from behind it stands still.
    moved = _rise(_widened(steps, reach), *_MOVED) if head_alone else np.ones_like(seen)
    return torch.from_numpy((seen * moved * soft_mask(side, feather=_FEATHER)).astype(np.float32))


def _widened(values: NDArray[np.floating], reach: int) -> Floats:
    wide = cv2.dilate(values, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    return np.asarray(cv2.GaussianBlur(wide, (0, 0), reach), np.float32)


def _rise(values: Floats, low: float, high: float) -> Floats:
    """0 up to `low`, 1 from `high` on."""
    return smoothstep((values - low) / (high - low))
