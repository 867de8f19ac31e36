"""What a detector must not take for a face: parts of faces, heads without one, patterns."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ...face.framing import Frame, cut, extent
from ..reader.shelf import Row
from .faces import Head, five_points

Pixels = NDArray[np.uint8]


def part_frame(rng: Generator, row: Row) -> Frame:
    """A frame that an eye, the nose, a corner of the mouth or a piece of cheek fills."""
    _, size = extent(row.points)
    marks = five_points(row.points[:, :2])
    centre = marks[rng.integers(len(marks))]
    if rng.random() < 0.2:
        centre = row.points[rng.integers(len(row.points)), :2]
    x, y = centre + size * rng.normal(0, 0.04, 2)
    side = size * float(np.exp(rng.uniform(np.log(0.1), np.log(0.42))))
    return Frame((float(x), float(y)), side, float(rng.normal(0, 25)), bool(rng.random() < 0.5))


def with_patch(picture: Pixels, rng: Generator, row: Row) -> Pixels:
    """The picture with an enlarged part of a face, or a beheaded corner of one, stuck on it."""
    size = picture.shape[0]
    side = int(np.exp(rng.uniform(np.log(0.1), np.log(0.7))) * size)
    patch = cut(row.image, part_frame(rng, row), side)
    shape = np.zeros((side, side), np.uint8)
    if rng.random() < 0.7:
        axes = (int(side * rng.uniform(0.3, 0.48)), int(side * rng.uniform(0.3, 0.48)))
        cv2.ellipse(shape, (side // 2, side // 2), axes, rng.uniform(0, 180), 0, 360, 255, -1)
        shape = np.asarray(
            cv2.GaussianBlur(shape, (0, 0), side * rng.uniform(0.01, 0.08)), np.uint8
        )
    else:
        shape[:] = 255
    x, y = rng.integers(0, size - side + 1, 2)
    picture = picture.copy()
    into, weight = picture[y : y + side, x : x + side], shape[..., None].astype(np.float32) / 255
    into[:] = (into + weight * (patch.astype(np.float32) - into)).astype(np.uint8)
    return picture


def faceless(head: Head, rng: Generator, backgrounds: Pixels) -> Pixels:
    """The head's picture with its face gone under skin, hair, cloth or something painted."""
    size, (_, side) = head.picture.shape[0], extent(head.face.mesh)
    hull = cv2.convexHull(head.face.mesh.clip(-4 * size, 5 * size).round().astype(np.int32))
    shape = np.zeros((size, size), np.uint8)
    cv2.fillConvexPoly(shape, hull, 255)
    reach = max(3, int(0.1 * side) | 1)
    shape = np.asarray(cv2.dilate(shape, np.ones((reach, reach), np.uint8)), np.uint8)
    soft = cv2.GaussianBlur(shape, (0, 0), max(0.8, 0.03 * side))[..., None].astype(np.float32)
    kind = rng.random()
    if kind < 0.35:  # skin alone: the face, out of all focus
        few = max(2, int(3 * size / max(side, 1.0)))
        few = min(few, size)
        small = cv2.resize(head.picture, (few, few), interpolation=cv2.INTER_AREA)
        fill = cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC)
    elif kind < 0.75:  # what lies above or below the face: hair, neck, clothes
        away = rng.uniform(0.6, 0.9) * side * (-1 if rng.random() < 0.6 else 1)
        move = np.array([[1, 0, 0], [0, 1, -away]], np.float64)
        fill = cv2.warpAffine(head.picture, move, (size, size), borderMode=cv2.BORDER_REFLECT)
    else:
        fill = backgrounds[rng.integers(len(backgrounds))]
        fill = cv2.resize(fill, (size, size), interpolation=cv2.INTER_LINEAR)
    mixed = head.picture + soft / 255 * (fill.astype(np.float32) - head.picture)
    return mixed.clip(0, 255).astype(np.uint8)


def with_pattern(picture: Pixels, rng: Generator) -> Pixels:
    """The picture with circles, dots in pairs, rings, checks, stripes or letters on it."""
    picture, size = picture.copy(), picture.shape[0]
    line = cv2.LINE_AA
    for _ in range(int(rng.integers(1, 5))):
        kind = rng.integers(6)
        reach = float(np.exp(rng.uniform(np.log(0.04), np.log(0.45)))) * size
        x, y = rng.uniform(0, size, 2)
        ink, other = (tuple(rng.uniform(0, 255, 3).tolist()) for _ in range(2))
        if kind == 0:  # a plate, a wheel, a coin
            for part in range(int(rng.integers(1, 5))):
                share = 1 - part * rng.uniform(0.1, 0.3)
                cv2.circle(picture, _at(x, y), max(1, int(reach * share / 2)), ink, -1, line)
                ink, other = other, ink
        elif kind == 1:  # two dots, with a third thing or without
            dot, apart = max(1, int(reach * rng.uniform(0.05, 0.16))), reach * rng.uniform(0.2, 0.4)
            for way in (-1, 1):
                cv2.circle(picture, _at(x + way * apart, y), dot, ink, -1, line)
            if rng.random() < 0.3:
                cv2.circle(picture, _at(x, y), int(reach * 0.7), other, max(1, dot // 2), line)
        elif kind == 2:
            axes = (max(1, int(reach * rng.uniform(0.2, 0.6))), max(1, int(reach * 0.5)))
            cv2.ellipse(picture, _at(x, y), axes, rng.uniform(0, 180), 0, 360, ink, -1, line)
        elif kind in (3, 4):
            _checks(picture, rng, (x, y), reach, ink, stripes=kind == 4)
        else:
            text = "".join(chr(rng.integers(48, 123)) for _ in range(int(rng.integers(1, 9))))
            font, scale = int(rng.integers(0, 8)), max(0.3, reach / 40)
            thick = int(rng.integers(1, 4))
            cv2.putText(picture, text, _at(x - reach, y), font, scale, ink, thick, line)
    return picture


def _checks(
    picture: Pixels,
    rng: Generator,
    at: tuple[float, float],
    reach: float,
    ink: tuple[float, ...],
    *,
    stripes: bool,
) -> None:
    count = int(rng.integers(3, 9))
    step = max(2, int(reach / count))
    corner = (int(at[0] - reach / 2), int(at[1] - reach / 2))
    for row in range(count):
        for column in range(1 if stripes else count):
            if (row + column) % 2:
                continue
            x, y = corner[0] + column * step, corner[1] + row * step
            end = (x + (step * count if stripes else step), y + step)
            cv2.rectangle(picture, (x, y), end, ink, -1)


def _at(x: float, y: float) -> tuple[int, int]:
    return int(x), int(y)
