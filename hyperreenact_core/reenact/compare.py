"""Source, driving frame and result side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..face.squares import cut_square
from ..imaging import ImageU8
from .results import ReenactedFrame
from .source import SourceFace

GAP = 4
"""Width of the white line between panels, pixels."""

MAX_HEIGHT = 1080
"""Of panels that show whole pictures, pixels: three large photographs make no video."""


@dataclass(frozen=True)
class SideBySide:
    """Panels in a row: all of one height, each of a fixed width, so that every frame fits.

    height, widths: of the panels in pixels.
    """

    height: int
    widths: tuple[int, ...]

    @staticmethod
    def of(sizes: Sequence[tuple[int, int]], *, height: int) -> SideBySide:
        """For panels of the given (width, height), all enlarged or reduced to one height."""
        return SideBySide(height, tuple(max(1, round(w * height / h)) for w, h in sizes))

    @property
    def width(self) -> int:
        """Of the whole row, pixels."""
        return sum(self.widths) + GAP * (len(self.widths) - 1)

    @property
    def lefts(self) -> tuple[int, ...]:
        """Left edges of the panels, pixels."""
        return tuple(sum(self.widths[:at]) + GAP * at for at in range(len(self.widths)))

    def row(self, panels: Sequence[ImageU8]) -> ImageU8:
        """Pictures [H, W, 3] of any size -> [height, width, 3]."""
        canvas = np.full((self.height, self.width, 3), 255, np.uint8)
        for panel, left, width in zip(panels, self.lefts, self.widths, strict=True):
            canvas[:, left : left + width] = fitted(panel, width=width, height=self.height)
        return canvas


def fitted(picture: ImageU8, *, width: int, height: int) -> ImageU8:
    """Scale a picture into a box without distorting it; what stays free is black."""
    h, w = picture.shape[:2]
    if (w, h) == (width, height):
        return picture
    scale = min(width / w, height / h)
    # A pixel of rounding is no reason for a bar.
    new_w = width if abs(w * scale - width) < 1 else max(1, round(w * scale))
    new_h = height if abs(h * scale - height) < 1 else max(1, round(h * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(picture, (new_w, new_h), interpolation=method)
    top, left = (height - new_h) // 2, (width - new_w) // 2
    canvas = np.zeros((height, width, 3), np.uint8)
    canvas[top : top + new_h, left : left + new_w] = resized
    return canvas


def result_size(source: tuple[int, int], resolution: int, *, paste_back: bool) -> tuple[int, int]:
    """(width, height) of results: the source picture's, or that of the drawn face."""
    return source if paste_back else (resolution, resolution)


def comparison_layout(
    source: tuple[int, int], driving: tuple[int, int], resolution: int, *, paste_back: bool
) -> SideBySide:
    """Layout of `comparison` for pictures of the given (width, height)."""
    if not paste_back:
        return SideBySide.of([(resolution, resolution)] * 3, height=resolution)
    return SideBySide.of([source, driving, source], height=min(source[1], MAX_HEIGHT))


def comparison(source: SourceFace, result: ReenactedFrame, *, paste_back: bool) -> list[ImageU8]:
    """The panels source, driving frame and result: whole pictures if pasted back, else faces."""
    if paste_back:
        return [source.as_given(source.picture), result.driving, result.image]
    side = result.image.shape[0]
    crop = result.driving_crop
    driving = result.driving if crop is None else cut_square(result.driving, crop, size=side)
    return [cut_square(source.picture, source.crop_shown, size=side), driving, result.image]
