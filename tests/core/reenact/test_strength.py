"""Factors of the weight deltas by layer."""

from __future__ import annotations

import math

import pytest
import torch

from hyperreenact_core.errors import InputError
from hyperreenact_core.networks.stylegan2 import StyleGAN2Config, slots_of
from hyperreenact_core.reenact.strength import DeltaStrength, scaled


def test_groups_follow_the_size_of_the_maps():
    slots = slots_of(StyleGAN2Config())  # 4 to 256 px
    strength = DeltaStrength(coarse=1.0, middle=2.0, fine=1.5)
    factors = {slot.index: strength.of(slot) for slot in slots if not slot.is_to_rgb}
    assert factors == {
        **dict.fromkeys((0, 2, 3), 1.0),  # 4, 8 px
        **dict.fromkeys((5, 6, 8, 9), 2.0),  # 16, 32 px
        **dict.fromkeys((11, 12, 14, 15, 17, 18), 1.5),  # 64, 128, 256 px
    }


def test_deltas_are_scaled_and_untouched_layers_stay_so():
    slots = slots_of(StyleGAN2Config(resolution=16, channels=(4, 4, 4)))
    deltas = tuple(None if s.is_to_rgb else torch.ones(1, 4, 4) for s in slots)
    assert scaled(deltas, DeltaStrength(), slots) is deltas
    halved = scaled(deltas, DeltaStrength(coarse=0.5, middle=0.0), slots)
    means = [None if d is None else float(d.mean()) for d in halved]
    assert means == [0.5, None, 0.5, 0.5, None, 0.0, 0.0, None]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e30, -0.1, 2.1])
@pytest.mark.parametrize("name", ["coarse", "middle", "fine"])
def test_strengths_that_blacken_the_face_are_refused(name: str, value: float):
    with pytest.raises(InputError, match=rf"{name} must lie in 0\.\.2"):
        DeltaStrength(**{name: value})
