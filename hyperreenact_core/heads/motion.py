"""Clips: a person who talks, reacts, turns or exercises the face, as smooth functions of time.

A few scripts (speech, moods, blinks, gaze, posture) invent events in seconds, each from its own
stream of chance; a frame is the sum of the events that it lies in. So neither the frame rate nor
the length changes what happens, and only events near the present are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .expression import (
    ACTIONS,
    EMOTIONS,
    LEFT,
    MIRROR,
    PRESETS,
    VISEMES,
    FloatArray,
    coefficients,
    columns,
    settled,
)
from .performance import (
    GAZE_REACH_DEG,
    Performance,
    gaze_coefficients,
    gaze_in_head,
    rotation_matrix,
    soft_stop,
)

MotionKind = Literal["talk", "react", "turn", "exercise"]
"""talk: phrases and few feelings; react: many faces, few words; turn: large movements of the
head; exercise: every action by itself, in a random order, over and over."""

_NAMES = (*ACTIONS, "yaw", "pitch", "roll", "gaze_yaw", "gaze_pitch", "seal", "blink")
_CHANNELS = len(_NAMES)
"""What events change: the actions, the head and the gaze (deg, the gaze in the world), how firmly
speech closes the lips, and how far a blink closes the lids (both 0..1)."""

_YAW, _GAZE_YAW, _GAZE_PITCH, _SEAL, _BLINK = (
    _NAMES.index(name) for name in ("yaw", "gaze_yaw", "gaze_pitch", "seal", "blink")
)

_CHUNK = 32
"""Frames at a time."""

_LOOKAHEAD = 3.0
"""Seconds by which a script may announce events out of order."""


@dataclass(frozen=True, eq=False)
class _Event:
    """Adds `change` [_CHANNELS] from `start`, risen after `rise`, until `end`, gone after `fall`.

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


def _change(face: FloatArray | None = None, **channels: float) -> NDArray[np.float64]:
    """[_CHANNELS] of the actions' values and of the channels given by name ("yaw")."""
    change = np.zeros(_CHANNELS)
    if face is not None:
        change[: len(ACTIONS)] = face
    for name, value in channels.items():
        change[_NAMES.index(name)] = value
    return change


@dataclass(frozen=True)
class _Style:
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


# fmt: off
_CHATTY = (
    "smile", "polite_smile", "broad_smile", "laugh", "surprise", "doubt", "thinking", "brows_up",
    "smirk_left", "smirk_right", "sadness", "shrug", "anger",
)
# fmt: on
_STYLES: dict[MotionKind, _Style] = {
    "talk": _Style((3, 15), (0.25, 1.3), _CHATTY, (1.5, 5.0), (0.3, 0.85)),
    "react": _Style((1, 4), (1.2, 4.0), tuple(EMOTIONS), (0.2, 1.4), (0.5, 1.1), sway=9.0),
    "turn": _Style((2, 8), (0.6, 2.5), _CHATTY, (1.5, 5.0), (0.3, 0.9), 0.3, far=0.65, sway=12.0),
    "exercise": _Style(away=0.0, far=0.02, sway=3.0),
}
_SHARES: dict[MotionKind, float] = {"talk": 0.45, "react": 0.25, "turn": 0.2, "exercise": 0.1}


def sample_motion(
    rng: np.random.Generator, *, frames: int, fps: float, kind: MotionKind | None = None
) -> Iterator[Performance]:
    """The frames of a clip, one by one; a kind is drawn where none is given.

    The same rng gives the same motion in seconds at every frame rate and length. InputError for
    an unknown kind, less than one frame, or a frame rate that is not positive.
    """
    if kind is not None and kind not in get_args(MotionKind):
        raise InputError(f"There is no motion {kind!r}: use {', '.join(get_args(MotionKind))}.")
    if frames < 1 or not fps > 0:
        raise InputError(f"{frames} frames at {fps} a second: both must be positive.")
    drawn = list(_SHARES)[rng.choice(len(_SHARES), p=list(_SHARES.values()))]
    seeds = rng.integers(2**63, size=7).tolist()
    return _play(kind or drawn, seeds, frames=frames, fps=fps)


