"""The questions of the test: a source picture, a driving picture, and the picture that is right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from ..synthetic.parameters import Environment, Expression, Pose
from ..synthetic.sampling import sample_environment, sample_expression, sample_pose

Kind = Literal["self", "cross"]
KINDS: tuple[Kind, ...] = get_args(Kind)

EXTREME_YAW_DEG = 45.0
"""Pairs whose yaws differ by more form the extreme subset."""
_EXTREME_EVERY = 4
"""One pair in so many is drawn until it is extreme; of the others about one in three is."""
_PAIR_STREAM = 0xE7A1
"""Keeps the random numbers of pairs apart from those of other uses of the same seed."""


@dataclass(frozen=True)
class Scene:
    """All that determines one picture; person: seed of the identity."""

    person: int
    expression: Expression
    pose: Pose
    environment: Environment


@dataclass(frozen=True)
class Pair:
    """A source and a driving picture, each the face crop of its scene."""

    source: Scene
    driving: Scene

    @property
    def truth(self) -> Scene:
        """The source's person and environment in the driving pose and expression."""
        return replace(self.source, expression=self.driving.expression, pose=self.driving.pose)

    @property
    def turn_deg(self) -> float:
        """By how much the head has to turn: the difference of the yaws, at least 0."""
        return _turn_deg(self.source.pose, self.driving.pose)

    @property
    def is_extreme(self) -> bool:
        """Whether the head has to turn by more than EXTREME_YAW_DEG."""
        return self.turn_deg > EXTREME_YAW_DEG


def sample_pairs(kind: Kind, count: int, *, first_identity: int, seed: int) -> tuple[Pair, ...]:
    """`count` pairs of distinct people; the same arguments always give the same pairs.

    Pair k shows person first_identity + k. "self": the driving picture shows the same person in
    the same environment. "cross": it shows person first_identity + count + k in another one.
    """
    return tuple(
        _sample_pair(kind, index, stranger=count, first_identity=first_identity, seed=seed)
        for index in range(count)
    )


def _sample_pair(kind: Kind, index: int, *, stranger: int, first_identity: int, seed: int) -> Pair:
    rng = np.random.default_rng([_PAIR_STREAM, KINDS.index(kind), seed, index])
    source = Scene(
        person=first_identity + index,
        expression=sample_expression(rng),
        pose=sample_pose(rng),
        environment=sample_environment(rng),
    )
    driving_pose = sample_pose(rng)
    if index % _EXTREME_EVERY == 0:
        while _turn_deg(source.pose, driving_pose) <= EXTREME_YAW_DEG:
            source, driving_pose = replace(source, pose=sample_pose(rng)), sample_pose(rng)
    driving = replace(source, expression=sample_expression(rng), pose=driving_pose)
    if kind == "cross":
        driving = replace(
            driving, person=source.person + stranger, environment=sample_environment(rng)
        )
    return Pair(source=source, driving=driving)


def _turn_deg(source: Pose, driving: Pose) -> float:
    return abs(source.yaw_deg - driving.yaw_deg)
