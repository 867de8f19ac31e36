"""A face in the light of the picture that it is laid into."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.reenact.detail.head_model import EYE, SKIN
from hyperreenact_core.reenact.tone import ToneMatch

SIDE = 128
REGION = np.full((SIDE, SIDE), SKIN, np.uint8)
PART = np.ones((SIDE, SIDE), np.float32)
UNIT = 30.0


def skin(*colour: float, spots: float = 6.0, seed: int = 0) -> ImageU8:
    noise = np.random.default_rng(seed).normal(0, spots, (SIDE, SIDE, 1))
    return (
        (np.array(colour) + cv2.GaussianBlur(noise, (0, 0), 1.5)[..., None] * 3)
        .clip(0, 255)
        .astype(np.uint8)
    )


def test_a_face_that_is_lit_alike_stays_as_it_is() -> None:
    face = skin(190, 150, 130)
    again = ToneMatch().matched(face, face, REGION, PART, UNIT)
    assert np.abs(again.astype(int) - face).max() <= 2


def test_colours_become_the_pictures_and_spots_stay_the_faces() -> None:
    face, picture = skin(200, 150, 70), skin(120, 95, 90, seed=1)
    matched = ToneMatch().matched(face, picture, REGION, PART, UNIT)
    assert matched.mean((0, 1)) == pytest.approx(picture.mean((0, 1)), abs=4)
    grey = [image.mean(2) - cv2.blur(image.mean(2), (31, 31)) for image in (matched, face, picture)]
    assert np.corrcoef(grey[0].ravel(), grey[1].ravel())[0, 1] > 0.9
    assert abs(np.corrcoef(grey[0].ravel(), grey[2].ravel())[0, 1]) < 0.2


def test_light_from_the_side_falls_on_the_new_face() -> None:
    face, picture = skin(180, 140, 120), skin(180, 140, 120, seed=1)
    shade = np.linspace(0.5, 1.1, SIDE)[None, :, None]
    lit = (picture * shade).clip(0, 255).astype(np.uint8)
    matched = ToneMatch().matched(face, lit, REGION, PART, UNIT).mean(2)
    left, right = matched[:, :32].mean(), matched[:, -32:].mean()
    assert left / right == pytest.approx(lit[:, :32].mean() / lit[:, -32:].mean(), abs=0.12)


def test_eyes_take_the_hue_of_eyes_and_not_that_of_skin() -> None:
    region = REGION.copy()
    region[40:60, 30:100] = EYE
    face, picture = skin(200, 150, 60), skin(190, 150, 140, seed=1)
    for image, white in ((face, (190, 170, 110)), (picture, (200, 198, 195))):
        image[40:60, 30:100] = white
    matched = ToneMatch().matched(face, picture, region, PART, UNIT)
    red, green, blue = matched[45:55, 40:90].reshape(-1, 3).mean(0)
    assert max(red, green, blue) - min(red, green, blue) < 20


def test_one_frame_does_not_make_a_face_flicker() -> None:
    face, picture, flash = skin(180, 140, 120), skin(180, 140, 120, seed=1), skin(250, 250, 250)
    steady = ToneMatch()
    before = steady.matched(face, picture, REGION, PART, UNIT)
    hidden = np.zeros_like(PART)
    blind = steady.matched(face, flash, REGION, hidden, UNIT)
    assert np.abs(blind.mean() - before.mean()) < 4, "what is not seen tells nothing"
    steady.matched(face, flash, REGION, PART, UNIT)
    after = steady.matched(face, picture, REGION, PART, UNIT)
    assert np.abs(after.mean((0, 1)) - before.mean((0, 1))).max() < 6
