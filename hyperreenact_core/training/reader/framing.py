"""Crops about a face as detectors make them: turned, moved, sized, mirrored; labels with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ...face.framing import Frame, extent, frame_matrix
from ...heads.expression import MIRROR
from .shelf import Row
from .tables import mesh_mirror

Floats = NDArray[np.float32]

_LEFT_RIGHT = np.array([-1.0, 1.0, 1.0], np.float32)


@dataclass(frozen=True, eq=False)
class Labels:
    """What is true of a crop; places in -1..1, as in networks.reader.Reading."""

    points: Floats
    depth: Floats
    visible: Floats
    irises: Floats
    gaze: Floats
    rotation: Floats
    coefficients: Floats


@dataclass(frozen=True)
class FrameRange:
    """How detectors err. side: over the points' extent; shift: over the same; roll in degrees."""

    side: tuple[float, float] = (1.3, 2.2)
    shift: float = 0.12
    roll_deg: float = 35.0
    rolled: float = 0.6


def sample_frame(rng: Generator, points: Floats, reach: FrameRange) -> Frame:
    """A crop about the points as a detector might place it."""
    middle, size = extent(points)
    x, y = middle + size * reach.shift * rng.uniform(-1, 1, 2)
    side = size * float(np.exp(rng.uniform(*np.log(reach.side))))
    roll = float(np.clip(rng.normal(0, 0.4), -1, 1)) * reach.roll_deg
    if rng.random() > reach.rolled:
        roll = 0.0
    return Frame((float(x), float(y)), side, roll, bool(rng.random() < 0.5))


def miss_frame(rng: Generator, points: Floats) -> Frame:
    """A crop beside the face, or of a small piece of it."""
    middle, size = extent(points)
    roll, mirrored = float(rng.uniform(-35, 35)), bool(rng.random() < 0.5)
    if rng.random() < 0.5:
        x, y = points[rng.integers(len(points)), :2]
        return Frame((float(x), float(y)), size * float(rng.uniform(0.15, 0.45)), roll, mirrored)
    angle, far = rng.uniform(0, 2 * np.pi), size * rng.uniform(0.8, 1.2)
    x, y = middle + far * np.array([np.cos(angle), np.sin(angle)])
    return Frame((float(x), float(y)), size * float(rng.uniform(0.5, 1.4)), roll, mirrored)


def labels_in(row: Row, frame: Frame) -> Labels:
    """A row's labels as the crop shows them."""
    matrix = frame_matrix(frame, 2)
    matrix[:, 2] -= 1
    points = row.points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    irises = row.irises @ matrix[:, :2].T + matrix[:, 2]
    depth = row.points[:, 2] * (2 / frame.side)
    visible = row.visible.astype(np.float32)
    rotation, gaze, coefficients = row.rotation, row.gaze, row.expression
    if frame.mirrored:
        order = mesh_mirror()
        points, depth, visible, irises = points[order], depth[order], visible[order], irises[::-1]
        rotation = _LEFT_RIGHT[:, None] * rotation * _LEFT_RIGHT
        gaze, coefficients = gaze[::-1] * _LEFT_RIGHT, coefficients[list(MIRROR)]
    # The frame turns the picture before the mirror does.
    angle = np.radians(-frame.roll_deg if frame.mirrored else frame.roll_deg)
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]], np.float32)
    inside = (np.abs(points) < 1).all(1)
    return Labels(
        points=points.astype(np.float32),
        depth=depth.astype(np.float32),
        visible=visible * inside,
        irises=irises.astype(np.float32),
        gaze=(gaze @ turn.T).astype(np.float32),
        rotation=(turn @ rotation).astype(np.float32),
        coefficients=np.asarray(coefficients, np.float32),
    )