@dataclass
class _Script:
    """Events of one kind, announced ahead of time and forgotten when they are over."""

    source: Iterator[_Event]
    known: list[_Event] = field(default_factory=list[_Event])
    announced: float = -np.inf

    def during(self, first: float, last: float) -> list[_Event]:
        while self.announced < last + _LOOKAHEAD:
            event = next(self.source)
            self.known.append(event)
            self.announced = max(self.announced, event.start)
        self.known = [event for event in self.known if event.end + event.fall >= first]
        return self.known


def _play(kind: MotionKind, seeds: list[int], *, frames: int, fps: float) -> Iterator[Performance]:
    style = _STYLES[kind]
    rngs = [np.random.default_rng(seed) for seed in seeds]
    actor = _draw_actor(rngs[0])
    sources = [_blinks(rngs[1]), _looks(rngs[2], style), _postures(rngs[3], style)]
    if style.moods:
        sources += [_moods(rngs[4], style), _speech(rngs[5], style)]
    if kind == "exercise":
        sources.append(_exercises(rngs[6]))
    scripts = [_Script(source) for source in sources]
    for first in range(0, frames, _CHUNK):
        t = np.arange(first, min(first + _CHUNK, frames)) / fps
        total = np.zeros((len(t), _CHANNELS))
        for script in scripts:
            for event in script.during(float(t[0]), float(t[-1])):
                total += event.weight(t)[:, None] * event.change
        yield from _perform(actor, total, t)


@dataclass(frozen=True, eq=False)
class _Actor:
    """What stays the same in a clip: the face at rest, how uneven it is, how the head trembles.

    rest, uneven: [52]; period_s, phase: [3, 3] of three waves for each axis of the head.
    """

    rest: FloatArray
    uneven: FloatArray
    period_s: FloatArray
    phase: FloatArray


_RELAXED = ("eyeL", "eyeB", "jaw", "tongue", "mouthC", "mouthFu", "mouthLo", "mouthU")
"""Beginnings of the names of what turns the eyes, closes the lids or parts the lips."""


def _tension(rng: np.random.Generator, *, share: float) -> NDArray[np.float64]:
    """[52] of slight tension here and there, which neither opens the mouth nor turns the eyes."""
    tension = np.abs(rng.normal(0, 0.06, len(ACTIONS)))
    tense = rng.random(len(ACTIONS)) < share
    return np.where(tense & [not name.startswith(_RELAXED) for name in ACTIONS], tension, 0.0)


def _draw_actor(rng: np.random.Generator) -> _Actor:
    rest = _tension(rng, share=0.25)
    rest[columns("eyeBlink")] = abs(rng.normal(0, 0.06))
    lean = np.clip(rng.normal(0, 0.08, len(ACTIONS)), -0.2, 0.2)
    uneven = np.ones(len(ACTIONS))
    for i in LEFT:
        uneven[i], uneven[MIRROR[i]] = 1 + lean[i], 1 - lean[i]
    # Lids close and eyes turn together in spite of all else.
    uneven[[i for i, name in enumerate(ACTIONS) if name.startswith(("eyeL", "eyeB"))]] = 1.0
    return _Actor(rest, uneven, rng.uniform(1.6, 9.0, (3, 3)), rng.uniform(0, 2 * np.pi, (3, 3)))


