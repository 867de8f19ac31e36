"""The mouth: soft at its lips, none in shut ones, the source's own where seen, never drawn out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from hyperreenact_core.heads.expression import action_index
from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.reenact.detail.drawn import paint_of, picture_of
from hyperreenact_core.reenact.detail.fit import HeadFit
from hyperreenact_core.reenact.detail.flow import Drawing, draw_head
from hyperreenact_core.reenact.detail.head_model import MOUTH, load_head_model
from hyperreenact_core.reenact.detail.mouth import (
    mouth_of,
    mouth_pieces_in,
    shown_inside,
    with_shut_lips,
)
from hyperreenact_core.reenact.detail.paint import Paint
from hyperreenact_core.reenact.detail.parts import TEETH, shown_in
from hyperreenact_core.reenact.detail.patch import Patch
from hyperreenact_core.reenact.detail.pose import pose_head, vertices_of

from .heads import SIDE, sitter

MODEL = load_head_model()
FIT = replace(sitter(11).truth, coefficients=np.zeros(52))
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
PLAIN = np.full((SIZE, SIZE, 3), PAINT.skin, np.uint8)


def opened(jaw: float) -> Drawing:
    face = np.zeros(52)
    face[action_index("jawOpen")] = jaw
    if jaw >= 0.25:  # lips that show teeth
        face[[action_index(f"mouthUpperUp{side}") for side in ("Left", "Right")]] = 0.6
    return draw_head(MODEL, pose_head(MODEL, FIT, coefficients=face), side=SIDE, size=256)


def mouth(
    jaw: float, paint: Paint = PAINT, *, then: float = 0.0, picture: ImageU8 = PLAIN
) -> Patch:
    """Of a source whose jaw was so far open."""
    source = opened(then)
    pieces = mouth_pieces_in(MODEL, source, picture, PAINT)
    found = mouth_of(MODEL, opened(jaw), source, picture, pieces, paint)
    assert found is not None
    return found


def laid(found: Patch, picture: ImageU8 = PLAIN) -> ImageU8:
    image = torch.from_numpy(picture).permute(2, 0, 1) / 127.5 - 1
    found.over(image)
    return ((image + 1) * 127.5).round().permute(1, 2, 0).numpy().astype(np.uint8)


def changed(jaw: float) -> np.ndarray:
    return np.abs(laid(mouth(jaw)).astype(int) - PLAIN).max(2)


def test_a_mouth_as_the_source_has_it_is_left_as_it_is():
    pieces = mouth_pieces_in(MODEL, opened(0.3), PLAIN, PAINT)
    assert mouth_of(MODEL, opened(0.3), opened(0.3), PLAIN, pieces, PAINT) is None


def test_a_mouth_that_opens_hardly_shows_nothing():
    assert changed(0.02).max() <= 8


def test_its_inside_covers_the_mouth_and_no_more():
    there = np.kron((opened(0.5).region == MOUTH).astype(float), np.ones((2, 2)))
    inside = changed(0.5) > 12
    assert inside.sum() == pytest.approx(there.sum(), rel=0.2)
    assert inside[there == 1].mean() > 0.8


def test_it_fades_towards_the_skin():
    share = mouth(0.5).share[0]
    steps = torch.maximum(share.diff(dim=0).abs()[:, 1:], share.diff(dim=1).abs()[1:])
    assert share.max() > 0.99
    assert float(steps.max()) < 0.5
    assert (share[0] < 0.01).all()
    assert (share[:, 0] < 0.01).all()


def test_slits_are_fainter_than_open_mouths():
    shown = [int(changed(jaw).sum()) for jaw in (0.06, 0.1, 0.4)]
    assert shown == sorted(shown)
    assert shown[2] > 10 * max(shown[0], 1)


def test_teeth_are_lighter_than_what_is_behind_them():
    grey = laid(mouth(0.4)).mean(2)[changed(0.4) > 12]
    assert np.quantile(grey, 0.95) > np.quantile(grey, 0.1) + 60


def test_teeth_that_the_picture_shows_lend_their_colour():
    yellow = replace(PAINT, teeth=(240.0, 200.0, 120.0))
    plain, found = laid(mouth(0.4)), laid(mouth(0.4, yellow))
    inside = np.kron(opened(0.4).region == MOUTH, np.ones((2, 2), bool))
    light = inside & (plain.mean(2) > np.quantile(plain[inside].mean(1), 0.8))
    assert found[light][:, 2].mean() < plain[light][:, 2].mean() - 25
    # A picture of yellow teeth gives yellow paint.
    drawing = opened(0.4)
    seen = picture_of(MODEL, drawing, yellow, 256)
    teeth = paint_of(MODEL, drawing, seen).teeth
    assert teeth[2] < 0.75 * teeth[0]


def test_teeth_of_the_source_are_carried_and_not_drawn_out():
    source, jaw = opened(0.4), 0.8
    picture = PLAIN.copy()
    green = np.kron(shown_in(MODEL, source) == TEETH, np.ones((2, 2), bool))
    picture[green] = 130, 255, 130
    paint = replace(PAINT, shows=1.0)
    result = laid(mouth(jaw, paint, then=0.4, picture=picture))
    seen = result[..., 1].astype(int) - result[..., 0] > 60
    assert seen.sum() > 0.15 * green.sum()  # but for its edges
    assert seen.sum() < 1.3 * green.sum()
    # What opens behind them is dark.
    inside = np.kron(opened(jaw).region == MOUTH, np.ones((2, 2), bool))
    assert (result[inside].mean(1) < 110).mean() > 0.3


def test_a_source_shows_its_inside_where_its_lips_are_apart():
    shut, open_ = (mouth_pieces_in(MODEL, opened(jaw), PLAIN, PAINT) for jaw in (0.0, 0.5))
    assert (shut > 0).sum() < 0.02 * (open_ > 0).sum()
    there = np.kron(opened(0.5).region == MOUTH, np.ones((2, 2), bool))
    assert there[open_ > 0].mean() > 0.98
    assert len(np.unique(open_)) > 2


def test_mouths_of_grey_pictures_are_grey():
    def grey(colour: tuple[float, float, float]) -> tuple[float, float, float]:
        value = float(np.mean(colour))
        return value, value, value

    names = ("skin", "lip", "mouth", "tongue", "teeth")
    paint = replace(PAINT, **{name: grey(getattr(PAINT, name)) for name in names})
    picture = np.full_like(PLAIN, round(grey(PAINT.skin)[0]))
    result = laid(mouth(0.5, paint, picture=picture), picture)
    assert np.ptp(result.astype(int), axis=2).max() <= 1


def test_a_dark_slit_is_no_row_of_teeth():
    source = opened(0.4)
    teeth = np.kron(shown_in(MODEL, source) == TEETH, np.ones((2, 2), bool))
    dark = PLAIN.copy()
    dark[np.kron(source.region == MOUTH, np.ones((2, 2), bool))] = 30
    light, shown = (mouth_pieces_in(MODEL, source, p, PAINT) for p in (PLAIN, dark))
    assert (light[teeth] > 0).sum() > 10 * (shown[teeth] > 0).sum()
    assert (shown > 0).any()  # the dark itself is kept
    colour = paint_of(MODEL, source, dark).teeth
    assert np.mean(colour) > 0.8 * np.mean(paint_of(MODEL, opened(0.0), PLAIN).teeth)


def test_an_open_mouth_shows_its_own_inside():
    assert shown_inside(MODEL, opened(0.0).posed) == 0
    assert shown_inside(MODEL, opened(0.5).posed) == 1


@pytest.mark.parametrize("seed", range(4))
def test_lips_that_are_read_a_little_apart_meet(seed: int):
    fit = sitter(seed).truth
    shut = with_shut_lips(MODEL, fit)
    upper, lower = (
        int(np.linalg.norm(MODEL.mean - MODEL.point_mean[point], axis=1).argmin())
        for point in (13, 14)
    )

    def gap(of: HeadFit) -> float:
        vertices = vertices_of(MODEL, of, of.coefficients)
        return float(vertices[upper, 1] - vertices[lower, 1])

    if 0 < gap(fit) < 0.05:
        assert gap(shut) == pytest.approx(0, abs=1e-5)
    else:
        assert shut is fit
