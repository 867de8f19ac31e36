"""Crops: the published rule to the pixel, and the smooth one for video."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from hyperreenact_core.face.align import (
    CropBox,
    CropRule,
    crop_box,
    crop_face,
    cut,
    five_point_theta,
    five_point_warp,
    move_points,
    pose_crop,
)
from hyperreenact_core.imaging import u8_from_tensor

SMOOTH = CropRule(size=128)
PUBLISHED = CropRule(whole_pixels=True)


def waves(width: int = 320, height: int = 240) -> np.ndarray:
    """A smooth picture given by a formula, so that it can be sampled anywhere."""
    y, x = np.mgrid[:height, :width] + 0.5
    return wave_colours(x, y).round().astype(np.uint8)


def wave_colours(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    channels = [np.sin(x / 23 + y / 41), np.cos(x / 37 - y / 19), np.sin(x / 29) * np.cos(y / 31)]
    return 127.5 + 100 * np.stack(channels, axis=-1)


def face_shape(cx: float, cy: float, width: float, height: float) -> Tensor:
    """68 points on an ellipse with the given box."""
    angles = torch.linspace(0, 2 * torch.pi, 69, dtype=torch.float64)[:68]
    points = torch.stack([angles.cos() * width / 2 + cx, angles.sin() * height / 2 + cy], dim=1)
    return points.float()


def test_smooth_box_follows_the_rule() -> None:
    box = crop_box(face_shape(100.3, 80.7, 60, 90), CropRule(scale=1.2, up_divisor=6))
    assert box.cx == pytest.approx(100.3, abs=0.1)
    assert box.cy == pytest.approx(80.7 - 90 / 6, abs=0.1)
    assert box.half == pytest.approx(1.2 * 90, abs=0.2)


def test_whole_pixel_box_rounds_half_to_even_and_truncates() -> None:
    landmarks = torch.tensor([[10.0, 20.0], [15.0, 59.9], [11.0, 30.0]])
    box = crop_box(landmarks, PUBLISHED)
    assert box == CropBox(12.0, 40.0 - 39 // 6, 39)  # the middle 12.5 becomes 12


@pytest.mark.parametrize("points", [torch.zeros(68, 2), torch.full((68, 2), torch.nan)])
def test_no_box_around_nothing(points: Tensor) -> None:
    with pytest.raises(ValueError, match="no face"):
        crop_box(points, SMOOTH)


@pytest.mark.parametrize("half", [25.3, 64.0, 90.6])
@pytest.mark.parametrize(("cx", "cy"), [(160.0, 120.0), (151.37, 118.81)])
def test_smooth_cut_samples_the_square_with_sub_pixel_accuracy(
    cx: float, cy: float, half: float
) -> None:
    image, crop_from_frame = cut(waves(), CropBox(cx, cy, half), SMOOTH)
    assert image.shape == (3, 128, 128)
    centres = (np.arange(128) + 0.5) / 128 * 2 * half
    expected = wave_colours(cx - half + centres[None], cy - half + centres[:, None])
    got = (image.permute(1, 2, 0).numpy() + 1) * 127.5
    assert np.abs(got - expected)[4:-4, 4:-4].max() < 3
    corners = torch.tensor([[cx - half, cy - half], [cx + half, cy + half]])
    moved = move_points(corners, crop_from_frame)
    assert torch.allclose(moved, torch.tensor([[0.0, 0.0], [128.0, 128.0]]), atol=1e-4)


def test_reducing_does_not_alias() -> None:
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 255
    image, _ = cut(stripes, CropBox(200, 200, 160), CropRule(size=64))
    assert image.abs().max() < 0.1, "stripes of one pixel become grey"


@pytest.mark.parametrize("box", [CropBox(-30, 20, 80), CropBox(300, 230, 70), CropBox(90, 60, 500)])
def test_beyond_the_picture_lies_its_mirror_image(box: CropBox) -> None:
    frame = waves()
    image, _ = cut(frame, box, SMOOTH)
    pad = 600
    mirrored = np.pad(frame, ((pad, pad), (pad, pad), (0, 0)), mode="symmetric")
    inside, _ = cut(mirrored, CropBox(box.cx + pad, box.cy + pad, box.half), SMOOTH)
    assert torch.equal(image, inside)


def test_sub_pixel_motion_moves_the_crop() -> None:
    frame = waves()
    still, _ = cut(frame, CropBox(160.0, 120.0, 50), SMOOTH)
    nudged, _ = cut(frame, CropBox(160.2, 120.0, 50), SMOOTH)
    assert 0 < (still - nudged).abs().mean() < 0.02


@pytest.mark.parametrize("rule", [SMOOTH, PUBLISHED])
def test_landmarks_stay_on_the_face(rule: CropRule) -> None:
    frame = np.full((240, 320, 3), 40, np.uint8)
    cv2.circle(frame, (150, 110), 4, (250, 250, 250), -1)
    landmarks = face_shape(160, 120, 70, 90)
    landmarks[30] = torch.tensor([150.5, 110.5])
    face = crop_face(frame, landmarks, rule, score=0.9)
    assert face.score == 0.9
    assert face.landmarks.shape == (68, 2)
    y, x = np.nonzero(u8_from_tensor(face.image[None])[0, ..., 0] > 150)
    assert np.allclose([x.mean() + 0.5, y.mean() + 0.5], face.landmarks[30].numpy(), atol=0.3)
    back = move_points(face.landmarks, face.frame_from_crop)
    assert torch.allclose(back, landmarks, atol=1e-3)


def test_five_point_warp_undoes_a_known_similarity() -> None:
    """A face drawn at the reference points, turned and shrunk, comes back upright."""
    angle, scale = 0.4, 1.3
    turned = scale * torch.tensor(
        [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], dtype=torch.float64
    )
    x = torch.tensor([35.343697, 76.453766, 56.029396, 39.14085, 73.18488], dtype=torch.float64)
    y = torch.tensor([51.6963, 51.5014, 71.7366, 92.3655, 92.2041], dtype=torch.float64)
    reference = torch.stack([x, y], dim=1)
    points = reference @ turned.T + torch.tensor([60.0, 20.0], dtype=torch.float64)
    landmarks = torch.zeros(2, 68, 2, dtype=torch.float64)
    landmarks[:, 36:42], landmarks[:, 42:48] = points[0], points[1]
    landmarks[:, 30], landmarks[:, 48], landmarks[:, 54] = points[2], points[3], points[4]
    theta = five_point_theta(landmarks, height=200, width=240)
    homogeneous = torch.cat([reference / 56 - 1, torch.ones(5, 1, dtype=torch.float64)], dim=1)
    half_size = torch.tensor([120.0, 100.0], dtype=torch.float64)
    reached = (homogeneous @ theta[1].T + 1) * half_size
    assert torch.allclose(reached, points, atol=1e-6)
    warped = five_point_warp(torch.zeros(2, 3, 200, 240), landmarks, size=56)
    assert warped.shape == (2, 3, 56, 56)


def test_batches_are_independent() -> None:
    random = torch.Generator().manual_seed(0)
    image = torch.rand(3, 3, 128, 128, generator=random) * 2 - 1
    landmarks = torch.rand(3, 68, 2, generator=random) * 80 + 20
    for warp in (five_point_warp, pose_crop):
        together = warp(image, landmarks)
        alone = torch.cat([warp(image[i : i + 1], landmarks[i : i + 1]) for i in range(3)])
        assert torch.allclose(together, alone, atol=1e-5)


def test_pose_crop_is_zero_outside_and_in_unit_range() -> None:
    image = torch.ones(1, 3, 128, 128)
    landmarks = face_shape(10, 64, 80, 80)[None]
    crop = pose_crop(image, landmarks)
    assert crop.shape == (1, 3, 224, 224)
    assert crop[..., :, 0].max() == 0
    assert crop.max() == pytest.approx(1, abs=1e-4)
