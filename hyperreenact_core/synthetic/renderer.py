"""One picture of one person: figure -> camera -> z-buffer -> paint -> light -> pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .camera import FaceFraming, framed_viewport, portrait_viewport, project
from .curves import FloatArray
from .eyes import Lids
from .figure import build_figure, pose_figure
from .head_model import head_model
from .landmarks import surface_landmarks
from .lighting import background
from .materials import FACE_MATERIALS, HEAD_MATERIALS, material_mask
from .parameters import Environment, Expression, Identity, Pose
from .shading import shade
from .visibility import visible_fragments


@dataclass(frozen=True)
class Rendering:
    """A picture and all that is known of it.

    image: [S, S, 3] RGB. landmarks: [68, 2] xy in continuous pixels of the picture.
    head_mask: [S, S], head with hair, ears and glasses, without neck and shirt.
    face_mask: [S, S], skin of the head (a bald scalp too), eyes and inside of the mouth.
    vertices: [M, 3], the head model's vertices, turned but not shifted (beards left out).
    """

    image: NDArray[np.uint8]
    landmarks: NDArray[np.float32]
    head_mask: NDArray[np.bool_]
    face_mask: NDArray[np.bool_]
    vertices: NDArray[np.float32]
    identity: Identity
    expression: Expression
    pose: Pose
    environment: Environment


def render(
    identity: Identity,
    expression: Expression,
    pose: Pose,
    environment: Environment,
    *,
    size: int,
    supersample: int = 2,
    framing: FaceFraming | None = None,
) -> Rendering:
    """Draw a head at size x size pixels, each the mean of supersample^2 samples.

    framing: None for a portrait with shoulders, else the face as an aligner would cut it.
    """
    figure = build_figure(identity)
    posed = pose_figure(figure, expression, pose)
    lids = Lids.of(identity.eyes, expression)
    points = surface_landmarks(
        posed.vertices[: len(figure.head)], lids=lids, brows=identity.brows, lips=identity.lips
    )
    landmarks = project(points)
    viewport = portrait_viewport(pose) if framing is None else framed_viewport(landmarks, framing)

    fine = size * supersample
    fragments, material, away = visible_fragments(posed, viewport, lids=lids, size=fine)
    canvas = background(environment, viewport, zoom=pose.zoom, size=fine)
    canvas.reshape(3, -1)[:, fragments.pixel] = shade(
        posed,
        fragments,
        material=material,
        away=away,
        expression=expression,
        environment=environment,
        lids=lids,
    )

    def mask(wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
        covered = np.zeros(fine * fine, np.float32)
        covered[fragments.pixel[wanted]] = 1
        return _block_mean(covered.reshape(1, fine, fine), supersample)[0] >= 0.5

    return Rendering(
        image=_to_u8(_block_mean(canvas, supersample)),
        landmarks=viewport.pixels(landmarks, size=size),
        head_mask=mask(material_mask(material, HEAD_MATERIALS)),
        face_mask=mask(material_mask(material, FACE_MATERIALS)),
        vertices=posed.head[head_model().indices],
        identity=identity,
        expression=expression,
        pose=pose,
        environment=environment,
    )


def _block_mean(values: FloatArray, factor: int) -> FloatArray:
    """[C, S * factor, S * factor] -> [C, S, S]."""
    total = sum(values[:, i::factor, j::factor] for i in range(factor) for j in range(factor))
    return total * np.float32(1 / factor**2)


def _to_u8(image: FloatArray) -> NDArray[np.uint8]:
    """[3, S, S] in [0, 1] -> [S, S, 3]."""
    pixels = (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)
    return np.ascontiguousarray(pixels.transpose(1, 2, 0))
