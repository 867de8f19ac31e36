"""The inside of a mouth: soft at its lips, none in shut ones, the source's own where seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from hyperreenact_core.heads.expression import action_index
from hyperreenact_core.reenact.detail.drawn import Paint, paint_of, picture_of
from hyperreenact_core.reenact.detail.flow import Drawing, draw_head
from hyperreenact_core.reenact.detail.head_model import MOUTH, load_head_model
from hyperreenact_core.reenact.detail.mouth import Mouth, mouth_of, shown_inside
from hyperreenact_core.reenact.detail.pose import pose_head

from .heads import SIDE, sitter

MODEL = load_head_model()
FIT = sitter(11).truth
SIZE = 512
PAINT = Paint(
    skin=(205, 160, 130),
    lip=(170, 90, 85),
    eye=(220, 215, 210),
    iris=(80, 60, 40),
    mouth=(70, 35, 35),
    tongue=(150, 80, 80),
    teeth=(250, 240, 225),
    hair=(50, 40, 30),
    nothing=(120, 120, 120),
)


def opened(jaw: float) -> Drawing:
    face = np.zeros(52)
    face[action_index("jawOpen")] = jaw
    return draw_head(MODEL, pose_head(MODEL, FIT, coefficients=face), side=SIDE, size=256)


def mouth(jaw: float, paint: Paint = PAINT) -> Mouth:
    found = mouth_of(MODEL, opened(jaw), paint, SIZE)
    assert found is not None
    return found


def test_a_shut_mouth_shows_nothing():
    assert mouth_of(MODEL, opened(0.0), PAINT, SIZE) is None


def test_it_covers_the_mouth_and_no_more():
    drawing = opened(0.5)
    share = np.zeros((SIZE, SIZE), np.float32)
    found = mouth(0.5)
    height, width = found.share.shape[1:]
    share[found.top : found.top + height, found.left : found.left + width] = found.share[0]
    there = np.kron((drawing.region == MOUTH).astype(np.float32), np.ones((2, 2), np.float32))
    assert share.sum() == pytest.approx(there.sum(), rel=0.15)
    assert share[there == 1].mean() > 0.85
    assert share.max() < 1 + 1e-5


def test_its_edge_is_soft():
    share = mouth(0.5).share[0]
    steps = torch.maximum(share.diff(dim=0).abs()[:, 1:], share.diff(dim=1).abs()[1:])
    assert share.max() > 0.99
    assert float(steps.max()) < 0.75
    assert (share[0] == 0).all()


def test_slits_are_fainter_than_open_mouths():
    shares = [float(mouth(jaw).share.max()) for jaw in (0.06, 0.1, 0.4)]
    assert shares == sorted(shares)
    assert shares[-1] > 0.99


def test_teeth_are_lighter_than_what_is_behind_them():
    found = mouth(0.4)
    grey = found.colour.mean(0)[found.share[0] > 0.9]
    assert float(grey.quantile(0.9)) > float(grey.quantile(0.1)) + 0.5


def test_teeth_that_the_picture_shows_lend_their_colour():
    yellow = replace(PAINT, teeth=(240.0, 200.0, 120.0))
    plain, found = mouth(0.4), mouth(0.4, yellow)
    lightest = plain.colour.mean(0) > 0.2
    assert float(found.colour[2][lightest].mean()) < float(plain.colour[2][lightest].mean()) - 0.2
    # A picture of yellow teeth gives yellow paint.
    drawing = opened(0.4)
    seen = picture_of(MODEL, drawing, yellow, 256)
    teeth = paint_of(MODEL, drawing, seen).teeth
    assert teeth[2] < 0.75 * teeth[0]


def test_an_open_mouth_shows_its_own_inside():
    assert shown_inside(MODEL, opened(0.0).posed) == 0
    assert shown_inside(MODEL, opened(0.5).posed) == 1


def test_it_is_laid_where_the_source_shows_nothing():
    found = mouth(0.5)
    image = torch.zeros(3, SIZE, SIZE)
    unseen = torch.zeros(1, SIZE, SIZE)
    found.over(image, unseen)
    assert (image == 0).all()
    found.over(image, unseen + 1)
    height, width = found.share.shape[1:]
    part = image[:, found.top : found.top + height, found.left : found.left + width]
    torch.testing.assert_close(part, found.colour * found.share)
    part.zero_()
    assert (image == 0).all()
