"""Scenes to find faces in: cut-out heads of all sizes before backgrounds, and none at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from ...face.framing import Frame, cut, extent
from ...imaging import tensor_from_u8
from ..reader.obstacles import obstructed
from ..reader.shelf import Row, Shelf
from .decoys import faceless, part_frame, with_patch, with_pattern
from .faces import Face, Head, head_in, inside
from .looks import worn

Pixels = NDArray[np.uint8]

_STREAM = 0x5CE7E
"""Keeps the random numbers of scenes apart from those of other uses of the same seed."""
_TRIES = 6
_TELLING = 28.0
"""Side of a face, pixels, below which a blank one looks like others."""


@dataclass(frozen=True)
class SceneSettings:
    """What scenes are like.

    size: their side, pixels. sides: least and largest side of a face's square over that. count:
    chance of one to six heads. empty, parts, whole: shares of scenes without heads, of a part of a
    face that fills the scene, and of one rendered picture with its own background. decoys: share of
    heads whose face is gone. patched, patterned, covered: shares of scenes with enlarged parts of
    faces, with patterns, with a bar at one side as padding makes it, and of faces with something
    before them.
    tilted, upside: shares of heads tilted up to 45 and up to 90 degrees; others up to 15.
    shown, hidden: shares of its points from which a face must be found, up to which it must not.
    """

    size: int = 192
    sides: tuple[float, float] = (0.073, 1.5)
    count: tuple[float, ...] = (0.45, 0.2, 0.13, 0.1, 0.07, 0.05)
    empty: float = 0.13
    parts: float = 0.05
    whole: float = 0.2
    decoys: float = 0.14
    patched: float = 0.12
    patterned: float = 0.3
    barred: float = 0.12
    covered: float = 0.25
    tilted: float = 0.45
    upside: float = 0.06
    shown: float = 0.24
    hidden: float = 0.08


@dataclass(frozen=True, eq=False)
class Scene:
    """picture: [S, S, 3]. faces: to be found. doubtful: may be found or not: hardly shown."""

    picture: Pixels
    faces: Sequence[Face]
    doubtful: Sequence[Face] = ()


@dataclass(frozen=True)
class SceneBatch:
    """pictures: [B, 3, S, S] in [-1, 1]. scenes: what is true of them."""

    pictures: Tensor
    scenes: Sequence[Scene]


class SceneStream:
    """Random scenes; the same seed, number and shelf give the same ones."""

    def __init__(
        self, shelf: Shelf, backgrounds: Pixels, settings: SceneSettings, *, seed: int
    ) -> None:
        self.shelf, self._backgrounds = shelf, enlarged(backgrounds, settings.size)
        self._settings, self._seed = settings, seed

    def batch(self, number: int, count: int) -> SceneBatch:
        rng = np.random.default_rng([_STREAM, self._seed, number])
        return batch_of([self.scene(rng) for _ in range(count)])

    def scene(self, rng: Generator) -> Scene:
        s, kind = self._settings, rng.random()
        if kind < s.parts:
            row = self._row(rng)
            picture = cut(row.image, part_frame(rng, row), s.size)
            return Scene(worn(picture, rng, least=s.size), ())
        if kind < s.parts + s.whole:
            row = self._row(rng)
            heads = [head_in(row, whole_frame(rng, row, s), s.size)]
            picture = heads[0].picture
        else:
            picture = self._background(rng)
            if rng.random() < s.patterned:
                picture = with_pattern(picture, rng)
            empty = kind < s.parts + s.whole + s.empty
            count = 0 if empty else 1 + int(rng.choice(len(s.count), p=s.count))
            heads = self._heads(rng, count)
        return self._composed(picture, heads, rng, pasted=kind >= s.parts + s.whole)

    def _composed(
        self, picture: Pixels, heads: Sequence[Head], rng: Generator, *, pasted: bool
    ) -> Scene:
        """Heads before the picture, the first one farthest away, some with their face gone."""
        s = self._settings
        if pasted and rng.random() < s.patched:
            picture = with_patch(picture, rng, self._row(rng))
        faces: list[Face] = []
        blank: list[Face] = []
        for head in heads:
            gone = rng.random() < s.decoys
            front = faceless(head, rng, self._backgrounds) if gone else head.picture
            if pasted:
                picture = over(picture, front, head.coverage, rng)
                faces = [behind(face, head.coverage) for face in faces]
            else:
                picture = front
            if not gone:
                faces.append(head.face)
            elif head.face.square[2] < _TELLING:
                blank.append(head.face)
        if faces and rng.random() < s.covered:
            picture, faces = self._covered(picture, faces, rng)
        if rng.random() < s.barred:
            picture, bar = with_bar(picture, rng)
            faces = [behind(face, bar) for face in faces]
        shares = [float(face.seen.mean()) for face in faces]
        kept = [face for face, share in zip(faces, shares, strict=True) if share >= s.shown]
        doubtful = blank + [
            face for face, share in zip(faces, shares, strict=True) if s.hidden < share < s.shown
        ]
        least = min((float(face.square[2]) for face in kept), default=float(s.size))
        return Scene(worn(picture, rng, least=least), kept, doubtful)

    def _covered(
        self, picture: Pixels, faces: Sequence[Face], rng: Generator
    ) -> tuple[Pixels, list[Face]]:
        """Something before one of the faces."""
        marks = np.concatenate([face.mesh for face in faces])
        picture, hidden = obstructed(picture, rng, marks, self._backgrounds)
        return picture, [behind(face, hidden.astype(np.uint8) * 255) for face in faces]

    def _heads(self, rng: Generator, count: int) -> list[Head]:
        """Heads of random sizes, the smallest first, few of them one before the other."""
        s = self._settings
        low, high = np.log(s.sides)
        if count > 1:  # a crowd of giants is none
            high = min(high, np.log(1.6 / count**0.5))
        sides = np.sort(np.exp(rng.uniform(low, high, count)) * s.size)
        squares: list[tuple[float, float, float]] = []
        heads: list[Head] = []
        for side in sides.tolist():
            row = self._row(rng)
            frame = head_frame(rng, row, side, s)
            for _ in range(_TRIES):
                if _apart(_place(row, frame, s.size), side, squares):
                    break
                frame = head_frame(rng, row, side, s)
            squares.append((*_place(row, frame, s.size), side))
            heads.append(head_in(row, frame, s.size, bust=bool(rng.random() < 0.6)))
        return heads

    def _row(self, rng: Generator) -> Row:
        return self.shelf[int(rng.integers(len(self.shelf)))]

    def _background(self, rng: Generator) -> Pixels:
        """A random piece of a random background, enlarged."""
        whole, size = self._backgrounds[rng.integers(len(self._backgrounds))], self._settings.size
        side = int(whole.shape[0] * rng.uniform(0.45, 1.0))
        y, x = rng.integers(0, whole.shape[0] - side + 1, 2)
        piece = whole[y : y + side, x : x + side]
        piece = piece[:, ::-1] if rng.random() < 0.5 else piece
        resized = cv2.resize(
            np.ascontiguousarray(piece), (size, size), interpolation=cv2.INTER_AREA
        )
        return np.asarray(resized, np.uint8)


def enlarged(pictures: Pixels, size: int) -> Pixels:
    """[N, T, T, 3] pictures, of at least this side."""
    if pictures.shape[1] >= size:
        return pictures
    found = [cv2.resize(p, (size, size), interpolation=cv2.INTER_LINEAR) for p in pictures]
    return np.asarray(found, np.uint8)


def head_frame(rng: Generator, row: Row, side: float, settings: SceneSettings) -> Frame:
    """A frame of the scene's size in which the face has this side and its middle lies anywhere."""
    s = settings
    middle, own = extent(row.points)
    scale = side / own  # the scene's pixels over the row's
    roll, mirrored = sample_roll(rng, s), bool(rng.random() < 0.5)
    away = rng.uniform(-0.5, 0.5, 2) * s.size / scale  # of the scene's middle from the face's
    centre = middle + away
    return Frame((float(centre[0]), float(centre[1])), s.size / scale, roll, mirrored)


