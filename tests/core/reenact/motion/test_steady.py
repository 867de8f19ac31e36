"""States without tremble, while frames come."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from hyperreenact_core.errors import InputError
from hyperreenact_core.reenact.detail.performance import HeadState, Performance
from hyperreenact_core.reenact.detail.turns import turn_of, vector_of
from hyperreenact_core.reenact.motion.smoothing import reach_of, smooth
from hyperreenact_core.reenact.motion.steady import Told, steadied

FRAMES = 1.5


def test_a_stream_is_smoothed_as_the_whole_clip_is() -> None:
    states = trembling(20, turn=0.01)
    whole = smooth(Performance.of(states), FRAMES)[:]
    for (_, state), expected in zip(steadied(told(states), FRAMES), whole, strict=True):
        assert np.allclose(state.rotation, expected.rotation, atol=1e-5)
        assert np.allclose(state.coefficients, expected.coefficients, atol=1e-5)


def test_heads_at_rest_and_in_even_turns_tremble_less_and_arrive_where_they_turn() -> None:
    for turn in (0.0, 0.03):
        states = trembling(40, turn=turn)
        steady = [state for _, state in steadied(told(states), FRAMES)]
        assert tremble(steady[5:-5]) < tremble(states[5:-5]) / 3
        assert yaw(steady[-6]) == pytest.approx(yaw(states[-6]), abs=0.01)


def test_scenes_know_nothing_of_each_other() -> None:
    before, behind = trembling(6, turn=0.0), trembling(6, turn=0.02)
    cut = [state for _, state in steadied(told(before + behind, cut=6), FRAMES)]
    alone = [state for _, state in steadied(told(behind), FRAMES)]
    for mine, other in zip(cut[6:], alone, strict=True):
        assert np.array_equal(mine.rotation, other.rotation)
    track = smooth(Performance.of(before + behind), FRAMES, scenes=[0] * 6 + [1] * 6)
    for mine, other in zip(track[:], cut, strict=True):
        assert np.allclose(mine.rotation, other.rotation, atol=1e-5)


def test_what_came_before_an_error_is_given_first() -> None:
    def broken() -> Iterator[Told[int]]:
        yield from told(trembling(3, turn=0.0))
        raise InputError("damaged")

    given = steadied(broken(), FRAMES)
    assert [next(given)[0] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(InputError, match="damaged"):
        next(given)


def test_no_more_frames_are_held_than_are_looked_at() -> None:
    read: list[int] = []

    def counted() -> Iterator[Told[int]]:
        for one in told(trembling(20, turn=0.0)):
            read.append(one.payload)
            yield one

    assert next(steadied(counted(), FRAMES))[0] == 0
    assert len(read) == reach_of(FRAMES) + 1


def told(states: list[HeadState], *, cut: int | None = None) -> Iterator[Told[int]]:
    for at, state in enumerate(states):
        yield Told(at, state, 0 if cut is None or at < cut else 1)


def trembling(count: int, *, turn: float) -> list[HeadState]:
    """Turning by `turn` radians a frame, read with errors of a quarter of a degree."""
    rng = np.random.default_rng(7)
    noise = rng.normal(0, np.radians(0.25), (count, 3))
    return [
        HeadState(turn_of(np.array([0, at * turn, 0]) + noise[at]), np.full(52, 0.2))
        for at in range(count)
    ]


def tremble(states: list[HeadState]) -> float:
    ways = np.array([vector_of(state.rotation) for state in states])
    return float(np.abs(ways[1:-1] - (ways[:-2] + ways[2:]) / 2).mean())


def yaw(state: HeadState) -> float:
    return float(vector_of(state.rotation)[1])