def _perform(actor: _Actor, total: FloatArray, t: FloatArray) -> Iterator[Performance]:
    """From the events' sum [T, _CHANNELS] to what the face does."""
    waves = np.sin(2 * np.pi * t[:, None, None] / actor.period_s + actor.phase)  # [T, 3, 3]
    head = total[:, _YAW : _YAW + 3] + 0.6 * waves.sum(-1)
    head = soft_stop(head, (80.0, 40.0, 35.0))
    turn = rotation_matrix(head[:, 0], head[:, 1], head[:, 2])
    # Eyes dip a little under closing lids.
    blink = np.clip(total[:, _BLINK], 0, 1)
    gaze = gaze_in_head(total[:, _GAZE_YAW], total[:, _GAZE_PITCH] - 3 * blink, turn)
    # No muscle holds perfectly still.
    effort = 1 + 0.1 * waves[:, :, 0].mean(-1, keepdims=True)
    face = np.clip(actor.rest + total[:, : len(ACTIONS)] * actor.uneven * effort, 0, 1)

    seal = np.clip(total[:, _SEAL], 0, 1)[:, None]
    parting = [i for n in ("mouthUpperUp", "mouthLowerDown", "mouthFunnel") for i in columns(n)]
    jaw, close = columns("jawOpen"), columns("mouthClose")
    face[:, [*parting, *columns("tongueOut")]] *= 1 - seal
    face[:, jaw] *= 1 - 0.7 * seal
    face[:, close] = np.maximum(face[:, close], face[:, jaw] * seal)

    face += gaze_coefficients(*gaze)
    lids = columns("eyeBlink")
    face[:, lids] = 1 - (1 - np.clip(face[:, lids], 0, 1)) * (1 - blink[:, None])
    for expression, (yaw, pitch, roll) in zip(settled(face), head.tolist(), strict=True):
        yield Performance(expression, yaw_deg=yaw, pitch_deg=pitch, roll_deg=roll)


def _blink(rng: np.random.Generator, start: float) -> _Event:
    """0.22 to 0.34 s, closing faster than opening; one in eight stays incomplete."""
    rise, hold, fall = rng.uniform(0.07, 0.1), rng.uniform(0.03, 0.06), rng.uniform(0.12, 0.18)
    depth = rng.uniform(0.6, 0.9) if rng.random() < 0.12 else 1.0
    return _Event(start, start + rise + hold, rise, fall, _change(blink=depth))


def _blinks(rng: np.random.Generator) -> Iterator[_Event]:
    """2 to 6 s apart, sometimes double."""
    clock = rng.uniform(0.2, 3.0)
    while True:
        yield _blink(rng, clock)
        if rng.random() < 0.12:
            yield _blink(rng, clock + rng.uniform(0.36, 0.5))
        clock += float(np.clip(rng.lognormal(np.log(3.2), 0.45), 2, 6))


def _looks(rng: np.random.Generator, style: _Style) -> Iterator[_Event]:
    """Fixations of 0.3 to 2 s, mostly near the camera, with saccades between them."""
    clock, ramp = -1.0, 0.05
    here = rng.normal(0, 1.5, 2)
    while True:
        leaves = rng.random() < style.away
        there = rng.normal(0, (15, 9)) if leaves else rng.normal(0, 1.6, 2)
        end = clock + rng.uniform(0.3, 1.2 if leaves else 2.0)
        shift = float(np.hypot(*(there - here)))
        next_ramp = min(0.04 + 0.001 * shift, 0.06)
        yield _Event(clock, end, ramp, next_ramp, _change(gaze_yaw=here[0], gaze_pitch=here[1]))
        if shift > 12 and rng.random() < 0.45:
            yield _blink(rng, end - 0.02)
        clock, ramp, here = end, next_ramp, there


def _postures(rng: np.random.Generator, style: _Style) -> Iterator[_Event]:
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
        posture = _change(_tension(rng, share=0.1), yaw=yaw, pitch=pitch, roll=roll)
        yield _Event(clock, end, duration, next_duration, posture)
        toward = _change(gaze_yaw=look[0], gaze_pitch=look[1])
        yield _Event(clock, end, 0.06, 0.06, toward)
        if np.abs(ahead - look).max() > 15 and rng.random() < 0.6:
            yield _blink(rng, end - 0.02)
        clock, duration = end, next_duration


def _moods(rng: np.random.Generator, style: _Style) -> Iterator[_Event]:
    """Faces that grow and fade, and move the head along."""
    clock = rng.uniform(0.0, style.gap[0])
    while True:
        face = coefficients(PRESETS[style.moods[rng.integers(len(style.moods))]])
        face = face[list(MIRROR)] if rng.random() < 0.5 else face
        face = face * rng.uniform(*style.strength) * np.exp(rng.normal(0, 0.2, len(ACTIONS)))
        rise, fall = rng.uniform(0.25, 0.9), rng.uniform(0.5, 1.8)
        yaw, pitch, roll = rng.normal(0, (3, 4, 4)).tolist()
        end = clock + rise + rng.uniform(0.3, 2.2)
        yield _Event(clock, end, rise, fall, _change(face, yaw=yaw, pitch=pitch, roll=roll))
        clock = end + 0.6 * fall + rng.uniform(*style.gap)


