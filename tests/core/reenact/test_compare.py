"""Panels side by side."""

from __future__ import annotations

import numpy as np

from hyperreenact_core.reenact.compare import GAP, SideBySide, comparison_layout, fitted


def plain(width: int, height: int, value: int) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def test_a_row_has_all_panels_at_one_height_with_white_between():
    layout = SideBySide.of([(40, 20), (30, 60), (16, 16)], height=32)
    assert layout.widths == (64, 16, 32)
    row = layout.row([plain(40, 20, 10), plain(30, 60, 20), plain(16, 16, 30)])
    assert row.shape == (32, layout.width, 3) == (32, 64 + 16 + 32 + 2 * GAP, 3)
    values = row[16, :, 0].tolist()
    expected = [10] * 64 + [255] * GAP + [20] * 16 + [255] * GAP + [30] * 32
    assert values == expected


def test_a_picture_of_another_shape_is_not_distorted():
    boxed = fitted(plain(10, 40, 99), width=20, height=20)
    columns = boxed[10, :, 0]
    assert boxed.shape == (20, 20, 3)
    assert np.flatnonzero(columns).tolist() == list(range(7, 12))  # 5 wide, in the middle


def test_fitting_a_picture_that_fits_changes_nothing():
    picture = np.random.default_rng(0).integers(0, 256, (8, 12, 3)).astype(np.uint8)
    assert np.array_equal(fitted(picture, width=12, height=8), picture)


def test_layouts_show_faces_or_whole_pictures():
    faces = comparison_layout((640, 480), (1920, 1080), 128, paste_back=False)
    assert (faces.height, faces.widths) == (128, (128, 128, 128))
    pictures = comparison_layout((640, 480), (1920, 1080), 128, paste_back=True)
    assert (pictures.height, pictures.widths) == (480, (640, 853, 640))
    huge = comparison_layout((4000, 3000), (100, 100), 128, paste_back=True)
    assert (huge.height, huge.widths) == (1080, (1440, 1080, 1440))
