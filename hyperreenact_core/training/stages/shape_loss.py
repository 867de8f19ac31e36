"""How far a drawn head is from the wanted one, as a set's pose encoder reads both."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from ...networks.deca import CodeSizes, PoseCodes
from ...synthetic.blendshapes import IDENTITY_COUNT
from ...synthetic.parameters import EXPRESSION_NAMES
from ..data.head_shape import GAZE, HeadShape


def reads_rendered_heads(sizes: CodeSizes) -> bool:
    """Whether coefficients are those of the renderer's head model, gaze among them."""
    return (sizes.shape, sizes.expression) == (IDENTITY_COUNT, len(EXPRESSION_NAMES))


def shape_loss_for(sizes: CodeSizes) -> nn.Module:
    """(codes read, codes wanted) -> mean distance, on vertices where their model is at hand.

    The vertices behind DECA's coefficients need FLAME, whose licence keeps it out of this
    project: for such encoders the coefficients themselves are compared.
    """
    return VertexDistance() if reads_rendered_heads(sizes) else CoefficientDistance()


class VertexDistance(nn.Module):
    """L1 distance of vertices, for coefficients of the renderer's head model."""

    def __init__(self) -> None:
        super().__init__()
        self._head = HeadShape()

    def forward(self, read: PoseCodes, wanted: PoseCodes) -> Tensor:
        return self._head.distance(
            read,
            geometry=wanted.shape,
            expression=wanted.expression,
            rotation=wanted.global_pose,
        )


class CoefficientDistance(nn.Module):
    """L1 distance of shape, expression and pose coefficients, each group's mean added up."""

    def forward(self, read: PoseCodes, wanted: PoseCodes) -> Tensor:
        pairs = (
            (read.shape, wanted.shape),
            (read.expression, wanted.expression),
            (read.global_pose, wanted.global_pose),
            (read.jaw_pose, wanted.jaw_pose),
        )
        total = wanted.shape.new_zeros(())
        for mine, theirs in pairs:
            if theirs.shape[1]:  # a group may be empty
                total = total + F.l1_loss(mine, theirs)
        return total


def gaze_distance(read: PoseCodes, wanted: PoseCodes) -> Tensor:
    """Squared distance of the gaze, one a picture [B]; only for coefficients that hold it."""
    return (read.expression - wanted.expression)[:, GAZE].square().mean(1)