_VOWELS = ("aa", "eh", "ee", "ih", "oh", "oo")
_CONSONANTS = ("mm", "ll", "ss", "kk", "ff", "ww", "sh", "th")
_CONSONANT_SHARES = (0.24, 0.26, 0.15, 0.12, 0.08, 0.06, 0.06, 0.03)
_ROUND = np.isin(ACTIONS, ("mouthPucker", "mouthFunnel"))
_EARLY, _LATE = 0.07, 0.05
"""Seconds by which lips round ahead of the sound and stay round after it."""


def _speech(rng: np.random.Generator, style: _Style) -> Iterator[_Event]:
    """Phrases of syllables, 4 to 6 a second, and pauses; stress moves brows and head."""
    clock = rng.uniform(0.15, 0.8)
    while True:
        if rng.random() < 0.5:
            breath = coefficients({"jawOpen": float(rng.uniform(0.04, 0.12))})
            yield _Event(clock - 0.35, clock - 0.05, 0.2, 0.15, _change(breath))
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


def _mouths(sounds: list[tuple[str, float, float]], start: float) -> Iterator[_Event]:
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
        lips = _change(np.where(_ROUND, 0, face), seal=float(viseme == "mm"))
        begin, end, rise, fall = edges[k], edges[k + 1], ramps[k], ramps[k + 1]
        yield _Event(begin - rise / 2, end - fall / 2, rise, fall, lips)
        rise, fall = rise + _EARLY + _LATE, fall + _EARLY + _LATE
        rounding = _change(np.where(_ROUND, face, 0))
        yield _Event(begin - rise / 2 - 0.01, end - fall / 2 - 0.01, rise, fall, rounding)


def _stress(rng: np.random.Generator, moment: float) -> Iterator[_Event]:
    """With a stressed syllable: a nod, tilt or small shake, and brows that go along."""
    if rng.random() < 0.6:
        nod = -rng.uniform(2, 8) * (1 if rng.random() < 0.8 else -0.6)
        move = _change(pitch=nod, yaw=rng.normal(0, 2), roll=rng.normal(0, 1.5))
        rise = rng.uniform(0.14, 0.22)
        yield _Event(moment - 0.1, moment - 0.1 + rise, rise, rng.uniform(0.25, 0.45), move)
    if rng.random() < 0.4:
        height = float(rng.uniform(0.15, 0.7))
        down = rng.random() < 0.25
        values = {"browDown": 0.8 * height}
        if not down:
            values = {"browInnerUp": height, "browOuterUp": 0.9 * height}
        rise, hold = rng.uniform(0.12, 0.2), rng.uniform(0.05, 0.3)
        brows = _change(coefficients(values))
        yield _Event(moment - 0.12, moment - 0.12 + rise + hold, rise, 0.3, brows)


def _exercises(rng: np.random.Generator) -> Iterator[_Event]:
    """Every action by itself, nearly to the full, with what it cannot be without."""
    clock = 0.2
    while True:
        for index in rng.permutation(len(ACTIONS)).tolist():
            name, value = ACTIONS[index], float(rng.uniform(0.75, 1))
            rise, fall = rng.uniform(0.2, 0.4, 2)
            end = clock + rise + rng.uniform(0.15, 0.4)
            yield _Event(clock, end, rise, fall, _exercise(name, value))
            clock = end + fall + rng.uniform(0.0, 0.25)


def _exercise(name: str, value: float) -> NDArray[np.float64]:
    if not name.startswith("eyeLook"):
        extra = {"mouthClose": {"jawOpen": 0.65}, "tongueOut": {"jawOpen": 0.35}}
        return _change(coefficients({name: value, **extra.get(name, {})}))
    reach = value * GAZE_REACH_DEG
    if "Up" in name or "Down" in name:
        return _change(gaze_pitch=reach if "Up" in name else -reach)
    return _change(gaze_yaw=reach if name in ("eyeLookOutLeft", "eyeLookInRight") else -reach)
