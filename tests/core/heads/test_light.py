"""Light: exposed as a camera would, from all sides, the same for the same seed."""

from functools import lru_cache

import numpy as np

from hyperreenact_core.heads.light import Lamp, Light, sample_light

NORMALS = np.array([(0.0, 0.2, 0.98), (0.5, 0.1, 0.86), (-0.5, 0.1, 0.86)])


@lru_cache
def lights() -> list[Light]:
    rng = np.random.default_rng(0)
    return [sample_light(rng) for _ in range(500)]


def received(light: Light) -> float:
    """Of a white face, the mean over the channels where it is brightest."""
    around = np.array(light.around)
    total = np.zeros((3, 3))
    for lamp in (light.key, light.fill):
        total += np.maximum(NORMALS @ lamp.direction, 0)[:, None] * np.array(lamp.colour)
    return float((total + around[[0, 1, 2, 4]].mean(0)).mean(1).max())


def lamps() -> list[Lamp]:
    return [lamp for light in lights() for lamp in (light.key, light.fill, light.rim)]


def test_the_brighter_side_of_a_face_is_well_exposed() -> None:
    levels = np.array([received(light) for light in lights()])
    assert 0.7 < np.median(levels) < 1.1
    assert levels.min() > 0.1
    assert levels.max() < 2.5
    assert np.quantile(levels, 0.9) / np.quantile(levels, 0.1) < 3


def test_lamps_shine_along_unit_vectors_with_no_negative_light() -> None:
    directions = np.array([lamp.direction for lamp in lamps()])
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1, atol=1e-6)
    assert min(min(lamp.colour) for lamp in lamps()) >= 0
    assert min(min(map(min, light.around)) for light in lights()) > 0


def test_light_comes_from_both_sides_from_above_and_now_and_then_from_behind() -> None:
    key = np.array([light.key.direction for light in lights()])
    assert 0.4 < (key[:, 0] > 0).mean() < 0.6
    assert (key[:, 1] > 0).mean() > 0.75
    assert 0.01 < (key[:, 2] < 0).mean() < 0.2
    assert 0.25 < np.mean([max(light.rim.colour) > 0 for light in lights()]) < 0.45


def test_some_light_is_flat_and_some_is_hard() -> None:
    share = np.array(
        [np.mean(light.key.colour) / np.mean(np.array(light.around)) for light in lights()]
    )
    assert np.quantile(share, 0.1) < 1
    assert np.quantile(share, 0.9) > 3
    softness = np.array([light.softness for light in lights()])
    assert softness.min() >= 0
    assert softness.max() <= 1
    assert softness.std() > 0.15


def test_lamps_are_warm_and_cool() -> None:
    warmth = np.array([light.key.colour[0] / light.key.colour[2] for light in lights()])
    assert warmth.min() < 0.85
    assert warmth.max() > 1.3


def test_the_same_seed_gives_the_same_light() -> None:
    first, again, other = (sample_light(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_surroundings_colour_what_comes_from_all_around_and_not_its_strength() -> None:
    red, plain = (
        sample_light(np.random.default_rng(3), surroundings)
        for surroundings in (np.array([0.6, 0.1, 0.1]), None)
    )
    red_around, plain_around = (np.array(light.around).mean(0) for light in (red, plain))
    assert red_around[0] / red_around[2] > 2 * plain_around[0] / plain_around[2]
    assert red.key.direction == plain.key.direction
    assert 0.5 < received(red) / received(plain) < 2
