"""Where a motion begins and ends: the source's own state, and the frame it is told against."""

from __future__ import annotations

import torch

from ..detail.head_model import load_head_model
from ..detail.performance import HeadState, Performance, fit_reading
from ..knobs import Relative
from ..stages import InvertedFace, kept_portrait
from .turning import vectors_of

_TURN = 3.0
"""A radian of turn counts as so much of expression."""


def rest_of(source: InvertedFace) -> Performance:
    """One frame: what the source itself performs; InputError where its picture was not kept."""
    fit = fit_reading(load_head_model(), kept_portrait(source).reading)
    return Performance.of([HeadState(fit.rotation, fit.coefficients)])


def neutral() -> Performance:
    """One frame: a face at rest that looks straight ahead."""
    return Performance(torch.eye(3)[None], torch.zeros(1, 52))


def reference_frame(performance: Performance, relative: Relative) -> int:
    """Number of the frame that changes are told against.

    calmest: the face does least and the head is held as it mostly is.
    """
    if relative != "calmest":
        return 0
    effort = performance.coefficients.sum(1)
    turns = vectors_of(performance.rotation[0].T @ performance.rotation)
    away = (turns - turns.median(0).values).norm(dim=1).float()
    unseen = (performance.confidence == 0) * 1e3
    return int((effort + _TURN * away + unseen).argmin())


def one(performance: Performance, at: int, count: int) -> Performance:
    """A frame, `count` times."""
    return performance.take(torch.full((count,), at))
