"""The drawn guide: the head model in the colours of a source."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from hyperreenact_core.heads.expression import action_index
from hyperreenact_core.reenact.detail.drawn import paint_of, picture_of
from hyperreenact_core.reenact.detail.flow import Drawing, draw_head
from hyperreenact_core.reenact.detail.head_model import EYE, SKIN, load_head_model
from hyperreenact_core.reenact.detail.paint import Paint
from hyperreenact_core.reenact.detail.pose import pose_head

from .heads import SIDE, sitter

MODEL = load_head_model()
SIZE = 256
PAINT = Paint(
    skin=(200, 150, 120),
    lip=(160, 80, 80),
    eye=(230, 0, 230),
    iris=(0, 0, 90),
    mouth=(0, 60, 0),
    tongue=(90, 0, 0),
    teeth=(0, 255, 255),
    hair=(60, 50, 40),
    nothing=(128, 128, 128),
)
FACE = np.zeros(52)
FIT = replace(sitter(5).truth, coefficients=FACE)


def drawing(*actions: str, size: int = SIZE // 2) -> Drawing:
    face = FACE.copy()
    face[[action_index(name) for name in actions]] = 0.7
    return draw_head(MODEL, pose_head(MODEL, FIT, coefficients=face), side=SIDE, size=size)


def share(picture: np.ndarray, colour: tuple[float, float, float]) -> float:
    """Of the pixels, those of about this colour's hue."""
    wanted = np.array(colour) / np.linalg.norm(colour)
    length = np.linalg.norm(picture.astype(float), axis=2)
    return float(((picture @ wanted > 0.985 * length) & (length > 20)).mean())


def test_a_mouth_that_opens_shows_teeth_and_what_is_behind():
    shut, opened = (
        picture_of(MODEL, drawing(*actions), PAINT, SIZE) for actions in ((), ("jawOpen",))
    )
    assert share(shut, PAINT.teeth) < 1e-3
    for colour in (PAINT.teeth, PAINT.tongue):
        assert share(opened, colour) > share(shut, colour) + 1e-4
    for picture in (shut, opened):
        assert share(picture, PAINT.lip) > 2e-3


def test_eyes_that_shut_show_neither_white_nor_iris():
    opened = picture_of(MODEL, drawing(), PAINT, SIZE)
    shut = picture_of(MODEL, drawing("eyeBlinkLeft", "eyeBlinkRight"), PAINT, SIZE)
    for colour in (PAINT.eye, PAINT.iris):
        assert share(opened, colour) > 4 * share(shut, colour)


def test_lids_and_lips_are_finer_than_the_coarse_drawing():
    fine = picture_of(MODEL, drawing(size=SIZE), PAINT, SIZE)
    mixed = picture_of(MODEL, drawing(size=SIZE // 4), PAINT, SIZE)
    eyes = drawing(size=SIZE).region == EYE
    assert np.abs(fine[eyes].astype(int) - mixed[eyes]).mean() < 25


def test_the_paint_is_what_the_picture_shows():
    there = drawing()
    source = picture_of(MODEL, there, PAINT, SIZE)
    found = paint_of(MODEL, there, source)
    for name in ("skin", "lip", "hair", "nothing"):
        wanted = np.array(getattr(PAINT, name))
        assert np.allclose(getattr(found, name), wanted, atol=0.16 * wanted.max()), name


@pytest.mark.parametrize("light", [0.35, 1.0])
def test_teeth_are_lighter_than_skin_and_hardly_coloured(light: float):
    there = drawing()
    source = picture_of(MODEL, there, PAINT, SIZE)
    found = paint_of(MODEL, there, (source * light).astype(np.uint8))
    assert np.mean(found.teeth) > 0.9 * np.mean(found.skin)
    assert np.ptp(found.teeth) / np.mean(found.teeth) < 0.7 * np.ptp(found.skin) / np.mean(
        found.skin
    )


def test_a_grey_picture_gives_grey_paint():
    there = drawing()
    source = picture_of(MODEL, there, PAINT, SIZE).mean(2).astype(np.uint8)
    found = paint_of(MODEL, there, np.dstack([source] * 3))
    for colour in (found.skin, found.lip, found.teeth, found.mouth, found.tongue, found.eye):
        assert np.ptp(colour) < 1


def test_a_head_out_of_the_picture_is_painted_all_the_same():
    away = replace(FIT, centre=np.array([-5 * SIDE, 0.0]))
    there = draw_head(MODEL, pose_head(MODEL, away), side=SIDE, size=SIZE // 2)
    assert not (there.region == SKIN).any()
    paint = paint_of(MODEL, there, np.full((SIZE, SIZE, 3), 77, np.uint8))
    assert paint.nothing == (77, 77, 77)


def test_edges_of_what_is_fine_are_soft():
    """The same picture, drawn larger and reduced, is hardly another one."""
    small, large = (
        picture_of(MODEL, drawing("jawOpen", size=SIZE), PAINT, size) for size in (SIZE, 2 * SIZE)
    )
    reduced = cv2.resize(large, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    inside = np.abs(reduced.astype(int) - small)[120:200, 80:176]
    assert (inside > 60).mean() < 0.01


def test_one_sees_where_a_tooth_ends():
    picture = picture_of(MODEL, drawing("jawOpen", size=SIZE), PAINT, 2 * SIZE).astype(float)
    teeth = (picture[..., 0] < 25) & (picture[..., 1] > 100)
    row = picture[int(np.median(np.nonzero(teeth)[0])), :, 1]
    row = row[row > 100]
    valleys = (row[1:-1] < row[:-2]) & (row[1:-1] < row[2:])
    assert 3 <= valleys.sum() <= 14
