"""Face crops of rendered heads."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from hyperreenact_core.errors import InputError
from hyperreenact_core.face.align import CropRule
from hyperreenact_core.networks.pose_state import state_parts
from hyperreenact_core.training.heads.crops import HeadCrops, load_crops
from hyperreenact_core.training.heads.pairs import pictures_of, soft_background
from tests.core.training.heads.small import write_heads

RULE = CropRule(scale=0.9, size=64)


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> HeadCrops:
    return load_crops([write_heads(tmp_path_factory.mktemp("heads"))], RULE)


def test_every_picture_is_there_twice(heads: HeadCrops) -> None:
    assert (len(heads), heads.pictures, heads.size) == (24, 12, 64)
    plain = torch.arange(12)
    assert torch.equal(heads.batch(plain + 12), heads.batch(plain).flip(3))
    assert torch.equal(heads.cover(plain + 12), heads.cover(plain).flip(3))
    assert torch.equal(heads.identity[12:], heads.identity[:12])


def test_a_mirrored_head_is_turned_and_looks_the_other_way(heads: HeadCrops) -> None:
    (turn, actions, gaze), (turn_2, actions_2, gaze_2) = (
        state_parts(half) for half in heads.state.chunk(2)
    )
    flip = torch.tensor([-1.0, 1, 1])
    torch.testing.assert_close(turn_2, flip[:, None] * turn * flip, atol=1e-5, rtol=0)
    torch.testing.assert_close(gaze_2, gaze.flip(1) * flip, atol=1e-5, rtol=0)
    torch.testing.assert_close(actions_2[:, 9], actions[:, 8], msg="the other eye blinks")


def test_landmarks_surround_the_middle_of_the_crop(heads: HeadCrops) -> None:
    low, high = heads.landmarks.amin(1), heads.landmarks.amax(1)
    extent = (high - low).amax(1)
    torch.testing.assert_close(extent, torch.full_like(extent, 64 / 1.8), atol=0.1, rtol=0)
    middle = (low + high) / 2
    assert (middle[:, 0] - 32).abs().max() < 0.1
    assert (middle[:, 1] - 32 - 64 / 1.8 / 6).abs().max() < 0.1


def test_partners_are_other_rows_of_the_same_clip(heads: HeadCrops) -> None:
    rows = torch.arange(len(heads))
    partner = heads.partner(rows, torch.Generator().manual_seed(0))
    assert torch.equal(heads.clip[partner], heads.clip)
    assert not (partner == rows).any()


def test_faces_behind_hands_and_their_lonely_partners_are_left_out(tmp_path: Path) -> None:
    heads = load_crops([write_heads(tmp_path, covered=4)], RULE)
    assert heads.pictures == 10
    assert heads.clip[:10].bincount().tolist() == [2, 2, 2, 2, 2]


def test_folders_without_shards_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no shards"):
        load_crops([tmp_path], RULE)


def test_a_soft_background_leaves_the_head_as_it_is() -> None:
    random = torch.Generator().manual_seed(0)
    face = torch.rand(1, 3, 64, 64, generator=random)
    cover = torch.zeros(1, 1, 64, 64)
    cover[..., 16:48, 16:48] = 1
    soft = soft_background(face, cover)
    assert torch.equal(soft[..., 16:48, 16:48], face[..., 16:48, 16:48])
    assert soft[..., :16, :].std() < 0.3 * face[..., :16, :].std()
    assert abs(soft[..., :16, :].mean() - face[..., :16, :].mean()) < 0.02


def test_a_pair_before_one_colour_has_it_in_both_pictures(heads: HeadCrops) -> None:
    random = torch.Generator().manual_seed(0)
    pairs = pictures_of(heads, torch.tensor([0]), torch.tensor([1]), random, flat=1.0)
    torch.testing.assert_close(pairs.source[..., 0, 0], pairs.truth[..., 0, 0], atol=0.1, rtol=0)
    assert pairs.weight.amax() > 4 * pairs.weight[..., 0, 0]
