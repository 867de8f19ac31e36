"""Mesh points lie where the drawn mesh shows them: dots painted on the skin are found there."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hyperreenact_core.heads.camera import Framing
from hyperreenact_core.heads.expression import coefficients
from hyperreenact_core.heads.figure import Figure
from hyperreenact_core.heads.light import DAYLIGHT
from hyperreenact_core.heads.meshes import Topology
from hyperreenact_core.heads.parts import Texture
from hyperreenact_core.heads.performance import Performance
from hyperreenact_core.heads.picture import Scene, Shot, develop, shoot
from hyperreenact_core.heads.presets import PRESETS
from hyperreenact_core.heads.stage import Stage

SIDE = 1024
"""Of the texture that the dots are painted on, which covers the face alone."""
RADIUS = 1.0
"""Of a dot in the texture; in the picture a dot is about a pixel wide."""
APART = 0.035
"""Dots that are drawn together are so far from each other, over the texture's side."""


@dataclass(frozen=True)
class Canvas:
    """The skin's triangles with the face on all of the texture; [468, 2] where its points are in
    it; [468, 3] the vertices of the triangles that they lie on."""

    topology: Topology
    places: NDArray[np.float64]
    corners: NDArray[np.int32]


def canvas(figure: Figure) -> Canvas:
    """Find the skin at rest that is nearest to each mesh point."""
    skin = figure.parts[0]
    faces, uv_faces = skin.topology.faces, skin.topology.uv_faces
    corners = skin.rest[faces].astype(np.float64)  # [F, 3, 3]
    middles = corners.mean(1)
    uv, found = np.empty((468, 2)), np.empty((468, 3), np.int32)
    for index, point in enumerate(figure.points):
        near = np.argsort(((middles - point) ** 2).sum(1))[:30]
        a, sides = corners[near, 0], corners[near, 1:] - corners[near, :1]  # [30, 3], [30, 2, 3]
        shares = np.einsum("nkc,nc->nk", np.linalg.pinv(sides.transpose(0, 2, 1)), point - a)
        shares = shares.clip(0, None)
        shares /= np.maximum(shares.sum(1, keepdims=True), 1)
        gaps = np.linalg.norm(a + np.einsum("nk,nkc->nc", shares, sides) - point, axis=1)
        best = int(gaps.argmin())
        assert gaps[best] < 1e-3, f"mesh point {index} is {gaps[best]} dm off the skin"
        of_corners = skin.topology.uv[uv_faces[near[best]]]
        uv[index] = of_corners[0] + shares[best] @ (of_corners[1:] - of_corners[0])
        found[index] = faces[near[best]]
    low = uv.min(0) - 0.01
    scale = 1 / (uv.max(0) + 0.01 - low)
    zoomed = Topology(faces, ((skin.topology.uv - low) * scale).astype(np.float32), uv_faces)
    return Canvas(zoomed, (uv - low) * scale, found)


def apart(places: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Groups of places that can be told apart; together they are all."""
    groups: list[list[int]] = []
    for index, place in enumerate(places):
        free = (
            group for group in groups if np.linalg.norm(places[group] - place, axis=1).min() > APART
        )
        group = next(free, None)
        if group is None:
            groups.append([index])
        else:
            group.append(index)
    return [np.array(group) for group in groups]


def dots_found(
    stage: Stage, shot: Shot, where: Canvas, some: NDArray[np.int64]
) -> list[NDArray[np.float64]]:
    """Paint dots at some points and nothing else, draw, and find them: their xy."""
    painted = np.zeros((SIDE, SIDE, 4), np.uint8)
    for u, v in where.places[some].tolist():
        x, y = (round((value * SIDE - 0.5) * 256) for value in (u, 1 - v))
        cv2.circle(painted, (x, y), int(RADIUS * 256), (255, 255, 255), -1, cv2.LINE_AA, 8)
    skin = shot.parts[0]
    part = replace(skin.part, topology=where.topology, texture=Texture(painted))
    light = stage.draw([replace(skin, part=part)], shot.camera, DAYLIGHT, unlit=True)[..., 0]
    count, groups = cv2.connectedComponents((light > 0.01).astype(np.uint8))
    found: list[NDArray[np.float64]] = []
    for group in range(1, count):
        rows, columns = np.nonzero(groups == group)
        weights = light[rows, columns]
        found.append(np.average(np.c_[columns, rows] + 0.5, axis=0, weights=weights))
    return found


def smooth_around(depth: NDArray[np.float32], xy: NDArray[np.float32]) -> NDArray[np.bool_]:
    """[P] no fold or edge lies within four pixels, that could hide a part of a dot."""
    finite = np.where(np.isfinite(depth), depth, 99).astype(np.float32)
    rough = cv2.dilate(np.abs(cv2.Laplacian(finite, cv2.CV_32F)), np.ones((9, 9)))
    columns, rows = np.floor(xy).astype(int).clip(0, len(depth) - 1).T
    return rough[rows, columns] < 0.012


@pytest.mark.parametrize(("face", "yaw_deg"), [("neutral", 0.0), ("broad_smile", 35.0)])
def test_dots_on_the_mesh_are_found_at_the_points(
    cast: Callable[..., Figure], fine_stage: Stage, face: str, yaw_deg: float
):
    figure = cast(11, bare=True)
    moment = Performance(coefficients(PRESETS[face]), yaw_deg=yaw_deg, pitch_deg=5.0, roll_deg=3.0)
    scene = Scene(framing=Framing(1.15))
    shot = shoot(figure, moment, scene)
    picture, _ = develop(fine_stage, shot, scene, np.random.default_rng(0))
    where = canvas(figure)
    a, b, c = shot.parts[0].vertices[where.corners].transpose(1, 0, 2)
    normals, toward = np.cross(b - a, c - a), shot.camera.eye - a
    cosine = (normals * toward).sum(1) / np.linalg.norm(normals, axis=1)
    facing = cosine / np.linalg.norm(toward, axis=1) > 0.5
    skin = fine_stage.measure(shot.parts[:1], shot.camera)
    clear = picture.visible & facing & smooth_around(skin.depth, picture.points[:, :2])

    errors: dict[int, float] = {}
    for some in apart(where.places):
        for xy in dots_found(fine_stage, shot, where, some):
            gaps = np.linalg.norm(picture.points[some, :2] - xy, axis=1)
            point, error = int(some[gaps.argmin()]), float(gaps.min())
            if clear[point]:
                errors[point] = min(error, errors.get(point, 9.0))
    assert clear.sum() > 200
    assert len(errors) == clear.sum()
    away = np.array(list(errors.values()))
    assert np.median(away) < 0.1
    assert np.quantile(away, 0.99) < 0.5
    # Where lids or lips pinch the skin, a part of a dot may be out of sight.
    assert away.max() < 1
