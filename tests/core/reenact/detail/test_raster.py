"""Triangles in a depth buffer: the right pixels, the nearest surface, the right mix."""

import numpy as np

from hyperreenact_core.reenact.detail.raster import rasterise

# A square of two triangles, counter-clockwise seen from the front with y up (here y is down).
SQUARE = np.array([[2.0, 2.0], [2.0, 10.0], [10.0, 10.0], [10.0, 2.0]])
FACES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
FLAT = np.zeros(4, np.float32)


def test_a_square_covers_the_pixels_whose_centres_it_holds_once() -> None:
    found = rasterise(SQUARE, FLAT, FACES, 16)
    expected = np.zeros((16, 16), np.bool_)
    expected[2:10, 2:10] = True
    np.testing.assert_array_equal(found.at, np.nonzero(expected.ravel())[0])


def test_what_faces_away_is_left_out() -> None:
    assert len(rasterise(SQUARE, FLAT, FACES[:, ::-1], 16).at) == 0


def test_attributes_are_mixed_linearly() -> None:
    found = rasterise(SQUARE, FLAT, FACES, 16)
    rows, columns = np.divmod(found.at, 16)
    places = found.mix(FACES, SQUARE.astype(np.float32))
    np.testing.assert_allclose(places, np.stack([columns + 0.5, rows + 0.5], 1), atol=1e-4)


def test_the_nearest_of_two_is_seen() -> None:
    both = np.concatenate([SQUARE, SQUARE + 4])
    depth = np.repeat(np.array([2.0, 1.0], np.float32), 4)
    found = rasterise(both, depth, np.concatenate([FACES, FACES + 4]), 16)
    seen = dict(zip(found.at.tolist(), (found.triangle >= 2).tolist(), strict=True))
    assert seen[3 * 16 + 3] is False
    assert seen[8 * 16 + 8] is True
    assert seen[12 * 16 + 12] is True
    assert len(seen) == 64 + 64 - 16


def test_what_lies_beyond_the_picture_is_cut_off() -> None:
    found = rasterise(SQUARE * 4 - 20, FLAT, FACES, 16)
    assert len(found.at) == 16 * 16
    assert len(rasterise(SQUARE + 100, FLAT, FACES, 16).at) == 0


def test_small_triangles_that_share_edges_leave_no_gap() -> None:
    turn = np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    grid = np.stack(np.meshgrid(np.linspace(-20, 52, 30), np.linspace(-20, 52, 30)), -1)
    corner = np.arange(900).reshape(30, 30)
    a, b, c, d = (
        corner[i : 29 + i, j : 29 + j].ravel() for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))
    )
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)
    xy = (grid.reshape(-1, 2) - 16) @ turn.T + 16
    assert len(rasterise(xy, np.zeros(900, np.float32), faces, 32).at) == 32 * 32
