"""Still performances: an expression and the turn of the head, drawn as real pictures show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .expression import (
    ACTIONS,
    LEFT,
    MIRROR,
    UPPER,
    Expression,
    FloatArray,
    coefficients,
    columns,
    settled,
)
from .gaze import GAZE_REACH_DEG, gaze_coefficients, gaze_in_head, rotation_matrix
from .presets import EMOTIONS, PRESETS, VISEMES

_PLAY = {
    name: face for name, face in PRESETS.items() if name not in EMOTIONS and name not in VISEMES
}


@dataclass(frozen=True, eq=False)
class Performance:
    """What a face does at one moment.

    expression: [52] in 0..1, in the order of ACTIONS.
    yaw_deg: about y; positive turns the face towards +x, the viewer's right.
    pitch_deg: about -x; positive lifts the face up.
    roll_deg: about z; positive tilts the top of the head towards -x, the viewer's left.
    """

    expression: Expression
    yaw_deg: float
    pitch_deg: float
    roll_deg: float


def rotation(performance: Performance) -> NDArray[np.float64]:
    """[3, 3] with world = R @ rest, about the joint of head and neck."""
    return rotation_matrix(performance.yaw_deg, performance.pitch_deg, performance.roll_deg)


def mirrored(performance: Performance) -> Performance:
    """The same moment in a mirror."""
    return Performance(
        expression=performance.expression[list(MIRROR)],
        yaw_deg=-performance.yaw_deg,
        pitch_deg=performance.pitch_deg,
        roll_deg=-performance.roll_deg,
    )


def sample_performance(rng: np.random.Generator) -> Performance:
    """One moment as training pictures need it: all that faces do, rare things more often."""
    yaw, pitch, roll = _sample_turn(rng)
    single = rng.random() < 1 / 12
    face = _sample_single(rng) if single else _sample_face(rng)
    gaze = _sample_gaze(rng, rotation_matrix(yaw, pitch, roll))
    # A single look of the eyes stays the only one.
    looks = face[[i for i, name in enumerate(ACTIONS) if name.startswith("eyeLook")]].any()
    face = settled(face if looks else face + gaze)
    performance = Performance(face, yaw_deg=yaw, pitch_deg=pitch, roll_deg=roll)
    # Lists of faces and habits favour a side; mirrors do not.
    return mirrored(performance) if rng.random() < 0.5 else performance


def _sample_turn(rng: np.random.Generator) -> tuple[float, float, float]:
    """Yaw, pitch and roll of the head: mostly near the front, with heavy tails."""
    yaw = rng.uniform(30, 80) * rng.choice((-1, 1)) if rng.random() < 0.23 else rng.normal(0, 18)
    pitch = rng.uniform(-40, 40) if rng.random() < 0.15 else rng.normal(0, 11)
    roll = rng.uniform(-35, 35) if rng.random() < 0.12 else rng.normal(0, 8)
    limits = (80.0, 40.0, 35.0)
    yaw, pitch, roll = np.clip((yaw, pitch, roll), np.negative(limits), limits).tolist()
    return yaw, pitch, roll


def _sample_gaze(rng: np.random.Generator, turn: FloatArray) -> NDArray[np.float32]:
    """At the camera in a third of the pictures, else anywhere and often as far as eyes go."""
    if rng.random() < 0.35:
        yaw, pitch = gaze_in_head(rng.normal(0, 2.5), rng.normal(0, 2.5), turn)
    else:
        yaw, pitch = np.clip(1.5 * rng.uniform(-1, 1, 2), -1, 1) * GAZE_REACH_DEG
    return gaze_coefficients(yaw, pitch)


def _sample_single(rng: np.random.Generator) -> Expression:
    """One action at half strength or more, with what it cannot be without."""
    name = ACTIONS[rng.integers(len(ACTIONS))]
    value = float(rng.uniform(0.5, 1))
    if name.startswith("eyeLook"):
        reach = value * GAZE_REACH_DEG
        sideways = reach if name in ("eyeLookOutLeft", "eyeLookInRight") else -reach
        if "Up" in name or "Down" in name:
            return gaze_coefficients(0.0, reach if "Up" in name else -reach)
        return gaze_coefficients(sideways, 0.0)
    values = {name: value}
    if name == "mouthClose":
        values = {name: 0.4 + 0.2 * value, "jawOpen": float(rng.uniform(0.6, 0.8))}
    if name == "tongueOut":
        values["jawOpen"] = float(rng.uniform(0.25, 0.6))
    return coefficients(values)


def _sample_face(rng: np.random.Generator) -> FloatArray:
    """[52] before the rules of `settled`: a main face, then brows, lids and chance on top."""
    kinds: tuple[tuple[float, Callable[[np.random.Generator], FloatArray]], ...] = (
        (0.15, _sample_quiet),
        (0.23, _sample_smile),
        (0.22, _sample_speech),
        (0.16, lambda rng: _preset(rng, EMOTIONS) * rng.uniform(0.3, 1.15)),
        (0.13, _sample_play),
        (0.11, _sample_blend),
    )
    weights = np.array([weight for weight, _ in kinds])
    face = kinds[rng.choice(len(kinds), p=weights / weights.sum())][1](rng)
    if rng.random() < 0.06:
        face[columns("jawOpen")] += rng.uniform(0.3, 1)
    if rng.random() < 0.35:
        some = rng.choice(len(ACTIONS), rng.integers(1, 5), replace=False)
        face[some] += np.abs(rng.normal(0, 0.25, len(some)))
    face += _sample_brows(rng) + _sample_lids(rng)
    # The eyes only ever look together, so chance leaves them out.
    face[[i for i, name in enumerate(ACTIONS) if name.startswith("eyeLook")]] = 0
    return _uneven(rng, np.clip(face, 0, 1))


def _sample_quiet(rng: np.random.Generator) -> FloatArray:
    """At rest, with the slight tension that living faces have."""
    tension = np.abs(rng.normal(0, 0.07, len(ACTIONS)))
    return np.where(rng.random(len(ACTIONS)) < 0.3, tension, 0.0)


def _sample_smile(rng: np.random.Generator) -> FloatArray:
    """Of all strengths, with closed lips or showing teeth, polite or with the eyes."""
    strength = rng.beta(2.2, 2.4)
    teeth = rng.random() if rng.random() < 0.6 else 0.0
    eyes = rng.random()
    jaw = max(0.0, rng.normal(0.12, 0.12)) if teeth else 0.0
    values = {
        "mouthSmile": strength,
        "mouthUpperUp": 0.65 * teeth * strength,
        "mouthLowerDown": 0.6 * teeth * strength * rng.random(),
        "mouthPress": 0.3 * rng.random() * (not teeth),
        "mouthDimple": 0.4 * rng.random() * strength,
        "cheekSquint": eyes * strength,
        "eyeSquint": 0.8 * eyes * strength,
        "jawOpen": min(jaw, 1.0),
    }
    return coefficients(values)


def _sample_speech(rng: np.random.Generator) -> FloatArray:
    """Between two mouths of speech, quiet to loud, sometimes smiling or with the lips closed."""
    between = rng.random()
    face = between * _preset(rng, VISEMES) + (1 - between) * _preset(rng, VISEMES)
    face[columns("jawOpen")] *= rng.uniform(0.4, 1.5)
    face = face * rng.uniform(0.7, 1.2)
    if rng.random() < 0.08:
        face[columns("mouthClose")] = face[columns("jawOpen")] * rng.uniform(0.3, 1)
    return face + 0.5 * _sample_smile(rng) if rng.random() < 0.25 else face


def _sample_play(rng: np.random.Generator) -> FloatArray:
    """Made on purpose, at any strength: what speech and feelings leave out, or two of anything."""
    if rng.random() < 0.6:
        return _preset(rng, _PLAY) * rng.uniform(0.4, 1.2)
    return _preset(rng, PRESETS) * rng.uniform(0.4, 1.2) + _preset(rng, PRESETS) * rng.random()


def _sample_blend(rng: np.random.Generator) -> FloatArray:
    """The eyes of one face and the mouth of another."""
    face = _preset(rng, PRESETS) * rng.uniform(0.3, 1.1)
    face[list(UPPER)] = _preset(rng, EMOTIONS)[list(UPPER)] * rng.uniform(0.3, 1.1)
    return face


def _preset(rng: np.random.Generator, table: Mapping[str, Mapping[str, float]]) -> FloatArray:
    """One face of a table, every action a little stronger or weaker."""
    face = coefficients(table[list(table)[rng.integers(len(table))]]).astype(float)
    return face * _pairwise(rng, np.exp(rng.normal(0, 0.25, len(ACTIONS))))


def _pairwise(rng: np.random.Generator, values: FloatArray) -> FloatArray:
    """The same on both sides."""
    values = values.copy()
    values[[MIRROR[i] for i in LEFT]] = values[list(LEFT)]
    return values


def _sample_brows(rng: np.random.Generator) -> FloatArray:
    """In half of the pictures brows move on their own, often all the way."""
    if rng.random() < 0.5:
        return np.zeros(len(ACTIONS))
    value, second = np.minimum(1.5 * rng.random(2), 1.0)
    patterns: tuple[dict[str, float], ...] = (
        {"browInnerUp": value, "browOuterUp": value * (0.5 + 0.5 * second)},
        {"browInnerUp": value},
        {"browOuterUp": value},
        {"browOuterUpLeft": value, "browInnerUp": 0.4 * value * second},
        {"browDown": value},
        {"browDown": value},
        {"browOuterUpLeft": value, "browDownRight": second},
        {"browDown": value, "browInnerUp": second},
    )
    return coefficients(patterns[rng.integers(len(patterns))])


def _sample_lids(rng: np.random.Generator) -> FloatArray:
    """Blinks from half to full, winks, tired, wide and narrow eyes."""
    value, kind = rng.random(), rng.random()
    for share, values in (
        (0.085, {"eyeBlink": 0.5 + 0.5 * value}),
        (0.03, {"eyeBlinkLeft": 0.5 + 0.5 * value, "cheekSquintLeft": 0.5 * value}),
        (0.17, {"eyeBlink": 0.35 * value}),
        (0.09, {"eyeWide": 0.1 + 0.7 * value}),
        (0.12, {"eyeSquint": 0.1 + 0.9 * value}),
    ):
        if kind < share:
            return coefficients(values)
        kind -= share
    return np.zeros(len(ACTIONS))


def _uneven(rng: np.random.Generator, face: FloatArray) -> FloatArray:
    """Both sides of brows, eyes and mouth differ a little, now and then much."""
    face = face.copy()
    for start in ("brow", "eye", ("cheek", "nose"), "mouth"):
        much = rng.random() < 0.08
        lean = float(np.clip(rng.normal(0, 0.4 if much else 0.07), -0.8, 0.8))
        for i in LEFT:
            if ACTIONS[i].startswith(start):
                face[i] *= 1 + lean
                face[MIRROR[i]] *= 1 - lean
    return np.clip(face, 0, 1)
