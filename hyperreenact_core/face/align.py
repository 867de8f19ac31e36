"""From landmarks to crops: the square crop around a face and the crops the encoders read.

All coordinates are continuous pixels: (0, 0) is the outer corner of the top-left pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ..imaging import ImageU8, tensor_from_u8, warp
from ..types import FaceCrop, FaceReading
from .padding import faded_padding

_PUBLISHED_MAX_WIDTH = 1000

# Where the eyes, the tip of the nose and the corners of the mouth lie in a 112x112 picture for
# the identity network; wider than its original template, as the published weights expect.
_FIVE_POINTS = (
    (35.343697, 51.6963),
    (76.453766, 51.5014),
    (56.029396, 71.7366),
    (39.14085, 92.3655),
    (73.18488, 92.2041),
)
_FIVE_POINTS_SIZE = 112
_LEFT_EYE, _RIGHT_EYE = slice(36, 42), slice(42, 48)
_NOSE_TIP, _MOUTH_LEFT, _MOUTH_RIGHT = 30, 48, 54

_POSE_MARGIN = 1.1 * 1.25


@dataclass(frozen=True)
class CropRule:
    """How a square crop follows from landmarks.

    With e the larger extent of the landmark box: the centre of the box is moved up by
    e / up_divisor, and half the side of the square is scale * e.
    size: side of the crop that is put out, pixels.
    whole_pixels: follow the published program to the pixel (the box is rounded; beyond the
    picture a mirror image is blurred and faded). Otherwise the box moves smoothly, which video
    needs; beyond the picture lies its mirror image.
    """

    scale: float = 1.0
    up_divisor: int = 6
    size: int = 256
    whole_pixels: bool = False


@dataclass(frozen=True)
class CropBox:
    """A square in a frame: centre and half the side, pixels."""

    cx: float
    cy: float
    half: float


def limit_width(frame: ImageU8, max_width: int = _PUBLISHED_MAX_WIDTH) -> ImageU8:
    """Reduce a wider picture to `max_width` by area averaging, as the published program does."""
    height, width = frame.shape[:2]
    if width <= max_width:
        return frame
    reduced = (max_width, int(height * (max_width / width)))
    return np.asarray(cv2.resize(frame, reduced, interpolation=cv2.INTER_AREA), np.uint8)


def crop_box(landmarks: Tensor, rule: CropRule) -> CropBox:
    """Square around landmarks [68, 2]; ValueError where they are no finite, extended shape."""
    points = landmarks.detach().cpu().numpy()
    low, high = points.min(axis=0), points.max(axis=0)
    extent = float((high - low).max())
    if not np.isfinite(points).all() or extent < 1:
        raise ValueError(f"landmarks span {extent} pixels: no face can be cropped")
    centre = (low + high) / 2
    if rule.whole_pixels:
        whole = int(extent)
        cx, cy = np.round(centre)  # half to even
        return CropBox(float(cx), float(cy - whole // rule.up_divisor), int(rule.scale * whole))
    up = extent / rule.up_divisor
    return CropBox(float(centre[0]), float(centre[1]) - up, rule.scale * extent)


def cut(frame: ImageU8, box: CropBox, rule: CropRule) -> tuple[Tensor, Tensor]:
    """Cut a square from a frame [H, W, 3] and resize it, antialiased.

    Returns the crop, [3, R, R] RGB in [-1, 1], and crop_from_frame, [3, 3] float64. Beyond the
    picture the crop shows its mirror image.
    """
    corner = np.array([box.cx - box.half, box.cy - box.half])
    if rule.whole_pixels:
        crop = _cut_whole(frame, box, size=rule.size)
    else:
        crop = _cut_smooth(frame, corner, side=2 * box.half, size=rule.size)
    scale = rule.size / (2 * box.half)
    crop_from_frame = torch.eye(3, dtype=torch.float64)
    crop_from_frame[0, 0] = crop_from_frame[1, 1] = scale
    crop_from_frame[:2, 2] = torch.from_numpy(-corner * scale)
    return tensor_from_u8(crop)[0], crop_from_frame


def crop_face(
    frame: ImageU8,
    landmarks: Tensor,
    rule: CropRule,
    *,
    score: float = 1.0,
    reading: FaceReading | None = None,
) -> FaceCrop:
    """Cut out the face with `landmarks` [68, 2] and `reading`, pixels of the frame."""
    box = crop_box(landmarks, rule)
    return crop_at(frame, box, rule, landmarks=landmarks, score=score, reading=reading)


def crop_at(
    frame: ImageU8,
    box: CropBox,
    rule: CropRule,
    *,
    landmarks: Tensor,
    score: float = 1.0,
    reading: FaceReading | None = None,
) -> FaceCrop:
    """Cut out a square chosen elsewhere, such as one smoothed over time."""
    image, crop_from_frame = cut(frame, box, rule)
    return FaceCrop(
        image=image,
        crop_from_frame=crop_from_frame,
        landmarks=move_points(landmarks, crop_from_frame),
        score=score,
        reading=None if reading is None else reading.moved(crop_from_frame),
    )


def move_points(points: Tensor, matrix: Tensor) -> Tensor:
    """Points [..., 2] through a [3, 3] affine matrix -> float32 [..., 2]."""
    moved = points.to(matrix) @ matrix[:2, :2].T + matrix[:2, 2]
    return moved.float()


def box_of(crop: FaceCrop) -> CropBox:
    """The square of the frame that a crop shows."""
    matrix, side = crop.crop_from_frame, crop.image.shape[-1]
    half = side / (2 * float(matrix[0, 0]))
    corner_x, corner_y = (-float(matrix[axis, 2]) / float(matrix[0, 0]) for axis in (0, 1))
    return CropBox(corner_x + half, corner_y + half, half)


def five_point_warp(image: Tensor, landmarks: Tensor, *, size: int = 112) -> Tensor:
    """Turn, shift and scale faces into the pose the identity network was trained on.

    image: [B, 3, H, W] in [-1, 1]; landmarks: [B, 68, 2] pixels of the image.
    Returns [B, 3, size, size]; zero outside the image.
    """
    height, width = image.shape[-2:]
    theta = five_point_theta(landmarks, height=height, width=width)
    return warp(image, theta, size=size)


def five_point_theta(landmarks: Tensor, *, height: int, width: int) -> Tensor:
    """[B, 2, 3] float64 matrices for `F.affine_grid` (align_corners=False).

    The least-squares similarity from five reference points to those of landmarks [B, 68, 2].
    """
    points = landmarks.double()
    face = torch.stack(
        [
            points[:, _LEFT_EYE].mean(1),
            points[:, _RIGHT_EYE].mean(1),
            points[:, _NOSE_TIP],
            points[:, _MOUTH_LEFT],
            points[:, _MOUTH_RIGHT],
        ],
        dim=1,
    )  # [B, 5, 2]
    reference = torch.tensor(_FIVE_POINTS, dtype=torch.float64, device=face.device)
    # In -1..1 of the output, of whatever size it is.
    reference = reference * (2 / _FIVE_POINTS_SIZE) - 1
    face_mean, reference_mean = face.mean(1), reference.mean(0)
    moved, (x, y) = face - face_mean[:, None], (reference - reference_mean).unbind(1)
    # As complex numbers, a + ib = <reference, face> / <reference, reference>.
    spread = (x**2 + y**2).sum()
    a = (x * moved[..., 0] + y * moved[..., 1]).sum(1) / spread
    b = (x * moved[..., 1] - y * moved[..., 0]).sum(1) / spread
    linear = torch.stack([a, -b, b, a], dim=1).reshape(-1, 2, 2)
    shift = face_mean - linear @ reference_mean
    image_from_output = torch.cat([linear, shift[..., None]], dim=2)  # [B, 2, 3], pixels
    half_size = torch.tensor([width, height], dtype=torch.float64, device=face.device) / 2
    theta = image_from_output / half_size[:, None]
    theta[..., 2] -= 1
    return theta


def pose_crop(image: Tensor, landmarks: Tensor, *, size: int = 224) -> Tensor:
    """The square around the landmarks, in the range the pose network reads.

    image: [B, 3, H, W] in [-1, 1]; landmarks: [B, 68, 2] pixels of the image.
    Returns [B, 3, size, size] in [0, 1]; zero outside the image.
    """
    b, _, height, width = image.shape
    similarity = pose_crop_matrix(landmarks, size=size)
    scale, shift = similarity[:, 0, 0, None], similarity[:, :, 2]  # [B, 1], [B, 2]
    # Kept for the published weights: the matrix counts from corner pixel to corner pixel, the
    # sampling from edge to edge, so the crop shows a little more and is shifted a little.
    image_reach = torch.tensor([width - 1, height - 1]).to(scale)
    theta = torch.zeros(b, 2, 3).to(scale)
    theta[:, [0, 1], [0, 1]] = (size - 1) / (scale * image_reach)
    centre = ((size - 1) / 2 - shift) / scale
    theta[:, :, 2] = centre * 2 / image_reach - 1
    unit_range = (image.clamp(-1, 1) + 1) / (2 + 1e-5)  # 1e-5 kept for the published weights
    return warp(unit_range, theta, size=size)


def pose_crop_matrix(landmarks: Tensor, *, size: int = 224) -> Tensor:
    """[B, 2, 3] float64 similarities from image pixels to pixels of the pose crop."""
    points = landmarks.double()
    low, high = points.amin(1), points.amax(1)  # [B, 2]
    side = torch.trunc((high - low).mean(1) * _POSE_MARGIN)
    scale = (size - 1) / side.clamp(min=1)
    matrix = torch.zeros(len(points), 2, 3, dtype=torch.float64, device=points.device)
    matrix[:, 0, 0] = matrix[:, 1, 1] = scale
    corner = (low + high) / 2 - side[:, None] / 2
    matrix[:, :, 2] = -corner * scale[:, None]
    return matrix


def _cut_whole(frame: ImageU8, box: CropBox, *, size: int) -> ImageU8:
    x, y, side = int(box.cx - box.half), int(box.cy - box.half), int(2 * box.half)
    height, width = frame.shape[:2]
    overhang = (max(-x, 0), max(-y, 0), max(x + side - width, 0), max(y + side - height, 0))
    if any(overhang):
        frame = faded_padding(frame, overhang)
        x, y = x + overhang[0], y + overhang[1]
    square = np.ascontiguousarray(frame[y : y + side, x : x + side])
    return np.array(Image.fromarray(square).resize((size, size), Image.Resampling.BICUBIC))


def _cut_smooth(frame: ImageU8, corner: NDArray[np.float64], *, side: float, size: int) -> ImageU8:
    """Bicubic at any position; Pillow averages over the whole footprint when it reduces."""
    height, width = frame.shape[:2]
    margin = int(2 * max(side / size, 1.0)) + 2  # reach of the filter
    x0, y0 = np.floor(corner).astype(int) - margin
    x1, y1 = np.ceil(corner + side).astype(int) + margin
    inside = frame[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)]
    if min(x0, y0) < 0 or x1 > width or y1 > height:
        rows, columns = np.arange(y0, y1), np.arange(x0, x1)
        inside = frame[_mirrored(rows, height)[:, None], _mirrored(columns, width)]
    x, y = corner - (x0, y0)
    return np.array(
        Image.fromarray(np.ascontiguousarray(inside)).resize(
            (size, size), Image.Resampling.BICUBIC, box=(x, y, x + side, y + side)
        )
    )


def _mirrored(index: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Pixel numbers beyond 0..length-1 folded back as if the picture stood between mirrors."""
    folded = index % (2 * length)
    return np.minimum(folded, 2 * length - 1 - folded)
