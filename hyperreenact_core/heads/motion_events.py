"""What clips are summed from: events that raise and lower actions, head and gaze for a while."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .expression import ACTIONS, FloatArray

_NAMES = (*ACTIONS, "yaw", "pitch", "roll", "gaze_yaw", "gaze_pitch", "seal", "blink")

CHANNELS = len(_NAMES)
"""What events change: the actions, the head and the gaze (deg, the gaze in the world), how firmly
speech closes the lips, and how far a blink closes the lids (both 0..1)."""

YAW, GAZE_YAW, GAZE_PITCH, SEAL, BLINK = (
    _NAMES.index(name) for name in ("yaw", "gaze_yaw", "gaze_pitch", "seal", "blink")
)

_LOOKAHEAD = 3.0
"""Seconds by which a script may announce events out of order."""


@dataclass(frozen=True, eq=False)
class Event:
    """Adds `change` [CHANNELS] from `start`, risen after `rise`, until `end`, gone after `fall`.

    Events that follow each other with the same ramp pass over smoothly without a dip between.
    """

    start: float
    end: float
    rise: float
    fall: float
    change: FloatArray

    def weight(self, t: FloatArray) -> FloatArray:
        """[T] in 0..1."""
        up = _ramp((t - self.start) / self.rise) - _ramp((t - self.end) / self.fall)
        return np.maximum(up, 0.0)


def _ramp(x: FloatArray) -> FloatArray:
    x = np.clip(x, 0.0, 1.0)
    return x * x * (3 - 2 * x)


def change_of(face: FloatArray | None = None, **channels: float) -> NDArray[np.float64]:
    """[CHANNELS] of the actions' values and of the channels given by name ("yaw")."""
    change = np.zeros(CHANNELS)
    if face is not None:
        change[: len(ACTIONS)] = face
    for name, value in channels.items():
        change[_NAMES.index(name)] = value
    return change


@dataclass(frozen=True)
class Style:
    """What sets the kinds apart; pairs are the least and the most, in seconds where they last.

    away: share of looks that leave the camera; far: share of large turns; sway: size of small
    ones in degrees.
    """

    syllables: tuple[int, int] = (0, 0)
    pause: tuple[float, float] = (1.0, 2.0)
    moods: tuple[str, ...] = ()
    gap: tuple[float, float] = (1.0, 2.0)
    strength: tuple[float, float] = (0.3, 1.0)
    away: float = 0.25
    far: float = 0.07
    sway: float = 8.0


@dataclass
class Script:
    """Events of one kind, announced ahead of time and forgotten when they are over."""

    source: Iterator[Event]
    known: list[Event] = field(default_factory=list[Event])
    announced: float = -np.inf

    def during(self, first: float, last: float) -> list[Event]:
        while self.announced < last + _LOOKAHEAD:
            event = next(self.source)
            self.known.append(event)
            self.announced = max(self.announced, event.start)
        self.known = [event for event in self.known if event.end + event.fall >= first]
        return self.known
