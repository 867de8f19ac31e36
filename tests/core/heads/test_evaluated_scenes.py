"""Scenes of the evaluation, rendered and cut out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hyperreenact_core.evaluation.pairs import Moment, Scene
from hyperreenact_core.evaluation.scene_renderer import HeadStudio
from hyperreenact_core.face.align import CropRule
from hyperreenact_core.imaging import ImageU8

RULE = CropRule(scale=0.9, size=64)
SCENE = Scene(1_000_003, Moment(20.0, 0.0, 0.0, (0.0,) * 52), 7)


def apart(one: ImageU8, other: ImageU8) -> float:
    return float(np.abs(one.astype(float) - other).mean())


def test_a_scene_is_drawn_the_same_again_and_all_of_it_counts(drawable: None) -> None:
    studio = HeadStudio(128)
    first = studio(SCENE, RULE)
    assert first.shape == (64, 64, 3)
    assert np.array_equal(first, studio(SCENE, RULE))
    turned = replace(SCENE, moment=replace(SCENE.moment, yaw_deg=-20.0))
    assert apart(first[16:48, 16:48], studio(turned, RULE)[16:48, 16:48]) > 5
    elsewhere = studio(replace(SCENE, surroundings=8), RULE)
    assert apart(first[:8], elsewhere[:8]) > 5
