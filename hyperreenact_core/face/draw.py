"""Pictures of what the aligner saw: the square and landmarks of a face, and its mask."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from ..imaging import ImageU8
from ..types import FaceCrop
from .align import move_points
from .squares import corners_of, square_from_crop

FOUND, HELD = (80, 220, 120), (250, 160, 40)
"""Colours of a face that was found and of one taken over from another frame."""

_DOT_SHARE = 1 / 220
"""Radius of a landmark as a share of the picture's longer side."""


def draw_face(frame: ImageU8, crop: FaceCrop, *, held: bool = False, max_side: int) -> ImageU8:
    """The frame [H, W, 3], reduced to `max_side`, with the square and landmarks of its face."""
    height, width = frame.shape[:2]
    scale = min(1.0, max_side / max(height, width))
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    picture = np.ascontiguousarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
    landmarks = move_points(crop.landmarks.cpu(), crop.frame_from_crop)
    square, points = (
        np.rint(shape.numpy() * scale).astype(np.int32) for shape in (corners_of(crop), landmarks)
    )
    colour = HELD if held else FOUND
    cv2.polylines(picture, [square[:, None]], isClosed=True, color=colour, thickness=2)
    radius = max(1, round(max(size) * _DOT_SHARE))
    for x, y in points.tolist():
        cv2.circle(picture, (x, y), radius, colour, thickness=-1, lineType=cv2.LINE_AA)
    return np.asarray(picture, np.uint8)


def face_mask(crop: FaceCrop) -> Tensor:
    """[R, R] in {0, 1}: the hull of the landmarks in what results show, from brows to chin."""
    side = crop.image.shape[-1]
    points = crop.landmarks
    if not crop.framing.is_usual:
        points = move_points(points, square_from_crop(crop.framing, crop=side, side=side))
    return _hull(points, height=side, width=side)


def face_mask_in_frame(crop: FaceCrop, *, height: int, width: int) -> Tensor:
    """[height, width] the same in the frame that the face was cut from."""
    points = move_points(crop.landmarks, crop.frame_from_crop)
    return _hull(points, height=height, width=width)


def _hull(points: Tensor, *, height: int, width: int) -> Tensor:
    canvas = np.zeros((height, width), np.uint8)
    hull = cv2.convexHull(np.rint(points.cpu().numpy()).astype(np.int32))
    cv2.fillConvexPoly(canvas, hull, 1)
    return torch.from_numpy(canvas).float()
