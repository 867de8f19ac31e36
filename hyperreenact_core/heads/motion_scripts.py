"""Scripts of what a face does besides speaking: blinks, looks, postures, moods, exercises.

Each invents events in seconds, forever, from its own stream of chance.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .expression import ACTIONS, MIRROR, coefficients
from .gaze import GAZE_REACH_DEG
from .motion_events import Event, Style, change_of
from .presets import PRESETS

_RELAXED = ("eyeL", "eyeB", "jaw", "tongue", "mouthC", "mouthFu", "mouthLo", "mouthU")
"""Beginnings of the names of what turns the eyes, closes the lids or parts the lips."""


def tension(rng: np.random.Generator, *, share: float) -> NDArray[np.float64]:
    """[52] of slight tension here and there, which neither opens the mouth nor turns the eyes."""
    tension = np.abs(rng.normal(0, 0.06, len(ACTIONS)))
    tense = rng.random(len(ACTIONS)) < share
    return np.where(tense & [not name.startswith(_RELAXED) for name in ACTIONS], tension, 0.0)


def _blink(rng: np.random.Generator, start: float) -> Event:
    """0.22 to 0.34 s, closing faster than opening; one in eight stays incomplete."""
    rise, hold, fall = rng.uniform(0.07, 0.1), rng.uniform(0.03, 0.06), rng.uniform(0.12, 0.18)
    depth = rng.uniform(0.6, 0.9) if rng.random() < 0.12 else 1.0
    return Event(start, start + rise + hold, rise, fall, change_of(blink=depth))


def blinks(rng: np.random.Generator) -> Iterator[Event]:
    """2 to 6 s apart, sometimes double."""
    clock = rng.uniform(0.2, 3.0)
    while True:
        yield _blink(rng, clock)
        if rng.random() < 0.12:
            yield _blink(rng, clock + rng.uniform(0.36, 0.5))
        clock += float(np.clip(rng.lognormal(np.log(3.2), 0.45), 2, 6))


def looks(rng: np.random.Generator, style: Style) -> Iterator[Event]:
    """Fixations of 0.3 to 2 s, mostly near the camera, with saccades between them."""
    clock, ramp = -1.0, 0.05
    here = rng.normal(0, 1.5, 2)
    while True:
        leaves = rng.random() < style.away
        there = rng.normal(0, (15, 9)) if leaves else rng.normal(0, 1.6, 2)
        end = clock + rng.uniform(0.3, 1.2 if leaves else 2.0)
        shift = float(np.hypot(*(there - here)))
        next_ramp = min(0.04 + 0.001 * shift, 0.06)
        yield Event(clock, end, ramp, next_ramp, change_of(gaze_yaw=here[0], gaze_pitch=here[1]))
        if shift > 12 and rng.random() < 0.45:
            yield _blink(rng, end - 0.02)
        clock, ramp, here = end, next_ramp, there


def postures(rng: np.random.Generator, style: Style) -> Iterator[Event]:
    """The head rests, drifts to the next posture, now and then turns far; eyes go ahead."""
    clock, duration = -10.0, 1.0
    here, there = np.zeros(3), rng.normal(0, style.sway * np.array([1.0, 0.6, 0.5]))
    ahead = np.zeros(2)
    while True:
        here, look = there, ahead
        far = rng.random() < style.far
        there = rng.normal(0, style.sway * np.array([1.0, 0.6, 0.5]))
        if far:
            there[0] = rng.uniform(28, 76) * rng.choice((-1, 1))
            there[1:] += rng.normal(0, (12, 7))
        # Whoever turns far mostly looks there, not only with the head.
        ahead = rng.uniform(0.3, 1.0) * there[:2] * far
        next_duration = 0.45 + float(np.abs(there - here).max()) / rng.uniform(70, 130)
        end = (0.0 if clock < 0 else clock + duration) + rng.uniform(0.3, 2.5)
        yaw, pitch, roll = here.tolist()
        posture = change_of(tension(rng, share=0.1), yaw=yaw, pitch=pitch, roll=roll)
        yield Event(clock, end, duration, next_duration, posture)
        toward = change_of(gaze_yaw=look[0], gaze_pitch=look[1])
        yield Event(clock, end, 0.06, 0.06, toward)
        if np.abs(ahead - look).max() > 15 and rng.random() < 0.6:
            yield _blink(rng, end - 0.02)
        clock, duration = end, next_duration


def moods(rng: np.random.Generator, style: Style) -> Iterator[Event]:
    """Faces that grow and fade, and move the head along."""
    clock = rng.uniform(0.0, style.gap[0])
    while True:
        face = coefficients(PRESETS[style.moods[rng.integers(len(style.moods))]])
        face = face[list(MIRROR)] if rng.random() < 0.5 else face
        face = face * rng.uniform(*style.strength) * np.exp(rng.normal(0, 0.2, len(ACTIONS)))
        rise, fall = rng.uniform(0.25, 0.9), rng.uniform(0.5, 1.8)
        yaw, pitch, roll = rng.normal(0, (3, 4, 4)).tolist()
        end = clock + rise + rng.uniform(0.3, 2.2)
        yield Event(clock, end, rise, fall, change_of(face, yaw=yaw, pitch=pitch, roll=roll))
        clock = end + 0.6 * fall + rng.uniform(*style.gap)


def exercises(rng: np.random.Generator) -> Iterator[Event]:
    """Every action by itself, nearly to the full, with what it cannot be without."""
    clock = 0.2
    while True:
        for index in rng.permutation(len(ACTIONS)).tolist():
            name, value = ACTIONS[index], float(rng.uniform(0.75, 1))
            rise, fall = rng.uniform(0.2, 0.4, 2)
            end = clock + rise + rng.uniform(0.15, 0.4)
            yield Event(clock, end, rise, fall, _exercise(name, value))
            clock = end + fall + rng.uniform(0.0, 0.25)


def _exercise(name: str, value: float) -> NDArray[np.float64]:
    if not name.startswith("eyeLook"):
        extra = {"mouthClose": {"jawOpen": 0.65}, "tongueOut": {"jawOpen": 0.35}}
        return change_of(coefficients({name: value, **extra.get(name, {})}))
    reach = value * GAZE_REACH_DEG
    if "Up" in name or "Down" in name:
        return change_of(gaze_pitch=reach if "Up" in name else -reach)
    return change_of(gaze_yaw=reach if name in ("eyeLookOutLeft", "eyeLookInRight") else -reach)
