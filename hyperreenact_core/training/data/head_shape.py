"""The renderer's linear head model in torch: shape, expression and pose -> 3D vertices."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...networks.deca import PoseCodes
from ...networks.rotation import matrix_from_axis_angle
from ...synthetic.head_model import head_model
from ...synthetic.parameters import EXPRESSION_NAMES, GEOMETRIC_EXPRESSIONS

GAZE = [EXPRESSION_NAMES.index(name) for name in ("gaze_x", "gaze_y")]
"""Places of the gaze among the expression coefficients."""

_EXPRESSION_SHARE = 0.1
_SCALE = 20.0
"""Brings a distance in the renderer's units to the size of the other losses."""


class HeadShape(nn.Module):
    """Differentiable twin of `synthetic.head_model`; it has no parameters, only buffers."""

    mean: Tensor
    identity_basis: Tensor
    expression_basis: Tensor
    pivot: Tensor
    moving: Tensor

    def __init__(self) -> None:
        super().__init__()
        model = head_model()
        moving = [EXPRESSION_NAMES.index(name) for name in GEOMETRIC_EXPRESSIONS]
        self.register_buffer("mean", torch.from_numpy(model.mean))
        self.register_buffer("identity_basis", torch.from_numpy(model.identity_basis))
        self.register_buffer("expression_basis", torch.from_numpy(model.expression_basis))
        self.register_buffer("pivot", torch.from_numpy(model.pivot))
        self.register_buffer("moving", torch.tensor(moving))

    def forward(self, geometry: Tensor, expression: Tensor, rotation: Tensor) -> Tensor:
        """Shape [B, 28], expression [B, 12], axis-angle [B, 3] -> vertices [B, N, 3].

        Units are those of the renderer: half the width of a head is about 0.75.
        """
        offsets = torch.einsum("bk,knc->bnc", geometry, self.identity_basis)
        moved = expression[:, self.moving]
        offsets = offsets + torch.einsum("bk,knc->bnc", moved, self.expression_basis)
        centred = self.mean + offsets - self.pivot
        return centred @ matrix_from_axis_angle(rotation).transpose(1, 2) + self.pivot

    def distance(
        self, codes: PoseCodes, *, geometry: Tensor, expression: Tensor, rotation: Tensor
    ) -> Tensor:
        """Mean L1 distance of a head read from a picture from the wanted one, and of what moves
        no vertex (lids, gaze), lightly. Arguments as in `forward`."""
        wanted = self(geometry, expression, rotation)
        mine = self(codes.shape, codes.expression, codes.global_pose)
        lids = F.l1_loss(codes.expression, expression)
        return _SCALE * (F.l1_loss(mine, wanted) + _EXPRESSION_SHARE * lids)
