"""Pairs: exact flow makes the result of the source, and squares, mirrors and guides keep it so."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from hyperreenact_core.face.framing import Frame
from hyperreenact_core.networks.detail import DetailPlan
from hyperreenact_core.networks.detail_inputs import CoarseMaps
from hyperreenact_core.reenact.detail.head_model import load_head_model
from hyperreenact_core.training.detail.geometry import ReadingErrors, coarse_of
from hyperreenact_core.training.detail.guides import KINDS, draw_guides
from hyperreenact_core.training.detail.losses import made
from hyperreenact_core.training.detail.pairs import (
    Pair,
    SquareRange,
    pair_shelf,
    read_pair,
    sample_square,
    square_about,
)
from hyperreenact_core.training.detail.stream import (
    Batch,
    Stream,
    StreamSettings,
    example,
    window,
)
from hyperreenact_core.training.reader.shelf import Shelf

from .drawn_pairs import SIZE, write_pairs

MODEL = load_head_model()
EXACT = ReadingErrors(points=(0.0, 0.0), coefficients=0.0, turn_deg=0.0)
SETTINGS = StreamSettings(size=SIZE, window=32, errors=EXACT)
WHOLE = Frame((SIZE / 2, SIZE / 2), SIZE)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    folder = tmp_path_factory.mktemp("pairs")
    write_pairs(folder / "people-0.safetensors", first=0, pairs=2)
    write_pairs(folder / "people-2.safetensors", first=2, pairs=2)
    return pair_shelf([folder])


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def carried(pair: Pair) -> np.ndarray:
    """The source's pixels through the true flow."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    x, y = columns + pair.flow[..., 0], rows + pair.flow[..., 1]
    moved = cv2.remap(pair.source.picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32)


def psnr(one: np.ndarray, other: np.ndarray, mask: np.ndarray) -> float:
    return float(-10 * np.log10(np.square(one - other.astype(np.float32))[mask].mean() / 255**2))


@pytest.mark.parametrize("index", [0, 1, 2, 7])
def test_the_true_flow_makes_the_result_of_the_source_where_it_is_seen(
    shelf: Shelf, index: int
) -> None:
    points = shelf.values(index)["points"]
    for frame in (WHOLE, replace(WHOLE, mirrored=True), square_about(points, SIZE, scale=0.7)):
        pair = read_pair(shelf, index, frame, SIZE)
        inner = cv2.erode(pair.seen.astype(np.uint8), np.ones((3, 3))) > 0
        exact = psnr(carried(pair), pair.result.picture, inner)
        assert exact > 24
        if shelf.turn_deg(index) > 5:
            unmoved = pair.source.picture.astype(np.float32)
            assert psnr(unmoved, pair.result.picture, inner) < exact - 6


def test_squares_stay_in_the_picture_and_about_the_face(shelf: Shelf) -> None:
    random = rng()
    for index in range(len(shelf)):
        points = shelf.values(index)["points"]
        square = sample_square(random, points, SquareRange(scale=(0.5, 2.0), shift=0.5), SIZE)
        half = square.side / 2
        assert min(square.centre) >= half
        assert max(square.centre) <= SIZE - half
        middle = points[:, :2].mean(0)
        assert np.abs(middle - square.centre).max() < square.side


def test_exact_readings_give_nearly_the_true_flow(shelf: Shelf) -> None:
    for index in range(4):
        pair = read_pair(shelf, index, WHOLE, SIZE)
        coarse = coarse_of(MODEL, pair, rng(), EXACT, size=SIZE)
        off = np.linalg.norm(coarse.flow.offset - pair.flow, axis=2)
        assert np.median(off[pair.seen & (pair.result.shows > 0)]) < 0.5


def test_a_mirrored_pair_has_the_mirrored_coarse_flow(shelf: Shelf) -> None:
    plain, mirrored = (
        coarse_of(MODEL, read_pair(shelf, 0, frame, SIZE), rng(), EXACT, size=SIZE).flow
        for frame in (WHOLE, replace(WHOLE, mirrored=True))
    )
    head = plain.face & mirrored.face[:, ::-1]
    assert head.sum() > 0.9 * plain.face.sum()
    back = mirrored.offset[:, ::-1] * (-1, 1)
    assert np.median(np.abs(plain.offset[..., 0])[head]) > 1
    assert np.median(np.abs(back - plain.offset)[head]) < 0.3


