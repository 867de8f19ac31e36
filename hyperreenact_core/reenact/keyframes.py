"""Keyframes: what numbers are to be at some frames, and what they are between those."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from ..errors import InputError
from ..imaging import smoothstep

Keyframes = Mapping[int, Mapping[str, float]]
"""Frame number from 0 -> values of some of the numbers."""


def parse_keys(text: str, limits: Mapping[str, tuple[float, float]], *, such_as: str) -> Keyframes:
    """Lines such as `24: yaw=-30 smile=0.8`; `#` begins a comment. InputError names the line.

    limits: the names, and the least and greatest value of each. such_as: a line for messages.
    """
    keys: dict[int, dict[str, float]] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.partition("#")[0].strip()
        if not line:
            continue
        frame, colon, rest = line.partition(":")
        if not colon or not frame.strip().isdecimal():
            raise InputError(
                f"keyframes, line {number}: begin with a frame number and a colon, such as "
                f"{such_as!r}, not {line!r}"
            )
        values = keys.setdefault(int(frame), {})
        for item in re.split(r"[\s,]+", rest.strip()):
            name, _, value = item.partition("=")
            try:
                values[name] = _limited(name, value, limits)
            except ValueError as error:
                raise InputError(f"keyframes, line {number}: {error}") from error
    return keys


def eased(frames: int, keys: Sequence[tuple[int, float]]) -> list[float]:
    """Smooth steps through (frame, value), in order of the frames; at rest before and after."""
    at = np.array([frame for frame, _ in keys], np.float64)
    values = np.array([value for _, value in keys])
    place = np.interp(np.arange(frames), at, np.arange(len(keys), dtype=np.float64))
    left = np.minimum(np.floor(place).astype(int), len(keys) - 1)
    right = np.minimum(left + 1, len(keys) - 1)
    t = smoothstep(place - left)
    return (values[left] + (values[right] - values[left]) * t).tolist()


def _limited(name: str, text: str, limits: Mapping[str, tuple[float, float]]) -> float:
    if name not in limits:
        raise ValueError(f"{name!r} is none of {', '.join(limits)}")
    low, high = limits[name]
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{name} is a number, such as {name}={high:g}, not {text!r}") from None
    if not low <= value <= high:
        raise ValueError(f"{name} must lie in {low:g}..{high:g}, it is {value:g}")
    return value
