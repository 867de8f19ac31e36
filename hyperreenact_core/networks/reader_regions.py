"""Eyes and mouth: which mesh points and coefficients are theirs, and where a second look goes.

Mesh points have MediaPipe's numbers, coefficients ARKit's places in MediaPipe's order without
`_neutral`. Left and right of points are the viewer's, of coefficients the person's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

# fmt: off
LEFT_EYE: tuple[int, ...] = (
    33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246,
    70, 63, 105, 66, 107, 46, 53, 52, 65, 55,
)
RIGHT_EYE: tuple[int, ...] = (
    263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466,
    300, 293, 334, 296, 336, 276, 283, 282, 295, 285,
)
"""Lids from the outer corner round, then the brow; the two lists mirror each other."""
MOUTH: tuple[int, ...] = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185,
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191,
)
"""The lips' outer rim from the viewer's left round, then the inner one."""
IBUG68: tuple[int, ...] = (
    127, 234, 93, 132, 58, 136, 150, 176, 152, 400, 379, 365, 288, 361, 323, 454, 356,
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300, 168, 197, 5, 4, 98, 97, 2, 326, 327,
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87,
)
"""The mesh points that are nearest to iBUG's 68 landmarks: jaw, brows and nose, eyes, mouth."""
LIDS = 16
"""So many points of an eye are its lids."""
OUTER_EYES: tuple[int, int] = (LEFT_EYE[0], RIGHT_EYE[0])
"""The outer corners, whose distance is the unit of errors and spreads."""

LEFT_EYE_COLUMNS: tuple[int, ...] = (1, 2, 4, 7, 9, 11, 13, 15, 17, 19, 21, 50)
RIGHT_EYE_COLUMNS: tuple[int, ...] = (0, 2, 3, 6, 8, 10, 12, 14, 16, 18, 20, 49)
"""browDown, browInnerUp, browOuterUp, cheekSquint, eyeBlink, eyeLookDown, In, Out, Up, eyeSquint,
eyeWide, noseSneer: the person's right ones lie on the viewer's left."""
MOUTH_COLUMNS: tuple[int, ...] = (5, *range(22, 51), 51)
"""cheekPuff, jaw, mouth, noseSneer and tongueOut."""
# fmt: on


@dataclass(frozen=True)
class Place:
    """Squares [B] in a picture whose sides run from -1 to 1.

    centre: [B, 2] x right, y down. half: [B] half a side. roll: [B] radians, counter-clockwise.
    mirrored: whether the square is seen in a mirror.
    """

    centre: Tensor
    half: Tensor
    roll: Tensor
    mirrored: bool = False

    def affine(self) -> Tensor:
        """[B, 2, 3]: point of the picture = affine @ (x, y, 1) of the square, -1 to 1 there too."""
        cosine, sine = self.half * self.roll.cos(), self.half * self.roll.sin()
        flip = -1.0 if self.mirrored else 1.0
        rows = [
            torch.stack([flip * cosine, sine, self.centre[:, 0]], 1),
            torch.stack([-flip * sine, cosine, self.centre[:, 1]], 1),
        ]
        return torch.stack(rows, 1)

    def to_picture(self, points: Tensor) -> Tensor:
        """[B, N, 2] in the square -> in the picture."""
        affine = self.affine()
        return points @ affine[:, :, :2].transpose(1, 2) + affine[:, None, :, 2]

    def to_square(self, points: Tensor) -> Tensor:
        """[B, N, 2] in the picture -> in the square."""
        affine = self.affine()
        return (points - affine[:, None, :, 2]) @ affine[:, :, :2].inverse().transpose(1, 2)

    def turned(self, directions: Tensor) -> Tensor:
        """[B, 3] directions in the square (x right, y up, z to the viewer) -> in the picture."""
        x, y, z = directions.unbind(1)
        x = -x if self.mirrored else x
        cosine, sine = self.roll.cos(), self.roll.sin()
        return torch.stack([cosine * x - sine * y, sine * x + cosine * y, z], 1)

    def cut(self, picture: Tensor, size: int) -> Tensor:
        """Picture [B, 3, H, W] -> the square [B, 3, size, size]; the border goes on outside."""
        shape = [len(picture), picture.shape[1], size, size]
        grid = F.affine_grid(self.affine().to(picture.dtype), shape, align_corners=False)
        cut = F.grid_sample(picture, grid, padding_mode="border", align_corners=False)
        return cut.contiguous(memory_format=torch.channels_last)


@dataclass(frozen=True)
class Jitter:
    """Random faults of places, as first looks make them: shares of half a side, and radians."""

    shift: float = 0.12
    zoom: float = 0.1
    roll: float = 0.09


def place_region(
    points: Tensor,
    depth: Tensor,
    rotation: Tensor,
    region: tuple[int, ...],
    *,
    reach: float,
    mirrored: bool = False,
) -> Place:
    """The square about a region's points, upright with the head.

    points: [B, 468, 2], depth: [B, 468], in the picture's units. rotation: [B, 3, 3]. reach: half
    a side over the deviation of all points in space, which no turn of the head changes.
    """
    centre = points[:, list(region)].mean(1)
    variance = points.var(1, correction=0).sum(1) + depth.var(1, correction=0)
    up = rotation[:, :, 1]  # the head's own upward axis
    roll = torch.atan2(-up[:, 0], up[:, 1])
    return Place(centre, reach * variance.clamp_min(1e-6).sqrt(), roll, mirrored)


def shaken(place: Place, jitter: Jitter) -> Place:
    """The same place with random faults."""
    noise = torch.randn(len(place.half), 4, device=place.half.device)
    return Place(
        place.centre + jitter.shift * place.half[:, None] * noise[:, :2],
        place.half * (jitter.zoom * noise[:, 2]).exp(),
        place.roll + jitter.roll * noise[:, 3],
        place.mirrored,
    )
