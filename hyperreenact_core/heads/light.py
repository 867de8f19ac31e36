"""The light on a head: a key, a fill and a rim light, and what comes from all around."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Lamp:
    """direction: unit vector towards the lamp; colour: linear, of a white surface facing it."""

    direction: Triple
    colour: Triple


@dataclass(frozen=True)
class Light:
    """around: colours from +x, -x, +y, -y, +z and -z. softness: of shadows, 0 to 1."""

    key: Lamp
    fill: Lamp
    rim: Lamp
    around: tuple[Triple, Triple, Triple, Triple, Triple, Triple]
    softness: float


DAYLIGHT = Light(
    key=Lamp((0.45, 0.5, 0.74), (0.75, 0.72, 0.68)),
    fill=Lamp((-0.6, 0.1, 0.79), (0.18, 0.19, 0.2)),
    rim=Lamp((-0.5, 0.4, -0.77), (0.0, 0.0, 0.0)),
    around=(
        *((0.3, 0.3, 0.3), (0.3, 0.3, 0.3)),
        *((0.42, 0.42, 0.42), (0.2, 0.2, 0.2)),
        *((0.34, 0.34, 0.34), (0.25, 0.25, 0.25)),
    ),
    softness=0.6,
)
"""A plain, friendly light."""


def sample_light(
    rng: np.random.Generator, surroundings: NDArray[np.floating] | None = None
) -> Light:
    """A light; `surroundings` [3], linear, colours what comes from all around."""
    side = float(rng.normal(0, 0.75)) if rng.random() < 0.9 else float(rng.uniform(-3.1, 3.1))
    height = float(rng.uniform(-0.15, 1.1))
    key = _lamp(side, height, _warmth(rng) * rng.uniform(0.15, 1.5))
    fill = _lamp(
        -side + float(rng.normal(0, 0.5)),
        float(rng.uniform(-0.3, 0.6)),
        _warmth(rng) * rng.uniform(0, 0.35),
    )
    has_rim = rng.random() < 0.35
    rim = _lamp(
        float(rng.choice([-1, 1]) * rng.uniform(1.9, 2.8)),
        float(rng.uniform(0, 0.9)),
        _warmth(rng) * rng.uniform(0.3, 2.0) * has_rim,
    )
    colour = _warmth(rng)
    if surroundings is not None:
        tint = np.asarray(surroundings) / max(float(np.mean(surroundings)), 1e-3)
        colour = colour * (0.6 + 0.4 * tint)
    level = float(rng.uniform(0.12, 0.6))
    factors = rng.uniform(0.6, 1.4, (6, 1)) * rng.uniform(0.92, 1.08, (6, 3))
    factors[2] *= rng.uniform(1.0, 1.6)  # the sky
    factors[3] *= rng.uniform(0.4, 0.9)  # the floor
    around = factors * colour * level
    return _exposed(rng, key, fill, rim, around, softness=float(rng.beta(2, 1.6)))


def _lamp(side: float, height: float, colour: NDArray[np.floating]) -> Lamp:
    """side, height: angles in radians from where the face looks."""
    direction = (np.sin(side) * np.cos(height), np.sin(height), np.cos(side) * np.cos(height))
    return Lamp(_triple(np.array(direction)), _triple(colour))


def _warmth(rng: np.random.Generator) -> NDArray[np.float64]:
    """The colour of a lamp, from candle to shade."""
    warm = float(np.clip(rng.normal(0.1, 0.5), -1, 1.4))
    return np.array([1 + 0.12 * warm, 1.0, 1 - 0.28 * warm])


def _exposed(
    rng: np.random.Generator,
    key: Lamp,
    fill: Lamp,
    rim: Lamp,
    around: NDArray[np.floating],
    *,
    softness: float,
) -> Light:
    """Scale all lights as a camera would: the brighter side of a face is well exposed."""
    front = around[[0, 1, 2, 4]].mean() + 0.25 * around[4].mean()
    total = front + float(np.mean(fill.colour))
    for normal in ((0.0, 0.2, 0.98), (0.5, 0.1, 0.86), (-0.5, 0.1, 0.86)):
        toward = max(float(np.dot(normal, key.direction)), 0) * float(np.mean(key.colour))
        total = max(total, front + toward)
    scale = float(np.exp(rng.normal(np.log(0.95), 0.22))) / total
    six = [_triple(colour * scale) for colour in around]

    def scaled(lamp: Lamp) -> Lamp:
        return Lamp(lamp.direction, _triple(np.array(lamp.colour) * scale))

    return Light(
        scaled(key),
        scaled(fill),
        scaled(rim),
        (six[0], six[1], six[2], six[3], six[4], six[5]),
        softness,
    )


def _triple(values: NDArray[np.floating]) -> Triple:
    x, y, z = (float(value) for value in values)
    return x, y, z
