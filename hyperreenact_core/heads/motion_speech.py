"""The script of speech: phrases of syllables, with mouths, nods and brows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .expression import ACTIONS, coefficients
from .motion_events import Event, Style, change_of
from .presets import VISEMES

_VOWELS = ("aa", "eh", "ee", "ih", "oh", "oo")
_CONSONANTS = ("mm", "ll", "ss", "kk", "ff", "ww", "sh", "th")
_CONSONANT_SHARES = (0.24, 0.26, 0.15, 0.12, 0.08, 0.06, 0.06, 0.03)
_ROUND = np.isin(ACTIONS, ("mouthPucker", "mouthFunnel"))

_EARLY, _LATE = 0.07, 0.05
"""Seconds by which lips round ahead of the sound and stay round after it."""


def speech(rng: np.random.Generator, style: Style) -> Iterator[Event]:
    """Phrases of syllables, 4 to 6 a second, and pauses; stress moves brows and head."""
    clock = rng.uniform(0.15, 0.8)
    while True:
        if rng.random() < 0.5:
            breath = coefficients({"jawOpen": float(rng.uniform(0.04, 0.12))})
            yield Event(clock - 0.35, clock - 0.05, 0.2, 0.15, change_of(breath))
        rate, loudness = rng.uniform(4.1, 5.9), rng.uniform(0.55, 1.25)
        sounds: list[tuple[str, float, float]] = []  # viseme, strength, end
        stresses: dict[int, float] = {}
        start = clock
        for _ in range(rng.integers(style.syllables[0], style.syllables[1] + 1)):
            stressed = rng.random() < 0.3
            length = (1.15 if stressed else 0.95) * rng.uniform(0.88, 1.12) / rate
            consonant = _CONSONANTS[rng.choice(len(_CONSONANTS), p=_CONSONANT_SHARES)]
            onset = clock + max(length * rng.uniform(0.32, 0.45), 0.1 * (consonant == "mm"))
            sounds.append((consonant, 1.0, onset))
            if stressed:
                stresses[len(sounds)] = onset
            clock += length
            strength = loudness * rng.uniform(0.8, 1.2) * (1.25 if stressed else 0.9)
            sounds.append((_VOWELS[rng.integers(len(_VOWELS))], strength, clock))
        for index, event in enumerate(_mouths(sounds, start)):
            yield event
            # Two events make a sound.
            if index % 2 == 0 and index // 2 in stresses:
                yield from _stress(rng, stresses[index // 2])
        clock += rng.uniform(*style.pause)


def _mouths(sounds: list[tuple[str, float, float]], start: float) -> Iterator[Event]:
    """Two events a sound, jaw and lips, and their rounding, which is slower and comes earlier.

    sounds: viseme, strength, end in seconds. Each takes over where the one before lets go, so
    that short sounds between others do not reach their full shape.
    """
    edges = [start, *(end for _, _, end in sounds)]
    lengths = np.diff(edges)
    ramps: list[float] = []
    for k in range(len(edges)):
        around = sounds[max(k - 1, 0) : k + 1]
        shortest = float(lengths[max(k - 1, 0) : k + 1].min())
        # Closures of m, b and p are quick, or the lips would never meet.
        closes = any(viseme == "mm" for viseme, _, _ in around)
        ramps.append(0.055 if closes else min(0.1, 0.85 * shortest))
    for k, (viseme, strength, _) in enumerate(sounds):
        face = coefficients(VISEMES[viseme]) * strength
        lips = change_of(np.where(_ROUND, 0, face), seal=float(viseme == "mm"))
        begin, end, rise, fall = edges[k], edges[k + 1], ramps[k], ramps[k + 1]
        yield Event(begin - rise / 2, end - fall / 2, rise, fall, lips)
        rise, fall = rise + _EARLY + _LATE, fall + _EARLY + _LATE
        rounding = change_of(np.where(_ROUND, face, 0))
        yield Event(begin - rise / 2 - 0.01, end - fall / 2 - 0.01, rise, fall, rounding)


def _stress(rng: np.random.Generator, moment: float) -> Iterator[Event]:
    """With a stressed syllable: a nod, tilt or small shake, and brows that go along."""
    if rng.random() < 0.6:
        nod = -rng.uniform(2, 8) * (1 if rng.random() < 0.8 else -0.6)
        move = change_of(pitch=nod, yaw=rng.normal(0, 2), roll=rng.normal(0, 1.5))
        rise = rng.uniform(0.14, 0.22)
        yield Event(moment - 0.1, moment - 0.1 + rise, rise, rng.uniform(0.25, 0.45), move)
    if rng.random() < 0.4:
        height = float(rng.uniform(0.15, 0.7))
        down = rng.random() < 0.25
        values = {"browDown": 0.8 * height}
        if not down:
            values = {"browInnerUp": height, "browOuterUp": 0.9 * height}
        rise, hold = rng.uniform(0.12, 0.2), rng.uniform(0.05, 0.3)
        brows = change_of(coefficients(values))
        yield Event(moment - 0.12, moment - 0.12 + rise + hold, rise, 0.3, brows)
