"""When a performance happens: how fast, how often, and from where to where."""

from __future__ import annotations

import torch
from torch import Tensor

from ...errors import InputError
from ...imaging import smoothstep
from ..detail.performance import RATE, Performance
from ..knobs import LengthRule
from .turning import scaled, slerp


def trim(performance: Performance, start: int, frames: int) -> Performance:
    """So many frames from `start` on, 0 for all; InputError where there is none."""
    count = len(performance)
    if not 0 <= start < count:
        raise InputError(f"frame {start} is none of the performance's {count}, which begin with 0")
    if frames < 0:
        raise InputError(f"frames must be 0 for all, or more, not {frames}")
    end = count if frames == 0 else min(count, start + frames)
    return _begun(performance.take(range(start, end)))


def retime(performance: Performance, speed: float, length: int) -> Performance:
    """Faster or slower, or in so many frames; turns go the shortest way.

    speed: above 0, 2 is twice as fast. length: in frames; 0 for what the speed makes of it.
    """
    if speed <= 0 or length < 0:
        raise InputError(f"give a speed above 0 and a length of 0 or more, not {speed}, {length}")
    last = len(performance) - 1
    if length == 0 and speed == 1:
        return performance
    count = length or round(last / speed) + 1
    if length:
        places = torch.linspace(0, last, count, dtype=torch.float64)
    else:
        places = (torch.arange(count, dtype=torch.float64) * speed).clamp(max=last)
    return spaced(sampled(performance, places), frame_seconds(performance))


def frames_in(performance: Performance, seconds: float) -> int:
    """Frames that last so long at the performance's rate, one at least."""
    return max(round(seconds / frame_seconds(performance)), 1)


def repeat(performance: Performance, times: int, *, ping_pong: bool, blend: int = 0) -> Performance:
    """Again and again; there and back with `ping_pong`, where no frame stands twice.

    blend: frames before and after the seam of two passes over which its jump is evened out; there
    is none to and fro.
    """
    if times < 1:
        raise InputError(f"loop must be 1 or more, it is {times}")
    rows = list(range(len(performance)))
    if ping_pong:
        # One more at the end: it arrives where it began.
        rows = (rows + rows[-2:0:-1]) * times + rows[:1] * (len(rows) > 1)
    elif times == 1:
        return performance
    else:
        performance, rows = _meeting(performance, blend), rows * times
    return spaced(performance.take(rows), frame_seconds(performance))


def _meeting(performance: Performance, blend: int) -> Performance:
    """The same with an end that its beginning can follow, each moved half of the way to the other.

    Displacement instead of cross-fading (Kovar et al., Motion Graphs, 2002): the length stays, and
    what is said near the seam stays to be seen.
    """
    count = len(performance)
    reach = min(blend, count // 2)
    if reach == 0:
        return performance
    at = torch.arange(count) + 0.5
    # From the seam, which lies between the last frame and the first.
    before, after = (0.5 - smoothstep(way / reach) / 2 for way in (count - at, at))
    share = before - after
    fields = dict(vars(performance))
    for name in ("coefficients", "gaze", "place"):
        value = fields[name]
        part = share.view(-1, *(1,) * (value.ndim - 1))
        fields[name] = value + part * (value[0] - value[-1])
    fields["coefficients"] = fields["coefficients"].clamp(0, 1)
    fields["gaze"] = torch.nn.functional.normalize(fields["gaze"], dim=2)
    turns = performance.rotation.double()
    jump = (turns[-1].T @ turns[0]).expand(count, 3, 3)
    fields["rotation"] = (turns @ scaled(jump, share)).float()
    return Performance(**fields)


def fitted(
    first: Performance, second: Performance, rule: LengthRule
) -> tuple[Performance, Performance]:
    """Two performances made equally long; times are the first's."""
    a, b = len(first), len(second)
    if rule == "stretch":
        return first, sampled(second, torch.linspace(0, b - 1, a, dtype=torch.float64))
    rows = torch.arange(min(a, b) if rule == "shortest" else max(a, b))
    seconds = frame_seconds(first)
    if rule == "loop":
        both = first.take(rows % a), second.take(rows % b)
    else:
        both = first.take(rows.clamp(max=a - 1)), second.take(rows.clamp(max=b - 1))
    return (both[0] if len(rows) <= a else spaced(both[0], seconds)), both[1]


def sampled(performance: Performance, places: Tensor) -> Performance:
    """At places [N] between frames, counted from 0; float64."""
    low = places.floor().long()
    high = (low + 1).clamp(max=len(performance) - 1)
    return between(performance.take(low), performance.take(high), places - low)


def between(start: Performance, end: Performance, share: Tensor) -> Performance:
    """From one performance to another of equal length, a share [B] of the way."""
    fields: dict[str, Tensor] = {}
    for name, value in vars(start).items():
        part = share.float().view(-1, *(1,) * (value.ndim - 1))
        fields[name] = torch.lerp(value, getattr(end, name), part)
    fields["gaze"] = torch.nn.functional.normalize(fields["gaze"], dim=2)
    fields["rotation"] = slerp(start.rotation, end.rotation, share).float()
    return Performance(**fields)


def frame_seconds(performance: Performance) -> float:
    """From frame to frame."""
    if len(performance) < 2:
        return 1 / RATE
    return float(performance.time.diff().median())


def spaced(performance: Performance, seconds: float) -> Performance:
    """With times that begin at 0 and are `seconds` apart."""
    time = torch.arange(len(performance)) * seconds
    return Performance(**(vars(performance) | {"time": time}))


def _begun(performance: Performance) -> Performance:
    time = performance.time - performance.time[0]
    return Performance(**(vars(performance) | {"time": time}))
