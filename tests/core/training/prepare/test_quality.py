"""Which crops are fit for training."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from hyperreenact_core.errors import InputError
from hyperreenact_core.face.align import CropBox, CropRule, crop_face
from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.training.prepare.quality import (
    QualityLimits,
    ShotFinder,
    fault_of,
    least_face,
    outside,
    sharpness,
)
from hyperreenact_core.types import FaceCrop
from tests.core.reenact.tiny import face_points

RULE = CropRule(size=64)
LIMITS = QualityLimits(min_face=16)


def rough(side: int = 160, *, seed: int = 0, colour: int = 128) -> ImageU8:
    """A picture with detail of all sizes about one brightness."""
    random = np.random.default_rng(seed)
    noise = random.normal(0, 30, (side, side, 1))
    large = cv2.resize(random.normal(0, 30, (10, 10)), (side, side))[..., None]
    return np.clip(colour + noise + large, 0, 255).astype(np.uint8).repeat(3, 2)


def crop(picture: ImageU8, x: float = 80, y: float = 80, *, extent: float = 40) -> FaceCrop:
    shape = face_points()
    low, high = shape.amin(0), shape.amax(0)
    shape = (shape - (low + high) / 2) * (extent / (high - low).max())
    return crop_face(picture, shape + torch.tensor([x, y]), RULE, score=0.9)


def fault(face: FaceCrop, limits: QualityLimits = LIMITS) -> str | None:
    return fault_of(face, width=160, height=160, limits=limits)


def test_a_good_face_has_no_fault() -> None:
    assert fault(crop(rough())) is None


def test_a_small_face() -> None:
    face = crop(rough(), extent=15)
    assert fault(face) == "face too small"
    assert fault(face, replace(LIMITS, min_face=0)) is None
    # A crop twice as wide as the face, enlarged twofold: 64 px from 32, of which the face has 16.
    assert least_face(RULE) == 16


def test_an_uncertain_face() -> None:
    assert fault(replace(crop(rough()), score=0.5)) == "low score"


def test_a_face_at_the_border() -> None:
    assert fault(crop(rough(), 21, 80)) is None  # half of the padding that is allowed
    assert fault(crop(rough(), 10, 80)) == "cut off at the border"
    assert fault(crop(rough(), 80, 155)) == "cut off at the border"
    corner = crop(rough(), 23, 23)
    assert fault(corner) == "cut off at the border"
    assert fault(corner, replace(LIMITS, max_padding=1.0)) is None
    assert outside(CropBox(0, 50, 20), width=100, height=100) == pytest.approx(0.5)
    assert outside(CropBox(-30, 50, 20), width=100, height=100) == 1


def test_a_blurred_face() -> None:
    picture = rough()
    figures = [
        sharpness(face.image, face.landmarks)
        for sigma in (0.01, 1.0, 2.0, 4.0)
        for face in [crop(cv2.GaussianBlur(picture, (0, 0), sigma))]
    ]
    assert figures == sorted(figures, reverse=True)
    assert figures[0] > 0.5
    blurred = crop(cv2.GaussianBlur(picture, (0, 0), 4.0))
    assert fault(blurred) == "blurred"
    assert fault(blurred, replace(LIMITS, min_sharpness=0)) is None


def test_an_even_surface_is_not_sharp() -> None:
    assert fault(crop(np.full((160, 160, 3), 127, np.uint8))) == "blurred"


@pytest.mark.parametrize("change", [{"min_face": -1}, {"min_score": 2}, {"max_padding": -0.1}])
def test_limits_that_make_no_sense(change: dict[str, float]) -> None:
    with pytest.raises(InputError):
        replace(LIMITS, **change)


def test_shots_by_place_size_and_colours() -> None:
    bright, dark = rough(colour=180), rough(colour=60)
    frames = [
        (crop(bright, 80, 80), bright),  # 0
        (crop(bright, 84, 82), bright),  # moves on
        (crop(dark, 84, 82), dark),  # a cut, with the face in the same place
        (crop(bright, 86, 84), bright),  # back again
        (crop(bright, 30, 84, extent=20), bright),  # the detector jumps
        (crop(bright, 88, 84), bright),
        (crop(dark, 84, 82), dark),
    ]
    finder = ShotFinder(RULE)
    assert [finder.shot_of(face, picture) for face, picture in frames] == [0, 0, 1, 0, 2, 0, 1]
