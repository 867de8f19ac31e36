"""Clips: a person who talks, reacts, turns or exercises the face, as smooth functions of time.

A few scripts (speech, moods, blinks, gaze, posture) invent events in seconds, each from its own
stream of chance; a frame is the sum of the events that it lies in. So neither the frame rate nor
the length changes what happens, and only events near the present are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from ..errors import InputError
from .expression import ACTIONS, LEFT, MIRROR, FloatArray, columns, settled
from .gaze import gaze_coefficients, gaze_in_head, rotation_matrix, soft_stop
from .motion_events import BLINK, CHANNELS, GAZE_PITCH, GAZE_YAW, SEAL, YAW, Script, Style
from .motion_scripts import blinks, exercises, looks, moods, postures, tension
from .motion_speech import speech
from .performance import Performance
from .presets import EMOTIONS

MotionKind = Literal["talk", "react", "turn", "exercise"]
"""talk: phrases and few feelings; react: many faces, few words; turn: large movements of the
head; exercise: every action by itself, in a random order, over and over."""

_CHUNK = 32
"""Frames at a time."""

# fmt: off
_CHATTY = (
    "smile", "polite_smile", "broad_smile", "laugh", "surprise", "doubt", "thinking", "brows_up",
    "smirk_left", "smirk_right", "sadness", "shrug", "anger",
)
# fmt: on

_STYLES: dict[MotionKind, Style] = {
    "talk": Style((3, 15), (0.25, 1.3), _CHATTY, (1.5, 5.0), (0.3, 0.85)),
    "react": Style((1, 4), (1.2, 4.0), tuple(EMOTIONS), (0.2, 1.4), (0.5, 1.1), sway=9.0),
    "turn": Style((2, 8), (0.6, 2.5), _CHATTY, (1.5, 5.0), (0.3, 0.9), 0.3, far=0.65, sway=12.0),
    "exercise": Style(away=0.0, far=0.02, sway=3.0),
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


def _play(kind: MotionKind, seeds: list[int], *, frames: int, fps: float) -> Iterator[Performance]:
    style = _STYLES[kind]
    rngs = [np.random.default_rng(seed) for seed in seeds]
    actor = _draw_actor(rngs[0])
    sources = [blinks(rngs[1]), looks(rngs[2], style), postures(rngs[3], style)]
    if style.moods:
        sources += [moods(rngs[4], style), speech(rngs[5], style)]
    if kind == "exercise":
        sources.append(exercises(rngs[6]))
    scripts = [Script(source) for source in sources]
    for first in range(0, frames, _CHUNK):
        t = np.arange(first, min(first + _CHUNK, frames)) / fps
        total = np.zeros((len(t), CHANNELS))
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


def _draw_actor(rng: np.random.Generator) -> _Actor:
    rest = tension(rng, share=0.25)
    rest[columns("eyeBlink")] = abs(rng.normal(0, 0.06))
    lean = np.clip(rng.normal(0, 0.08, len(ACTIONS)), -0.2, 0.2)
    uneven = np.ones(len(ACTIONS))
    for i in LEFT:
        uneven[i], uneven[MIRROR[i]] = 1 + lean[i], 1 - lean[i]
    # Lids close and eyes turn together in spite of all else.
    uneven[[i for i, name in enumerate(ACTIONS) if name.startswith(("eyeL", "eyeB"))]] = 1.0
    return _Actor(rest, uneven, rng.uniform(1.6, 9.0, (3, 3)), rng.uniform(0, 2 * np.pi, (3, 3)))


def _perform(actor: _Actor, total: FloatArray, t: FloatArray) -> Iterator[Performance]:
    """From the events' sum [T, CHANNELS] to what the face does."""
    waves = np.sin(2 * np.pi * t[:, None, None] / actor.period_s + actor.phase)  # [T, 3, 3]
    head = total[:, YAW : YAW + 3] + 0.6 * waves.sum(-1)
    head = soft_stop(head, (80.0, 40.0, 35.0))
    turn = rotation_matrix(head[:, 0], head[:, 1], head[:, 2])
    # Eyes dip a little under closing lids.
    blink = np.clip(total[:, BLINK], 0, 1)
    gaze = gaze_in_head(total[:, GAZE_YAW], total[:, GAZE_PITCH] - 3 * blink, turn)
    # No muscle holds perfectly still.
    effort = 1 + 0.1 * waves[:, :, 0].mean(-1, keepdims=True)
    face = np.clip(actor.rest + total[:, : len(ACTIONS)] * actor.uneven * effort, 0, 1)

    seal = np.clip(total[:, SEAL], 0, 1)[:, None]
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
