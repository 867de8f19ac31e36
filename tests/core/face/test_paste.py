"""Pasting: the untouched crop leaves the frame as it was, a changed one shows no seam."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hyperreenact_core.face.align import CropBox, CropRule, cut
from hyperreenact_core.face.paste import paste_back, soft_mask


def scene(width: int = 400, height: int = 300) -> np.ndarray:
    """Colours, gradients and a little texture."""
    y, x = np.mgrid[:height, :width] + 0.5
    channels = [
        128 + 90 * np.sin(x / 30 + y / 50),
        128 + 80 * np.cos(x / 45 - y / 22),
        100 + 0.2 * x + 0.1 * y + 10 * np.sin(x / 6),
    ]
    return np.stack(channels, axis=-1).clip(0, 255).round().astype(np.uint8)


BOXES = {
    "larger than the crop": CropBox(203.4, 151.7, 120.3),
    "same size": CropBox(200, 150, 128),
    "small": CropBox(111.2, 90.9, 33.7),
    "over the corner": CropBox(30, 20, 90),
    "larger than the frame": CropBox(200, 150, 260),
}


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES.keys())
@pytest.mark.parametrize("colour_match", [False, True])
def test_round_trip(box: CropBox, colour_match: bool) -> None:
    frame = scene()
    before = frame.copy()
    crop, crop_from_frame = cut(frame, box, CropRule(size=256))
    pasted, mask = paste_back(frame, crop, crop_from_frame, colour_match=colour_match)
    assert (frame == before).all(), "the given frame is not changed"
    assert pasted.dtype == np.uint8
    change = np.abs(pasted.astype(int) - frame)
    inside = mask.numpy() > 0.5
    assert inside.any()
    assert change[inside].mean() < 1
    assert (change[mask.numpy() == 0] == 0).all()


def test_nothing_moves() -> None:
    """A pasted dot lies where it was, to a small part of a pixel."""
    frame = np.full((200, 200, 3), 30, np.uint8)
    frame[90:96, 110:116] = 240
    crop, crop_from_frame = cut(frame, CropBox(100.3, 99.6, 61.7), CropRule(size=256))
    pasted, _ = paste_back(np.full_like(frame, 30), crop, crop_from_frame, colour_match=False)
    weight = pasted[..., 0].astype(float) - 30
    y, x = np.mgrid[:200, :200] + 0.5
    assert (weight * x).sum() / weight.sum() == pytest.approx(113, abs=0.06)
    assert (weight * y).sum() / weight.sum() == pytest.approx(93, abs=0.06)


def test_the_border_is_soft() -> None:
    frame = np.full((300, 300, 3), 100, np.uint8)
    _, crop_from_frame = cut(frame, CropBox(150, 150, 100), CropRule(size=128))
    bright = torch.full((3, 128, 128), 1.0)
    pasted, mask = paste_back(frame, bright, crop_from_frame, feather=0.3, colour_match=False)
    assert (pasted[150, 150] == 255).all()
    assert (pasted[10, 10] == 100).all()
    steps = np.abs(np.diff(pasted[150, :, 0].astype(int)))
    assert steps.max() < 155 / 10, "no step across the seam"
    assert float(mask[150, 150]) == pytest.approx(1)
    hard, _ = paste_back(frame, bright, crop_from_frame, feather=0, colour_match=False)
    assert np.abs(np.diff(hard[150, :, 0].astype(int))).max() > 60


def test_a_given_mask_decides_and_fades_inwards() -> None:
    frame = np.zeros((200, 200, 3), np.uint8)
    _, crop_from_frame = cut(frame, CropBox(100, 100, 64), CropRule(size=128))
    mask = torch.zeros(1, 128, 128)
    mask[:, :, :64] = 1  # left half
    bright = torch.ones(3, 128, 128)
    pasted, shown = paste_back(
        frame, bright, crop_from_frame, mask=mask, feather=0.2, colour_match=False
    )
    assert (pasted[:, 101:] <= 2).all()
    assert (pasted[90:110, 60:80] > 250).all()
    assert (pasted[:, 36] < 60).all(), "the mask also fades towards the crop's border"
    assert shown.shape == (200, 200)
    assert float(shown.min()) >= 0
    assert float(shown.max()) <= 1


def test_what_is_in_front_of_the_crop_stays() -> None:
    frame = np.full((60, 80, 3), 90, np.uint8)
    crop, matrix = cut(np.full((60, 80, 3), 200, np.uint8), CropBox(40, 30, 20), CropRule(size=64))
    front = torch.zeros(60, 80)
    front[:30], front[30:34] = 1, 0.5
    pasted = paste_back(frame, crop, matrix, front=front, colour_match=False)
    assert (pasted.frame[:30] == 90).all()
    assert pasted.frame[31, 40, 0] == 145
    assert pasted.frame[38, 40, 0] == 200
    assert pasted.mask[:30].max() == 0


def test_colour_match_removes_a_cast() -> None:
    frame = scene()
    crop, crop_from_frame = cut(frame, CropBox(200, 150, 100), CropRule(size=256))
    tinted = (crop * 0.9 + torch.tensor([0.12, -0.05, 0.08])[:, None, None]).clamp(-1, 1)

    def change(colour_match: bool) -> float:
        pasted, mask = paste_back(frame, tinted, crop_from_frame, colour_match=colour_match)
        return float(np.abs(pasted.astype(int) - frame)[mask.numpy() > 0.5].mean())

    assert change(True) < change(False) / 3


def test_colour_match_ignores_what_differs_along_the_border() -> None:
    """Dark hair on a third of the border must not tint the rest."""
    frame = scene()
    crop, crop_from_frame = cut(frame, CropBox(200, 150, 100), CropRule(size=256))
    moved = crop.clone()
    moved[:, :40, :] = -0.8
    moved[:, 40:120, :20] = -0.8
    pasted, mask = paste_back(frame, moved, crop_from_frame, colour_match=True)
    below = mask.numpy() > 0.5
    below[:170] = False
    assert np.abs(pasted.astype(int) - frame)[below].mean() < 4


def test_a_turned_crop() -> None:
    """The matrix may turn and mirror: what is pasted follows it."""
    frame = np.full((200, 200, 3), 128, np.uint8)
    crop = -torch.ones(3, 64, 64)
    crop[0, :, :32] = 1.0  # red on the crop's left
    quarter_turn = torch.tensor([[0.0, 1.0, -68.0], [-1.0, 0.0, 132.0], [0.0, 0.0, 1.0]])
    pasted, _ = paste_back(frame, crop, quarter_turn.double(), feather=0.05, colour_match=False)
    # p_crop.x = y - 68: the crop's left is the upper part of the square.
    assert pasted[80, 100].tolist() == [255, 0, 0]
    assert pasted[120, 100].tolist() == [0, 0, 0]


def test_a_crop_outside_the_frame_changes_nothing() -> None:
    frame = scene()
    crop, crop_from_frame = cut(frame, CropBox(-500, -500, 50), CropRule(size=64))
    pasted, mask = paste_back(frame, crop, crop_from_frame, colour_match=False)
    assert (pasted == frame).all()
    assert float(mask.max()) == 0


def test_soft_mask() -> None:
    mask = soft_mask(128, feather=0.2)
    assert mask.shape == (128, 128)
    assert mask[64, 64] == 1
    assert mask[0].max() < 0.02
    assert np.allclose(mask, mask.T)
    assert np.allclose(mask, mask[::-1])
    assert (np.diff(mask[64, :64]) >= 0).all()
