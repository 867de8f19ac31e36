"""Two moments of one person in one scene, cut by the same square: a source and a result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ...face.framing import Frame, cut, extent, frame_matrix
from ...networks.reader_regions import IBUG68
from ..reader.framing import Labels, labels_in
from ..reader.shelf import Shelf, row_of

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

PIXELS = ("images", "coverage", "labels", "flow", "hidden")
LABELS = ("points", "visible", "irises", "gaze", "rotation", "expression", "identity", "partner")
_UP = 6
"""The square's centre lies this part of the face's extent above the face's middle; half of its
side is the extent. Source: face/align.py, CropRule."""


@dataclass(frozen=True)
class SquareRange:
    """How squares vary. scale: of their side; shift: over the face's extent."""

    scale: tuple[float, float] = (0.85, 1.25)
    shift: float = 0.1
    mirrored: float = 0.5


@dataclass(frozen=True, eq=False)
class View:
    """One picture as the square shows it, S x S. points in -1..1, as in reader.framing.Labels."""

    picture: Pixels
    shows: Pixels
    labels: Labels

    def points_px(self) -> NDArray[np.float64]:
        """[468, 2] in the square's pixels."""
        return (self.labels.points.astype(np.float64) + 1) * (len(self.picture) / 2)


@dataclass(frozen=True, eq=False)
class Pair:
    """source, result. flow: [S, S, 2] from the result's pixels to the source's, in pixels.
    seen: [S, S] the source shows it too."""

    source: View
    result: View
    flow: Floats
    seen: Mask


def pair_shelf(folders: Sequence[Path]) -> Shelf:
    """Pictures with the flow to their partners."""
    return Shelf(folders, pixels=PIXELS, labels=LABELS)


def sample_square(rng: Generator, points: Floats, reach: SquareRange, side: int) -> Frame:
    """A square about a face [468, >= 2], inside a picture of this side."""
    frame = square_about(points, side, scale=float(rng.uniform(*reach.scale)))
    _, size = extent(points[list(IBUG68)])
    x, y = np.array(frame.centre) + size * reach.shift * rng.uniform(-1, 1, 2)
    return _inside(x, y, frame.side, side, mirrored=bool(rng.random() < reach.mirrored))


def square_about(points: Floats, side: int, *, scale: float = 1.0) -> Frame:
    """The square that the product cuts about a face, moved into the picture where it juts out."""
    (x, y), size = extent(points[list(IBUG68)])
    return _inside(float(x), float(y) - size / _UP, 2 * scale * size, side, mirrored=False)


def _inside(x: float, y: float, wanted: float, side: int, *, mirrored: bool) -> Frame:
    length = min(wanted, side)
    x, y = (float(np.clip(v, length / 2, side - length / 2)) for v in (x, y))
    return Frame((x, y), length, 0.0, mirrored)


def read_pair(shelf: Shelf, index: int, frame: Frame, size: int) -> Pair:
    """The result at `index` of the shelf, and its partner as the source."""
    result = shelf.values(index)
    source = shelf.values(shelf.partner(index))
    matrix = frame_matrix(frame, size)
    flow = _nearest(result["flow"].astype(np.float32), matrix, size)
    return Pair(
        source=_view(source, frame, size),
        result=_view(result, frame, size),
        flow=flow @ matrix[:, :2].T,
        seen=_nearest(result["hidden"], matrix, size) == 0,
    )


def _view(values: dict[str, NDArray[Any]], frame: Frame, size: int) -> View:
    matrix = frame_matrix(frame, size)
    return View(
        picture=cut(values["images"], frame, size),
        shows=_nearest(values["labels"], matrix, size),
        labels=labels_in(row_of(values), frame),
    )


def _nearest(array: NDArray[Any], matrix: Floats, size: int) -> NDArray[Any]:
    centred = matrix.astype(np.float64)
    # OpenCV counts from the middle of the first pixel.
    centred[:, 2] += centred[:, :2].sum(1) / 2 - 0.5
    return np.asarray(
        cv2.warpAffine(
            array, centred, (size, size), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE
        )
    )
