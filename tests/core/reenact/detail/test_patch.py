"""Parts of a result: where they lie, and that they cover what they say."""

from __future__ import annotations

import numpy as np
import torch

from hyperreenact_core.reenact.detail.patch import Part


def test_a_part_holds_its_corners_and_ends_with_the_picture():
    part = Part.about(np.array([10.2, -3.0]), np.array([20.1, 7.5]), 16)
    assert (part.left, part.top, part.right, part.bottom) == (10, 0, 16, 8)
    assert (part.width, part.height) == (6, 8)
    assert not part.empty
    assert Part.about(np.array([30.0, 2.0]), np.array([40.0, 9.0]), 16).empty


def test_places_and_pixels_agree():
    part = Part.about(np.array([4.0, 2.0]), np.array([12.0, 10.0]), 16)
    np.testing.assert_array_equal(part.places(np.array([[5.0, 4.0]])), [[1, 2]])
    at = np.array([0, part.width * 2 + 3], np.int32)
    columns, rows = part.pixels(at, 16)
    np.testing.assert_array_equal(columns, [4, 7])
    np.testing.assert_array_equal(rows, [2, 4])


def test_it_covers_as_much_as_it_says():
    part = Part.about(np.array([2.0, 3.0]), np.array([6.0, 6.0]), 8)
    share = np.zeros((part.height, part.width), np.float32)
    share[:, : part.width // 2] = 1
    patch = part.patch(np.full((part.height, part.width, 3), 255.0, np.float32), share)
    image = torch.full((3, 8, 8), -1.0)
    patch.over(image)
    expected = torch.full((3, 8, 8), -1.0)
    expected[:, 3:6, 2:4] = 1
    torch.testing.assert_close(image, expected)
