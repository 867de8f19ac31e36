"""Batches of crops: framed, composed with other backgrounds, covered in part and disturbed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from ...face.framing import Frame, cut, extent
from ...heads.backgrounds import draw_background, sample_background
from ...imaging import tensor_from_u8
from ...whole_files import whole_file
from .framing import FrameRange, Labels, labels_in, miss_frame, sample_frame
from .obstacles import obstructed
from .photometry import disturbed
from .shelf import Row, Shelf

Pixels = NDArray[np.uint8]

_BACKGROUND_SIZE = 256
_STREAM = 0x5EAD
"""Keeps the random numbers of crops apart from those of other uses of the same seed."""


@dataclass(frozen=True)
class StreamSettings:
    """What the crops are like.

    fine, size: sides of the second and the first look's picture. composed: share on another
    background; covered: with something before the face; faceless: without a face, half of them
    crops beside one.
    """

    fine: int = 192
    size: int = 128
    frame: FrameRange = field(default_factory=FrameRange)
    composed: float = 0.5
    covered: float = 0.3
    faceless: float = 0.12


@dataclass(frozen=True)
class Batch:
    """Crops and what is true of them; places as in networks.reader.Reading.

    picture: [B, 3, size, size], fine: [B, 3, fine, fine], RGB in [-1, 1]. visible: [B, 468] 0 or 1.
    face: [B] bool; where it is false the other labels say nothing.
    """

    picture: Tensor
    fine: Tensor
    points: Tensor
    depth: Tensor
    visible: Tensor
    irises: Tensor
    gaze: Tensor
    rotation: Tensor
    coefficients: Tensor
    face: Tensor


@dataclass(frozen=True, eq=False)
class Crop:
    """One example before it is a tensor."""

    fine: Pixels
    labels: Labels
    face: bool = True


class Stream:
    """Random batches; the same seed, number and shelf give the same batch."""

    def __init__(
        self, shelf: Shelf, backgrounds: Pixels, settings: StreamSettings, *, seed: int
    ) -> None:
        self.shelf, self._backgrounds = shelf, backgrounds
        self._settings, self._seed = settings, seed

    def batch(self, number: int, size: int) -> Batch:
        """The batch of this number."""
        rng = np.random.default_rng([_STREAM, self._seed, number])
        rows = rng.integers(len(self.shelf), size=size)
        crops = [self.crop(self.shelf[int(index)], rng) for index in rows]
        return batch_of(crops, self._settings.size)

    def crop(self, row: Row, rng: Generator) -> Crop:
        """A random crop of one picture, or one without a face."""
        s = self._settings
        face = bool(rng.random() >= s.faceless)
        frame = sample_frame(rng, row.points, s.frame) if face else miss_frame(rng, row.points)
        labels = labels_in(row, frame)
        if not face and rng.random() < 0.5:
            picture = self._background(rng)
        else:
            picture = cut(row.image, frame, s.fine)
            if rng.random() < s.composed:
                coverage = cut(row.coverage, frame, s.fine)
                picture = composed(picture, coverage, self._background(rng), rng)
        if rng.random() < s.covered:
            pixels = (labels.points + 1) * (s.fine / 2)
            picture, hidden = obstructed(picture, rng, pixels, self._backgrounds)
            at = np.floor(pixels).astype(int).clip(0, s.fine - 1)
            labels.visible[hidden[at[:, 1], at[:, 0]]] = 0.0
        return Crop(disturbed(picture, rng), labels, face)

    def _background(self, rng: Generator) -> Pixels:
        """A random piece of a random background."""
        whole, fine = self._backgrounds[rng.integers(len(self._backgrounds))], self._settings.fine
        y, x = rng.integers(0, whole.shape[0] - fine + 1, 2)
        piece = whole[y : y + fine, x : x + fine]
        return np.ascontiguousarray(piece[:, ::-1] if rng.random() < 0.5 else piece)


def plain_crop(row: Row, settings: StreamSettings, *, side: float = 1.75) -> Crop:
    """The upright crop about a face, as it is."""
    middle, size = extent(row.points)
    frame = Frame((float(middle[0]), float(middle[1])), size * side)
    return Crop(cut(row.image, frame, settings.fine), labels_in(row, frame))


def composed(picture: Pixels, coverage: Pixels, background: Pixels, rng: Generator) -> Pixels:
    """The head before another background, of about its own light in half of the cases."""
    # Half covered pixels hold the old background too: count them less.
    weight = ((coverage.astype(np.float32) - 96) * (255 / 144)).clip(0, 255).astype(np.uint8)
    weight = cv2.merge([weight] * 3)
    behind = background
    if rng.random() < 0.5:
        behind = cv2.convertScaleAbs(behind, alpha=float(np.exp(rng.normal(0, 0.4))))
    front = cv2.multiply(picture, weight, scale=1 / 255)
    return np.asarray(
        cv2.add(front, cv2.multiply(behind, cv2.bitwise_not(weight), scale=1 / 255)), np.uint8
    )


def batch_of(crops: Sequence[Crop], size: int) -> Batch:
    """Stack crops; `size` is the side of the first look's picture."""
    fine = np.stack([crop.fine for crop in crops])
    small = np.empty((len(crops), size, size, 3), np.uint8)
    for row, crop in zip(small, crops, strict=True):
        row[:] = cv2.resize(crop.fine, (size, size), interpolation=cv2.INTER_AREA)

    labels = {
        field.name: torch.from_numpy(np.stack([getattr(crop.labels, field.name) for crop in crops]))
        for field in fields(Labels)
    }
    face = torch.tensor([crop.face for crop in crops])
    return Batch(picture=_tensor(small), fine=_tensor(fine), face=face, **labels)


def _tensor(pictures: Pixels) -> Tensor:
    return tensor_from_u8(pictures).contiguous(memory_format=torch.channels_last)


def load_backgrounds(path: Path, *, count: int, seed: int) -> Pixels:
    """[count, S, S, 3] backgrounds, painted once and kept in a file."""
    if path.exists():
        kept = np.load(path)
        if len(kept) == count:
            return kept
    rng = np.random.default_rng([_STREAM, seed])
    pictures = np.empty((count, _BACKGROUND_SIZE, _BACKGROUND_SIZE, 3), np.uint8)
    for picture in pictures:
        linear = draw_background(sample_background(rng), _BACKGROUND_SIZE)
        picture[:] = (linear.clip(0, 1) ** (1 / 2.2) * 255).astype(np.uint8)
    with whole_file(path) as part:
        np.save(part, pictures)
    return pictures
