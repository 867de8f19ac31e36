"""Takes the tremble of a reading away and leaves what is meant.

A bilateral filter over time (Tomasi and Manduchi, 1998): each frame becomes the mean of its
neighbours, by how near they are in time and how alike. It looks to both sides, so nothing comes
late; and what differs by more than the reader's noise, as a blink or closed lips do, is no
neighbour and stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from math import ceil, radians

import numpy as np
import torch
from torch import Tensor

from ..detail.fit import HeadFit
from ..detail.performance import HeadState, Performance
from ..knobs import REGIONS
from .regions import columns_of
from .turning import turns_of, vectors_of

_ALIKE, _ALIKE_TURN, _ALIKE_GAZE = 0.06, radians(1.2), radians(3.0)
"""Standard deviations of likeness: of coefficients, of turns and of looks in radians. About three
times what readings of a still face scatter."""
_ALIKE_SPEECH = 0.03
"""Of mouth and jaw: lips that close for a plosive move less than lids do, and as fast."""
_TREMBLE = 1.5
"""Frames, as a standard deviation, that take a reader's tremble away: its errors are those of
single frames."""
_DEVIATIONS = 6
"""So many of them are as long as what squares are smoothed over."""
_REACH = 2.5
"""How far is looked, in standard deviations."""


def smooth(
    performance: Performance, frames: float, *, scenes: Sequence[int] | None = None
) -> Performance:
    """The same without its tremble.

    frames: standard deviation over time, in frames; 0 for none. scenes: of each frame, as in
    FaceCrop; those of one know nothing of another.
    """
    if frames == 0 or len(performance) < 2:
        return performance
    near, at = _neighbours(range(len(performance)), len(performance), frames, scenes)
    eyes = performance.gaze[at]
    looks = _mean(near, eyes, eyes[:, :1], alike=_ALIKE_GAZE, dims=(3,))
    place = performance.place[at]
    fields = dict(vars(performance))
    fields["coefficients"] = _faces(performance.coefficients, near, at)
    fields["gaze"] = torch.nn.functional.normalize(looks, dim=2)
    fields["place"] = _mean(near, place, place[:, :1], alike=_ALIKE / 3, dims=())
    fields["rotation"] = _turns(performance.rotation.double(), near, at).float()
    return Performance(**fields)


def smooth_over(stabilise: int) -> float:
    """What `smooth` is to take for faces whose squares are smoothed over so many frames, 1 for not
    at all."""
    return min(stabilise / _DEVIATIONS, _TREMBLE) if stabilise > 1 else 0.0


def reach_of(frames: float) -> int:
    """How many frames on either side count."""
    return ceil(_REACH * frames)


def smooth_state(states: Sequence[HeadState], at: int, frames: float) -> HeadState:
    """One of some frames as `smooth` makes it, without the others."""
    if frames == 0 or len(states) < 2:
        return states[at]
    near, beside = _neighbours([at], len(states), frames)
    faces, turns = (
        torch.from_numpy(np.stack([getattr(state, name) for state in states]))
        for name in ("coefficients", "rotation")
    )
    return HeadState(_turns(turns, near, beside)[0].numpy(), _faces(faces, near, beside)[0].numpy())


def smooth_fit(fits: Sequence[HeadFit], at: int, frames: float) -> HeadFit:
    """The same of heads in one picture after another: with place and size, in the same pixels."""
    own = fits[at]
    if frames == 0 or len(fits) < 2:
        return own
    state = smooth_state([HeadState(fit.rotation, fit.coefficients) for fit in fits], at, frames)
    near, beside = _neighbours([at], len(fits), frames)
    told = np.stack([[*fit.centre / own.scale, np.log(fit.scale)] for fit in fits])
    ways = torch.from_numpy(told)[beside] - torch.from_numpy(told[at])
    x, y, size = (_middle(near, ways)[0]).tolist()
    return replace(
        own,
        rotation=state.rotation,
        coefficients=state.coefficients,
        centre=own.centre + own.scale * np.array([x, y]),
        scale=own.scale * float(np.exp(size)),
    )


def _faces(faces: Tensor, near: Tensor, at: Tensor) -> Tensor:
    """Coefficients [N, 52] -> [B, 52]."""
    values = faces[at]
    return _mean(near, values, values[:, :1], alike=_face_alike(), dims=()).clamp(0, 1)


@cache
def _face_alike() -> Tensor:
    """[52] likeness of the coefficients."""
    speech = ("mouth", "jaw")
    return columns_of(
        {name: torch.tensor([_ALIKE_SPEECH if name in speech else _ALIKE]) for name in REGIONS}
    )[0]


def _neighbours(
    rows: Sequence[int], count: int, frames: float, scenes: Sequence[int] | None = None
) -> tuple[Tensor, Tensor]:
    """Of these among `count` frames: how near [B, K], and which [B, K]; the frame itself first."""
    reach = min(reach_of(frames), count - 1)
    steps = torch.tensor([0, *(s for step in range(1, reach + 1) for s in (-step, step))])
    at = torch.tensor(rows)[:, None] + steps
    inside = (at >= 0) & (at < count)
    if scenes is not None:
        scene = torch.tensor(scenes)
        inside &= scene[at.clamp(0, count - 1)] == scene[at[:, :1]]
    near = torch.exp(-0.5 * (steps / frames) ** 2) * inside
    # A neighbour counts only with its opposite: at the ends the mean would lean inwards.
    pairs = near[:, 1:].unflatten(1, (reach, 2))
    both = pairs * (inside[:, 1:].unflatten(1, (reach, 2)).all(2, keepdim=True))
    return torch.cat([near[:, :1], both.flatten(1)], 1), at.clamp(0, count - 1)


def _mean(
    near: Tensor, values: Tensor, own: Tensor, *, alike: float | Tensor, dims: tuple[int, ...]
) -> Tensor:
    """Of values [B, K, ...]; likeness to `own` is told number by number, or over `dims` at once."""
    apart = (values - own) ** 2
    if dims:
        apart = apart.sum(dims, keepdim=True)
    weights = torch.exp(-0.5 * apart / alike**2)
    weights = weights * near.view(*near.shape, *(1,) * (values.ndim - 2))
    return (weights * values).sum(1) / weights.sum(1)


def _turns(turns: Tensor, near: Tensor, at: Tensor) -> Tensor:
    """Turns [N, 3, 3] -> [B, 3, 3], each moved to the mean of its neighbours, seen from itself.

    The middle between a neighbour and its opposite is what must be alike: so an even turn, however
    fast, is smoothed as a head at rest is, and stays where it is.
    """
    count, width = at.shape
    own = turns[at[:, 0]]
    steps = own[:, None].transpose(2, 3) @ turns[at]
    ways = vectors_of(steps.flatten(0, 1)).unflatten(0, (count, width))
    return own @ turns_of(_middle(near, ways, alike=_ALIKE_TURN))


def _middle(near: Tensor, ways: Tensor, *, alike: float = _ALIKE) -> Tensor:
    """Ways [B, K, n] from a frame to its neighbours -> [B, n] to the mean of their middles."""
    middles = torch.cat([ways[:, :1], ways[:, 1:].unflatten(1, (-1, 2)).mean(2)], 1)
    both = torch.cat([near[:, :1], 2 * near[:, 1::2]], 1).double()
    return _mean(both, middles, torch.zeros(()), alike=alike, dims=(2,))