def test_errors_of_the_reading_move_the_flow_a_little(shelf: Shelf) -> None:
    pair = read_pair(shelf, 0, WHOLE, SIZE)
    exact = coarse_of(MODEL, pair, rng(), EXACT, size=SIZE).flow
    rough = coarse_of(MODEL, pair, rng(), ReadingErrors(), size=SIZE).flow
    off = np.linalg.norm(exact.offset - rough.offset, axis=2)[exact.face & rough.face]
    assert 0.01 < np.median(off) < 2


def test_guides_are_of_the_right_pose_but_not_of_the_right_looks(shelf: Shelf) -> None:
    pair = read_pair(shelf, 0, WHOLE, SIZE)
    coarse = coarse_of(MODEL, pair, rng(), EXACT, size=SIZE)
    drawings = (coarse.result, coarse.source)
    found = {kind: draw_guides(pair, drawings, kind, rng()) for kind in KINDS}
    assert len(np.unique(found["none"].result)) == 1
    np.testing.assert_array_equal(found["none"].result, found["none"].source)
    for kind in ("soft", "crude", "drawn"):
        guides = found[kind]
        assert guides.result.shape == pair.result.picture.shape
        assert not np.array_equal(guides.result, guides.source)
        again = draw_guides(pair, drawings, kind, rng())
        np.testing.assert_array_equal(again.result, guides.result)
        assert np.abs(guides.result.astype(float) - pair.result.picture).mean() > 8
    # The same change for both: what is still looks the same.
    far = (slice(0, 6), slice(0, 6))
    difference = found["crude"].result[far].astype(float) - found["crude"].source[far]
    assert np.abs(difference).max() < 3


def test_a_guide_may_show_less_of_the_expression_than_the_result(shelf: Shelf) -> None:
    pair = read_pair(shelf, 3, WHOLE, SIZE)  # the mouth opens, the eyes shut
    full, half = (coarse_of(MODEL, pair, rng(), EXACT, size=SIZE, gain=gain) for gain in (1.0, 0.5))
    np.testing.assert_array_equal(full.guide.region, full.result.region)
    assert (full.guide_flow.offset == 0).all()
    open_mouth = [int((drawn.region == 2).sum()) for drawn in (half.result, half.guide)]
    assert open_mouth[1] < 0.8 * open_mouth[0]
    moved = np.abs(half.guide_flow.offset).max(2)
    assert 0.5 < moved.max() < np.abs(half.flow.offset).max() + 0.5
    assert np.median(moved[half.guide_flow.region != 0]) < 0.1


def plan_of(batch: Batch) -> DetailPlan:
    """The true flow, moved where seen."""
    logits = torch.cat([batch.seen, torch.zeros_like(batch.seen), 1 - batch.seen], 1) * 20
    return DetailPlan(batch.offset, logits, batch.target)


def test_a_window_is_a_piece_of_the_whole(shelf: Shelf) -> None:
    whole = example(read_pair(shelf, 0, WHOLE, SIZE), rng(), SETTINGS, kind="soft", disturbed=False)
    for seed in range(5):
        piece = window(whole, np.random.default_rng(seed), 32)
        x, y = ((piece.places[0, :, 0, 0] + 1) * (SIZE / 2) - 0.5).round().int().tolist()
        at = (..., slice(y, y + 32), slice(x, x + 32))
        torch.testing.assert_close(piece.target, whole.target[at])
        torch.testing.assert_close(
            made(plan_of(piece), piece), made(plan_of(whole), whole)[at], atol=1e-4, rtol=0
        )
        maps: CoarseMaps = piece.inputs.maps
        torch.testing.assert_close(maps.offset, whole.inputs.maps.offset[at])


def test_batches_follow_from_seed_and_number(shelf: Shelf) -> None:
    stream = Stream(shelf, SETTINGS, seed=1)
    one, again, other = stream.batch(1, 4), stream.batch(1, 4), stream.batch(2, 4)
    assert torch.equal(one.inputs.guide, again.inputs.guide)
    assert not torch.equal(one.target, other.target)
    assert one.target.shape == (4, 3, 32, 32)
    assert stream.batch(0, 4).target.shape == (1, 3, SIZE, SIZE)
    assert one.inputs.maps.region.shape == (4, 5, 32, 32)
