"""What surrounds a face: it follows without tears, less with every decimetre, and walls stay."""

from __future__ import annotations

import numpy as np

from hyperreenact_core.reenact.detail.carried import carried
from hyperreenact_core.reenact.detail.head_model import Floats

SIZE = 128
UNIT = 0.05
"""Decimetres a pixel: the picture is 6.4 of them wide."""
CHIN = 80.0
FACE = np.zeros((SIZE, SIZE), bool)
FACE[48:80, 50:78] = True
MOVED = 6.0


def flow(figure: Floats | None = None, moved: float = MOVED) -> Floats:
    """Of a face that moves to the left by so many pixels."""
    moves = np.zeros((SIZE, SIZE, 2), np.float32)
    moves[FACE, 0] = moved
    return carried(moves, FACE, FACE, figure, chin=CHIN, unit=UNIT)


def test_the_face_moves_as_it_is_told():
    assert (flow()[FACE] == (MOVED, 0)).all()


def test_nothing_tears():
    """Neighbours stay neighbours, in their order."""
    person = np.zeros((SIZE, SIZE), np.float32)
    person[30:, 40:88] = 1
    for figure in (None, person):
        found = flow(figure)[..., 0]
        assert np.diff(found, axis=1).min() > -0.95, "pixels that change places"
        assert np.abs(np.diff(found, axis=0)).max() < 0.25 * MOVED, "a cut"


def test_what_is_near_goes_with_the_face_and_what_is_far_stays():
    found = flow()[..., 0]
    above = found[:48, 64]
    assert (above[48 - round(0.8 / UNIT) :] > 0.95 * MOVED).all()
    assert above[1] < 0.2 * MOVED
    assert (np.diff(above) > -1e-4).all()
    assert (found[round(CHIN + 0.7 / UNIT) :] == 0).all(), "shoulders do not turn"
    border = np.concatenate([found[0], found[-1], found[:, 0], found[:, -1]])
    assert np.abs(border).max() < 0.05 * MOVED


def test_a_wall_stays_but_for_what_the_person_bares_or_covers():
    person = np.zeros((SIZE, SIZE), np.float32)
    person[30:, 40:88] = 1
    found = flow(person)[..., 0]
    reach = round(1.5 * MOVED) + 3
    left, right = 40 - round(MOVED), 88 - round(MOVED)
    assert (found[50:78, left:right] > 0.9 * MOVED).all(), "their outline is moved whole"
    assert (found[:, : left - reach] == 0).all()
    assert (found[:, right + reach :] == 0).all()
    assert (found[: 30 - reach] == 0).all()


def test_the_flow_of_a_face_at_rest_is_none():
    assert (flow(moved=0.0) == 0).all()


def test_a_picture_without_a_face_is_still():
    none = np.zeros((SIZE, SIZE), bool)
    moves = np.ones((SIZE, SIZE, 2), np.float32)
    assert (carried(moves, none, none, None, chin=CHIN, unit=UNIT) == 0).all()


def test_a_side_that_moves_quite_otherwise_is_not_followed():
    """As behind an ear: there the flow goes on from the face."""
    moves = np.zeros((SIZE, SIZE, 2), np.float32)
    moves[FACE, 0] = MOVED
    side = np.zeros((SIZE, SIZE), bool)
    side[56:70, 78:84] = True
    for moved, followed in ((MOVED - 3, True), (MOVED - 14, False)):
        moves[side, 0] = moved
        found = carried(moves, FACE, FACE | side, None, chin=CHIN, unit=UNIT)
        beside = found[60:66, 81:83, 0]
        assert (np.abs(beside - moved) < 1).all() == followed
        assert (np.abs(beside - MOVED) < 1).all() != followed
