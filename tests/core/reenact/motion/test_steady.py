"""States without tremble, while frames come."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from hyperreenact_core.errors import InputError
from hyperreenact_core.reenact.detail.fit import HeadFit
from hyperreenact_core.reenact.detail.performance import HeadState, Performance
from hyperreenact_core.reenact.detail.turns import turn_of, vector_of
from hyperreenact_core.reenact.motion.smoothing import reach_of, smooth, smooth_fit, smooth_state
from hyperreenact_core.reenact.motion.steady import Told, steadied

FRAMES = 1.5


def test_a_stream_is_smoothed_as_the_whole_clip_is() -> None:
    states = trembling(20, turn=0.01)
    whole = smooth(Performance.of(states), FRAMES)[:]
    for (_, state), expected in zip(
        steadied(told(states), FRAMES, smooth_state), whole, strict=True
    ):
        assert np.allclose(state.rotation, expected.rotation, atol=1e-5)
        assert np.allclose(state.coefficients, expected.coefficients, atol=1e-5)


def test_heads_at_rest_and_in_even_turns_tremble_less_and_arrive_where_they_turn() -> None:
    for turn in (0.0, 0.03):
        states = trembling(40, turn=turn)
        steady = [state for _, state in steadied(told(states), FRAMES, smooth_state)]
        assert tremble(steady[5:-5]) < tremble(states[5:-5]) / 3
        assert yaw(steady[-6]) == pytest.approx(yaw(states[-6]), abs=0.01)


def test_scenes_know_nothing_of_each_other() -> None:
    before, behind = trembling(6, turn=0.0), trembling(6, turn=0.02)
    cut = [state for _, state in steadied(told(before + behind, cut=6), FRAMES, smooth_state)]
    alone = [state for _, state in steadied(told(behind), FRAMES, smooth_state)]
    for mine, other in zip(cut[6:], alone, strict=True):
        assert np.array_equal(mine.rotation, other.rotation)
    track = smooth(Performance.of(before + behind), FRAMES, scenes=[0] * 6 + [1] * 6)
    for mine, other in zip(track[:], cut, strict=True):
        assert np.allclose(mine.rotation, other.rotation, atol=1e-5)


def test_what_came_before_an_error_is_given_first() -> None:
    def broken() -> Iterator[Told[int, HeadState]]:
        yield from told(trembling(3, turn=0.0))
        raise InputError("damaged")

    given = steadied(broken(), FRAMES, smooth_state)
    assert [next(given)[0] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(InputError, match="damaged"):
        next(given)


def test_no_more_frames_are_held_than_are_looked_at() -> None:
    read: list[int] = []

    def counted() -> Iterator[Told[int, HeadState]]:
        for one in told(trembling(20, turn=0.0)):
            read.append(one.payload)
            yield one

    assert next(steadied(counted(), FRAMES, smooth_state))[0] == 0
    assert len(read) == reach_of(FRAMES) + 1


def test_places_and_sizes_tremble_less_and_keep_up_with_a_head_that_moves() -> None:
    rng = np.random.default_rng(3)
    zero = np.zeros(1)
    fits = [
        HeadFit(
            shape=zero,
            coefficients=np.full(52, 0.2),
            rotation=np.eye(3),
            centre=np.array([100.0 + 4 * at, 90.0]) + rng.normal(0, 0.8, 2),
            scale=50.0 * float(np.exp(0.01 * at + rng.normal(0, 0.01))),
            nearness=0.1,
            weights=np.ones(468),
            rms=0.0,
        )
        for at in range(30)
    ]
    steady = [smooth_fit(fits, at, FRAMES) for at in range(30)]

    def shake(heads: list[HeadFit]) -> float:
        told = np.array([[*head.centre, 100 * np.log(head.scale)] for head in heads[4:-4]])
        return float(np.abs(told[1:-1] - (told[:-2] + told[2:]) / 2).mean())

    assert shake(steady) < shake(fits) / 2.5
    middle = steady[15]
    assert middle.centre == pytest.approx([160, 90], abs=1)
    assert np.log(middle.scale / 50) == pytest.approx(0.15, abs=0.015)
    assert smooth_fit(fits, 5, 0.0) is fits[5]


def told(states: list[HeadState], *, cut: int | None = None) -> Iterator[Told[int, HeadState]]:
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
