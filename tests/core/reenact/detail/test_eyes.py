"""Eyes of results: they look where they are told, shut without a slit, and hide nothing made up."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from hyperreenact_core.heads.expression import action_index
from hyperreenact_core.heads.gaze import rotation_matrix
from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.reenact.detail.drawn import picture_of
from hyperreenact_core.reenact.detail.eyeballs import EyeLook, looks_of
from hyperreenact_core.reenact.detail.eyes import eyes_of, source_eyes
from hyperreenact_core.reenact.detail.flow import Drawing, draw_head
from hyperreenact_core.reenact.detail.head_model import load_head_model
from hyperreenact_core.reenact.detail.lids import lid_edges, with_shut_lids
from hyperreenact_core.reenact.detail.paint import Paint
from hyperreenact_core.reenact.detail.pose import pose_head

from .heads import SIDE, sitter

MODEL = load_head_model()
SIZE = 512
FIT = replace(sitter(5).truth, coefficients=np.zeros(52), rotation=np.eye(3))
PAINT = Paint(
    skin=(200, 150, 120),
    lip=(160, 80, 80),
    eye=(235, 235, 235),
    iris=(20, 40, 160),
    mouth=(60, 30, 30),
    tongue=(90, 40, 40),
    teeth=(240, 240, 230),
    hair=(60, 50, 40),
    nothing=(128, 128, 128),
)


def drawing(*actions: str, amount: float = 0.8, yaw_deg: float = 0.0) -> Drawing:
    face = np.zeros(52)
    face[[action_index(name) for name in actions]] = amount
    face = with_shut_lids(MODEL, FIT, face)
    turn = rotation_matrix(yaw_deg, 0.0, 0.0)
    return draw_head(
        MODEL, pose_head(MODEL, FIT, rotation=turn, coefficients=face), side=SIDE, size=256
    )


def painted(of: Drawing) -> ImageU8:
    return picture_of(MODEL, of, PAINT, SIZE)


def result(source: Drawing, of: Drawing, picture: ImageU8 | None = None) -> ImageU8:
    """Eyes over plain skin."""
    seen = painted(source) if picture is None else picture
    eyes = source_eyes(MODEL, source, seen, PAINT)
    image = torch.full((3, SIZE, SIZE), 0.3)
    for patch in eyes_of(MODEL, of, source, seen, eyes):
        patch.over(image)
    return ((image + 1) * 127.5).round().clamp(0, 255).byte().permute(1, 2, 0).numpy()


def blue(picture: ImageU8) -> np.ndarray:
    red, blue_ = picture[..., 0].astype(int), picture[..., 2].astype(int)
    return blue_ > red + 30


def pale(picture: ImageU8) -> np.ndarray:
    return (picture.min(2) > 175) & (np.ptp(picture.astype(int), axis=2) < 20)


def test_eyes_as_the_source_has_them_are_left_as_they_are():
    source = drawing()
    seen = painted(source)
    assert eyes_of(MODEL, drawing(), source, seen, source_eyes(MODEL, source, seen, PAINT)) == []


def test_shut_eyes_show_neither_white_nor_iris():
    shut = result(drawing(), drawing("eyeBlinkLeft", "eyeBlinkRight"))
    open_ = result(drawing(), drawing("eyeWideLeft", "eyeWideRight"))
    assert blue(open_).sum() > 200
    assert blue(shut).sum() < 3
    assert pale(shut).sum() < 3


def test_a_line_of_lashes_is_where_shut_lids_meet():
    of = drawing("eyeBlinkLeft", "eyeBlinkRight")
    shut = result(drawing(), of).mean(2)
    edge = of.posed.xy[lid_edges(MODEL)[0].upper[2:-2]] * (SIZE / SIDE) - 0.5
    x, y = np.rint(edge).astype(int).T
    assert shut[y, x].mean() < shut[y - 10, x].mean() - 15


@pytest.mark.parametrize("side", [-1, 1])
def test_irises_go_where_eyes_look(side: int):
    # To the viewer's right: the person's left eye looks out, the right one in.
    names = (
        ("eyeLookOutLeft", "eyeLookInRight") if side > 0 else ("eyeLookInLeft", "eyeLookOutRight")
    )
    ahead = result(drawing(), drawing("eyeWideLeft", "eyeWideRight"))
    aside = result(drawing(), drawing(*names))

    def middle(picture: ImageU8) -> float:
        return float(np.nonzero(blue(picture))[1].mean())

    assert side * (middle(aside) - middle(ahead)) > 3


def test_one_eye_winks_while_the_other_looks():
    of = drawing("eyeBlinkLeft", "eyeWideRight")
    seen = blue(result(drawing(), of))
    middle = round(float(of.posed.xy[[e.upper[-1] for e in lid_edges(MODEL)], 0].mean()) * 4)
    assert seen[:, :middle].sum() > 100
    assert seen[:, middle:].sum() < 3


def test_an_eye_that_is_turned_away_is_not_drawn():
    source = drawing()
    seen = painted(source)
    eyes = source_eyes(MODEL, source, seen, PAINT)
    assert len(eyes_of(MODEL, drawing(yaw_deg=20), source, seen, eyes)) == 2
    assert len(eyes_of(MODEL, drawing(yaw_deg=75), source, seen, eyes)) < 2


def test_a_lid_that_comes_down_is_skin_and_no_drawn_out_shadow():
    source = drawing()
    seen = painted(source)
    # The fold above an open eye is dark.
    edges = lid_edges(MODEL)[0]
    fold = source.posed.xy[edges.upper] * (SIZE / SIDE) - (0.5, 5)
    cv2.polylines(seen, [np.rint(fold).astype(np.int32)], False, (60, 30, 20), 3)
    of = drawing("eyeBlinkLeft", "eyeBlinkRight")
    shut = result(source, of, seen).mean(2)
    lid = (of.posed.xy[edges.upper[3:6]] * (SIZE / SIDE)).mean(0) - (0, 7)
    x, y = np.rint(lid).astype(int)
    assert shut[y - 2 : y + 2, x - 4 : x + 4].mean() > 110


def looks(of: Drawing, picture: ImageU8 | None = None) -> tuple[EyeLook, EyeLook]:
    return looks_of(MODEL, of, painted(of) if picture is None else picture, PAINT)


def test_what_lids_cover_of_an_iris_is_as_what_they_leave():
    for look in looks(drawing()):
        side = len(look.seen)
        middle = look.picture[side // 2 - 6 : side // 2 + 6, side // 2 - 6 : side // 2 + 6]
        above = look.picture[side // 2 - side // 8, side // 2 - 3 : side // 2 + 3]
        assert 0.02 < (look.seen > 0.5).mean() < 0.6
        for part in (middle, above):
            assert (part[..., 2] > part[..., 0] + 30).mean() > 0.8
        corner = look.picture[side // 2, side // 12]
        assert corner.min() > 150


def test_an_eye_that_does_not_show_looks_like_the_other_one():
    of = drawing("eyeBlinkLeft")  # on the viewer's right
    seen = painted(of)
    left, right = looks(of, seen)
    np.testing.assert_allclose(right.picture[:, ::-1], left.picture, atol=2)


def test_eyes_that_never_show_are_painted():
    of = drawing("eyeBlinkLeft", "eyeBlinkRight")
    for look in looks(of):
        assert look.seen.max() == 0
        side = len(look.seen)
        assert look.picture[side // 2, side // 2].mean() < 60
        assert look.picture[side // 2, 2].min() > 200


def test_large_sources_have_finer_eyes():
    of = drawing()
    fine = looks_of(MODEL, of, picture_of(MODEL, of, PAINT, 1024), PAINT)[0]
    assert len(fine.seen) > len(looks(of)[0].seen)
