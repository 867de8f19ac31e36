"""The pairs: who is in them, what is the truth, and which are extreme."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from hyperreenact_core.evaluation.pairs import KINDS, Kind, sample_pairs
from hyperreenact_core.evaluation.scene_renderer import SceneRenderer
from hyperreenact_core.models.settings import SetSettings
from tests.core.evaluation.tiny_judged import patch_studio

FIRST = 1_000_000
SETTINGS = SetSettings(
    resolution=32,
    crop_scale=0.85,
    crop_whole_pixels=False,
    appearance_input="crop",
    pose_input="crop",
    truncation_psi=1.0,
)


@pytest.mark.parametrize("kind", KINDS)
def test_pairs_are_deterministic_and_do_not_depend_on_how_many_there_are(kind: Kind) -> None:
    pairs = sample_pairs(kind, 8, first_identity=FIRST, seed=3)
    assert pairs == sample_pairs(kind, 8, first_identity=FIRST, seed=3)
    assert pairs != sample_pairs(kind, 8, first_identity=FIRST, seed=4)
    few = sample_pairs(kind, 4, first_identity=FIRST, seed=3)
    assert [pair.source for pair in few] == [pair.source for pair in pairs[:4]]


def test_self_pairs_show_one_person_in_one_place() -> None:
    for index, pair in enumerate(sample_pairs("self", 12, first_identity=FIRST, seed=0)):
        assert pair.source.person == FIRST + index
        assert pair.truth == pair.driving
        assert pair.source.moment.yaw_deg != pair.driving.moment.yaw_deg
        assert pair.source.moment.expression != pair.driving.moment.expression


def test_cross_pairs_take_identity_and_place_from_the_source_and_movement_from_the_driver() -> None:
    pairs = sample_pairs("cross", 12, first_identity=FIRST, seed=0)
    for index, pair in enumerate(pairs):
        assert (pair.source.person, pair.driving.person) == (FIRST + index, FIRST + 12 + index)
        assert pair.truth.person == pair.source.person
        assert pair.truth.surroundings == pair.source.surroundings != pair.driving.surroundings
        assert pair.truth.moment == pair.driving.moment
    assert len({p for pair in pairs for p in (pair.source.person, pair.driving.person)}) == 24


@pytest.mark.parametrize("kind", KINDS)
def test_at_least_every_fourth_pair_is_extreme(kind: Kind) -> None:
    pairs = sample_pairs(kind, 80, first_identity=FIRST, seed=1)
    assert all(pair.is_extreme for pair in pairs[::4])
    assert 0.25 < np.mean([pair.is_extreme for pair in pairs]) < 0.75


def test_extreme_means_more_than_45_degrees_of_yaw() -> None:
    pair = sample_pairs("self", 1, first_identity=FIRST, seed=0)[0]

    def turned(source_deg: float, driving_deg: float) -> bool:
        source, driving = (
            replace(scene, moment=replace(scene.moment, yaw_deg=yaw, roll_deg=25.0))
            for scene, yaw in ((pair.source, source_deg), (pair.driving, driving_deg))
        )
        return replace(pair, source=source, driving=driving).is_extreme

    assert turned(-20, 26)
    assert turned(26, -20)
    assert not turned(-20, 24)
    assert not turned(60, 60)


def test_scenes_are_drawn_as_the_networks_read_them_and_counted() -> None:
    count = 0

    def on_picture() -> None:
        nonlocal count
        count += 1

    renderer = SceneRenderer(
        SETTINGS, device=torch.device("cpu"), on_picture=on_picture, studio=patch_studio
    )
    pair = sample_pairs("cross", 1, first_identity=FIRST, seed=0)[0]
    pictures = renderer.draw([pair.source, pair.driving, pair.truth])
    assert pictures.shape == (3, 3, 32, 32)
    assert -1 <= pictures.min() < -0.2 < 0.2 < pictures.max() <= 1
    assert count == 3
    torch.testing.assert_close(renderer.draw([pair.truth]), pictures[2:])
