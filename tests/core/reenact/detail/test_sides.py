"""Sides of heads that hair covers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hyperreenact_core.heads.gaze import rotation_matrix
from hyperreenact_core.reenact.detail.drawn import paint_of, picture_of
from hyperreenact_core.reenact.detail.flow import NOTHING, draw_head
from hyperreenact_core.reenact.detail.head_model import HAIR, SKIN, load_head_model
from hyperreenact_core.reenact.detail.pose import pose_head
from hyperreenact_core.reenact.detail.sides import hair_over_sides

from .heads import SIDE, sitter

SIZE = 128
MODEL = load_head_model()
FIT = replace(sitter(5).truth, rotation=rotation_matrix(25, 0, 0), coefficients=np.zeros(52))
HEAD = draw_head(MODEL, pose_head(MODEL, FIT), side=SIDE, size=SIZE)
SKIN_COLOUR, HAIR_COLOUR, WALL = (210, 160, 130), (50, 35, 30), (120, 140, 200)


def picture(beside: tuple[int, int, int]) -> np.ndarray:
    """The head before a ground of one colour."""
    drawn = np.empty((SIZE, SIZE, 3), np.uint8)
    drawn[...] = SKIN_COLOUR
    drawn[HEAD.region == HAIR] = HAIR_COLOUR
    drawn[HEAD.region == NOTHING] = beside
    return drawn


def covered(beside: tuple[int, int, int], figure: np.ndarray) -> np.ndarray:
    seen = picture(beside)
    return hair_over_sides(MODEL, HEAD, seen, figure, paint_of(MODEL, HEAD, seen))


EVERYWHERE = np.ones((SIZE, SIZE), np.float32)
EVERYWHERE[:2, :2] = 0
HEAD_ALONE = (HEAD.region != NOTHING).astype(np.float32)


def test_an_ear_under_hair_comes_out_dark_as_the_head_turns():
    seen = picture(HAIR_COLOUR)
    paint = paint_of(MODEL, HEAD, seen)
    under = replace(paint, covered=covered(HAIR_COLOUR, EVERYWHERE))
    back = replace(FIT, rotation=rotation_matrix(-5, 0, 0))
    turned = draw_head(MODEL, pose_head(MODEL, back), side=SIDE, size=SIZE)
    plain, dark = (picture_of(MODEL, turned, p, SIZE).astype(int) for p in (paint, under))
    darker = (plain - dark).mean(2)
    assert (darker[turned.region == SKIN] > 60).sum() > 40
    assert np.abs(darker[turned.region != SKIN]).max() <= 30  # soft edges of the skin beside it
    middle = slice(SIZE // 2 - 8, SIZE // 2 + 8)
    assert np.abs(darker[middle, middle]).max() == 0


def test_what_the_picture_shows_is_painted_as_it_is():
    added = np.abs(covered(HAIR_COLOUR, EVERYWHERE)).sum(1)
    assert added.max() > 100
    assert added[MODEL.mean[:, 2] > 0].max() == 0
    assert added[MODEL.mean[:, 1] < -0.6].max() == 0  # nor the jaw and the neck


def test_a_wall_is_no_hair():
    assert np.abs(covered(HAIR_COLOUR, HEAD_ALONE)).max() == 0  # dark, but not the person
    assert np.abs(covered(WALL, EVERYWHERE)).max() < 80  # the person, but not like hair


def test_where_the_person_is_not_known_nothing_is_hair():
    assert np.abs(covered(HAIR_COLOUR, np.ones_like(EVERYWHERE))).max() == 0


def test_a_head_that_fills_the_picture_has_nothing_beside_it():
    near = draw_head(MODEL, pose_head(MODEL, replace(FIT, scale=400.0)), side=SIDE, size=SIZE)
    seen = np.full((SIZE, SIZE, 3), 150, np.uint8)
    added = hair_over_sides(MODEL, near, seen, EVERYWHERE, paint_of(MODEL, near, seen))
    assert np.isfinite(added).all()
