"""Boxes from detector maps."""

from __future__ import annotations

import torch
from torch import Tensor

from hyperreenact_core.face.s3fd_detect import candidates, face_boxes, without_doubles
from hyperreenact_core.networks.s3fd import LevelMaps

NO, YES = -8.0, 8.0


def empty_levels(batch: int = 1, side: int = 256) -> list[LevelMaps]:
    """Maps of a picture without a face."""
    levels: list[LevelMaps] = []
    for number in range(6):
        cells = side // (4 * 2**number)
        logits = torch.zeros(batch, 2, cells, cells)
        logits[:, 1] = NO
        levels.append(LevelMaps(logits=logits, offsets=torch.zeros(batch, 4, cells, cells)))
    return levels


def test_nothing_is_found_where_nothing_is() -> None:
    (boxes,) = face_boxes(empty_levels())
    assert boxes.shape == (0, 5)


def test_a_place_without_offsets_is_its_prior_box() -> None:
    levels = empty_levels()
    levels[2].logits[0, 1, 3, 5] = YES  # stride 16: centre (88, 56), side 64
    (boxes,) = face_boxes(levels)
    torch.testing.assert_close(boxes[:, :4], torch.tensor([[56.0, 24.0, 120.0, 88.0]]))
    assert boxes[0, 4] > 0.99


def test_offsets_move_and_stretch_the_prior_box() -> None:
    levels = empty_levels()
    levels[2].logits[0, 1, 3, 5] = YES
    levels[2].offsets[0, :, 3, 5] = torch.tensor([1.0, -2.0, 5 * 0.6931472, 0.0])
    (boxes,) = face_boxes(levels)
    # Centre moves by a tenth of the side; a fifth of the third offset is the log of the width.
    centre, size = (boxes[0, :2] + boxes[0, 2:4]) / 2, boxes[0, 2:4] - boxes[0, :2]
    torch.testing.assert_close(centre, torch.tensor([88 + 6.4, 56 - 12.8]))
    torch.testing.assert_close(size, torch.tensor([128.0, 64.0]))


def test_levels_have_their_own_strides() -> None:
    levels = empty_levels()
    for number in (0, 5):
        levels[number].logits[0, 1, 1, 1] = YES
    (boxes,) = face_boxes(levels)
    sides = sorted((boxes[:, 2] - boxes[:, 0]).tolist())
    assert sides == [16.0, 512.0]


def test_pictures_of_a_batch_do_not_mix() -> None:
    levels = empty_levels(batch=2)
    levels[2].logits[0, 1, 3, 5] = YES
    levels[3].logits[1, 1, 2, 2] = YES
    first, second = face_boxes(levels)
    assert [len(first), len(second)] == [1, 1]
    assert float(first[0, 2] - first[0, 0]) == 64
    assert float(second[0, 2] - second[0, 0]) == 128
    assert candidates(levels).shape == (2, 2, 5)


def test_weak_places_are_looked_at_but_are_no_faces() -> None:
    levels = empty_levels()
    levels[2].logits[0, 1, 3, 5] = -1.0  # 27 percent
    assert candidates(levels).shape == (1, 1, 5)
    assert len(face_boxes(levels)[0]) == 0


def boxes(*rows: tuple[float, ...]) -> Tensor:
    return torch.tensor(rows)


def test_the_most_certain_of_overlapping_boxes_stays() -> None:
    weak, strong = (0.0, 0.0, 99.0, 99.0, 0.6), (10.0, 0.0, 109.0, 99.0, 0.9)
    apart = (300.0, 0.0, 399.0, 99.0, 0.7)
    kept = without_doubles(boxes(weak, strong, apart))
    torch.testing.assert_close(kept, boxes(strong, apart))


def test_overlap_counts_corners_as_pixels() -> None:
    # 10 of 13 + 10 pixels shared in each row: 10 / (2 * 16.5 - 10) = 0.3 exactly at the limit.
    a, inside = (0.0, 0.0, 9.0, 9.0, 0.9), (7.0, 0.0, 16.0, 9.0, 0.8)
    assert len(without_doubles(boxes(a, inside))) == 2  # 3 of 17 columns
    assert len(without_doubles(boxes(a, (5.0, 0.0, 14.0, 9.0, 0.8)))) == 1  # 5 of 15
    # Two pixels side by side: without the "+1" they would have no area at all.
    assert len(without_doubles(boxes((0.0, 0.0, 1.0, 0.0, 0.9), (1.0, 0.0, 2.0, 0.0, 0.8)))) == 1


def test_no_box_is_no_trouble() -> None:
    assert without_doubles(torch.zeros(0, 5)).shape == (0, 5)
