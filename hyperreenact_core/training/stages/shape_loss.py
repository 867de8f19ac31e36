"""How far a drawn head is from the wanted one, as a set's own encoders read both."""

from __future__ import annotations

from dataclasses import replace

import torch.nn.functional as F
from torch import Tensor

from ...networks.deca import PoseCodes
from ...networks.reader import Reading
from ..data.frozen_set import PoseSeen
from ..reader.states import state_loss


def shape_loss(drawn: PoseSeen, asked: PoseSeen, source: PoseSeen) -> Tensor:
    """Mean distance from the head that is asked for; of codes, with the source's shape.

    The vertices behind DECA's coefficients need FLAME, whose licence keeps it out of this
    project: for such encoders the coefficients themselves are compared. A reader sees no shape, but
    where the eyes look.
    """
    read, wanted, own = drawn.read, asked.read, source.read
    if isinstance(read, Reading) and isinstance(wanted, Reading):
        return state_loss(read, wanted)
    if isinstance(read, PoseCodes) and isinstance(wanted, PoseCodes) and isinstance(own, PoseCodes):
        return code_distance(read, replace(wanted, shape=own.shape))
    raise TypeError("readings of different encoders cannot be compared")


def code_distance(read: PoseCodes, wanted: PoseCodes) -> Tensor:
    """L1 distance of shape, expression and pose coefficients, each group's mean added up."""
    pairs = (
        (read.shape, wanted.shape),
        (read.expression, wanted.expression),
        (read.global_pose, wanted.global_pose),
        (read.jaw_pose, wanted.jaw_pose),
    )
    total = wanted.expression.new_zeros(())
    for mine, theirs in pairs:
        if theirs.shape[1]:  # a group may be empty
            total = total + F.l1_loss(mine, theirs)
    return total