def whole_frame(rng: Generator, row: Row, settings: SceneSettings) -> Frame:
    """A frame within a rendered picture, or nearly so, about its face."""
    middle, own = extent(row.points)
    side = min(row.image.shape[0] * rng.uniform(0.75, 1.05), own / rng.uniform(0.3, 1.15))
    x, y = middle + rng.uniform(-0.35, 0.35, 2) * max(side - own, 0.2 * own)
    roll = sample_roll(rng, settings)
    return Frame((float(x), float(y)), float(side), roll, bool(rng.random() < 0.5))


def sample_roll(rng: Generator, settings: SceneSettings) -> float:
    kind = rng.random()
    most = 90.0 if kind < settings.upside else 45.0
    if kind >= settings.upside + settings.tilted:
        most = 15.0
    return float(rng.uniform(-most, most))


def over(picture: Pixels, front: Pixels, coverage: Pixels, rng: Generator) -> Pixels:
    """The front where it is covered, its light about the picture's in half of the cases."""
    if rng.random() < 0.5:
        brighter = cv2.convertScaleAbs(front, alpha=float(np.exp(rng.normal(0, 0.3))))
        front = np.asarray(brighter, np.uint8)
    # Half covered pixels hold the old background too: count them less.
    weight = ((coverage.astype(np.float32) - 96) * (255 / 144)).clip(0, 255)
    if rng.random() < 0.5:
        weight = np.asarray(cv2.GaussianBlur(weight, (0, 0), float(rng.uniform(0.4, 1.2))))
    share = weight[..., None] / 255
    return (picture + share * (front.astype(np.float32) - picture)).astype(np.uint8)


def behind(face: Face, coverage: Pixels) -> Face:
    """The face with what lies before it, [S, S], 255 where it is."""
    size = coverage.shape[0]
    at = np.floor(face.mesh).astype(int).clip(0, size - 1)
    clear = coverage[at[:, 1], at[:, 0]] < 128
    return Face(face.mesh, face.seen & clear & inside(face.mesh, size))


def with_bar(picture: Pixels, rng: Generator) -> tuple[Pixels, Pixels]:
    """The picture with one side grey, and 255 where it is."""
    size, side = picture.shape[0], int(rng.integers(4))
    bar = np.zeros((size, size), np.uint8)
    np.rot90(bar, side)[: int(size * rng.uniform(0.02, 0.4))] = 255
    grey = 128 if rng.random() < 0.7 else int(rng.integers(256))
    return np.where(bar[..., None] > 0, np.uint8(grey), picture), bar


def batch_of(scenes: Sequence[Scene]) -> SceneBatch:
    pictures = tensor_from_u8(np.stack([scene.picture for scene in scenes]))
    return SceneBatch(pictures.contiguous(memory_format=torch.channels_last), scenes)


def _apart(
    place: tuple[float, float], side: float, others: Sequence[tuple[float, float, float]]
) -> bool:
    x, y = place
    return all(np.hypot(x - a, y - b) > 0.5 * (side + c) for a, b, c in others)


def _place(row: Row, frame: Frame, size: int) -> tuple[float, float]:
    """Where the middle of the row's face comes to lie, about."""
    middle, _ = extent(row.points)
    x, y = size / 2 + (middle - np.array(frame.centre)) * (size / frame.side)
    return float(x), float(y)
