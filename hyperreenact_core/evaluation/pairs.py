"""The pairs of the test: a source picture, a driving picture, and the picture that is right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from ..heads.performance import Performance, sample_performance

Kind = Literal["self", "cross"]
KINDS: tuple[Kind, ...] = get_args(Kind)

EXTREME_YAW_DEG = 45.0
"""Pairs whose yaws differ by more form the extreme subset."""
_EXTREME_EVERY = 4
"""One pair in so many is drawn until it is extreme; of the others about one in three is."""
_PAIR_STREAM = 0xE7A1
"""Keeps the random numbers of pairs apart from those of other uses of the same seed."""


@dataclass(frozen=True)
class Moment:
    """What a head does: its turn as in `heads.performance`, expression: the 52 coefficients."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    expression: tuple[float, ...]

    @staticmethod
    def of(performance: Performance) -> Moment:
        p = performance
        return Moment(p.yaw_deg, p.pitch_deg, p.roll_deg, tuple(p.expression.tolist()))

    @property
    def performance(self) -> Performance:
        return Performance(
            np.array(self.expression, np.float32),
            yaw_deg=self.yaw_deg,
            pitch_deg=self.pitch_deg,
            roll_deg=self.roll_deg,
        )


@dataclass(frozen=True)
class Scene:
    """All that determines one picture; person, surroundings (and light): seeds."""

    person: int
    moment: Moment
    surroundings: int


@dataclass(frozen=True)
class Pair:
    """A source and a driving picture, each the face crop of its scene."""

    source: Scene
    driving: Scene

    @property
    def truth(self) -> Scene:
        """The source's person and surroundings in the driving pose and expression."""
        return replace(self.source, moment=self.driving.moment)

    @property
    def turn_deg(self) -> float:
        """By how much the head has to turn: the difference of the yaws, at least 0."""
        return _turn_deg(self.source.moment, self.driving.moment)

    @property
    def is_extreme(self) -> bool:
        """Whether the head has to turn by more than EXTREME_YAW_DEG."""
        return self.turn_deg > EXTREME_YAW_DEG


def sample_pairs(kind: Kind, count: int, *, first_identity: int, seed: int) -> tuple[Pair, ...]:
    """`count` pairs of distinct people; the same arguments always give the same pairs.

    Pair k shows person first_identity + k. "self": the driving picture shows the same person in
    the same surroundings. "cross": it shows person first_identity + count + k in another one.
    """
    return tuple(
        _sample_pair(kind, index, stranger=count, first_identity=first_identity, seed=seed)
        for index in range(count)
    )


def _sample_pair(kind: Kind, index: int, *, stranger: int, first_identity: int, seed: int) -> Pair:
    rng = np.random.default_rng([_PAIR_STREAM, KINDS.index(kind), seed, index])
    source = Scene(first_identity + index, sample_moment(rng), sample_surroundings(rng))
    moment = sample_moment(rng)
    if index % _EXTREME_EVERY == 0:
        while _turn_deg(source.moment, moment) <= EXTREME_YAW_DEG:
            source, moment = replace(source, moment=sample_moment(rng)), sample_moment(rng)
    driving = replace(source, moment=moment)
    if kind == "cross":
        driving = Scene(source.person + stranger, moment, sample_surroundings(rng))
    return Pair(source=source, driving=driving)


def sample_moment(rng: np.random.Generator) -> Moment:
    """Anything that faces do."""
    return Moment.of(sample_performance(rng))


def sample_surroundings(rng: np.random.Generator) -> int:
    """A seed of background and light."""
    return int(rng.integers(2**31))


def _turn_deg(source: Moment, driving: Moment) -> float:
    return abs(source.yaw_deg - driving.yaw_deg)
