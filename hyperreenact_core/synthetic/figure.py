"""All surfaces of one person in one mesh, and the mesh in one pose and expression."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .accessories import ears, glasses_surfaces, neck, neck_follows_head, shirt
from .blendshapes import expression_basis, identity_basis
from .camera import rotation, turn
from .eyes import eyeballs, gaze_rotation
from .hair import beard_volume, hair_height, hair_surfaces
from .materials import HAIR_EDGE
from .mouth import mouth_interior
from .noise import value_noise
from .parameters import Expression, Identity, Pose
from .surfaces import Float32, Material, Surface, grid_normals
from .template import EYE_X, EYE_Y, MOUTH_Y, head_template

NORMAL, TEXTURE, HAIR, GRAIN = slice(0, 3), slice(3, 6), 6, 7
ATTRIBUTES = 8
"""Columns of the vertex attributes: unit normal, texture coordinates, height above the hair line
(template units), fine noise of the skin."""

_HIDDEN_UNDER_HAIR = 0.20
"""Skin this far above the hair line is never seen."""


@dataclass(frozen=True)
class Part:
    """A surface's place in the mesh."""

    surface: Surface
    first: int

    @property
    def span(self) -> slice:
        rows, columns = self.surface.vertices.shape[:2]
        return slice(self.first, self.first + rows * columns)


@dataclass(frozen=True)
class Figure:
    """A person at rest.

    vertices: [V, 3], the head's own first; attributes: [V, 8].
    faces: [F, 3]; material, two_sided, cut: [F] (cut: faces that lids, mouth or hair line cut).
    turning: number of vertices, from the first, that turn rigidly with the head.
    head: [N, 3] float32, the head model's vertices before any expression and beard.
    """

    identity: Identity
    head: Float32
    beard: Float32 | None
    vertices: Float32
    attributes: Float32
    faces: NDArray[np.int32]
    material: NDArray[np.uint8]
    two_sided: NDArray[np.bool_]
    cut: NDArray[np.bool_]
    turning: int
    eyes: tuple[Part, Part]
    mouth: tuple[Part, Part, Part]
    neck: Part


@dataclass(frozen=True)
class PosedFigure:
    """vertices: [V, 3] and attributes: [V, 8] in world coordinates.

    head: [N, 3], the head model's vertices without beard, turned but not shifted.
    """

    figure: Figure
    vertices: Float32
    attributes: Float32
    head: Float32


@lru_cache(maxsize=16)
def build_figure(identity: Identity) -> Figure:
    """Everything of a person that no frame changes."""
    template = head_template()
    head = template.mean + np.einsum("k,knc->nc", identity.geometry, identity_basis())
    head = head.astype(np.float32)
    beard = beard_volume(identity.beard) if identity.beard.is_full else None
    whole = head if beard is None else head + beard
    height = hair_height(identity.hair)
    grid = (template.rows, -1, 3)
    skin = Surface(
        whole.reshape(grid),
        template.smooth.astype(np.float32).reshape(grid),
        Material.SKIN,
        wraps=True,
    )
    mouth = mouth_interior(head, identity, Expression(jaw=1.0)).surfaces
    worn = glasses_surfaces(identity, identity.glasses) if identity.glasses else []
    rigid = [skin, *eyeballs(identity), *mouth, *ears(identity)]
    rigid += [*hair_surfaces(identity, height), *worn]
    parts = _lay_out([*rigid, neck(identity), *shirt(identity)])

    attributes = np.concatenate([_attributes(part.surface) for part in parts])
    attributes[: template.vertices, HAIR] = height
    attributes[: template.vertices, GRAIN] = _grain(identity)
    hair = [part for part in parts if part.surface.material == Material.HAIR]
    if hair:
        attributes[hair[0].span, HAIR] = height
        for extra in hair[1:]:
            attributes[extra.span, HAIR] = 1.0

    faces = np.concatenate([part.surface.faces + part.first for part in parts])
    material = np.concatenate(
        [np.full(len(part.surface.faces), part.surface.material, np.uint8) for part in parts]
    )
    two_sided, cut, seen = _face_kinds(identity, attributes, faces=faces, material=material)
    return Figure(
        identity=identity,
        head=head,
        beard=beard,
        vertices=np.concatenate([part.surface.vertices.reshape(-1, 3) for part in parts]),
        attributes=attributes,
        faces=np.ascontiguousarray(faces[seen]),
        material=material[seen],
        two_sided=two_sided[seen],
        cut=cut[seen],
        turning=parts[len(rigid)].first,
        eyes=(parts[1], parts[2]),
        mouth=(parts[3], parts[4], parts[5]),
        neck=parts[len(rigid)],
    )


def _lay_out(surfaces: list[Surface]) -> list[Part]:
    parts, first = [], 0
    for surface in surfaces:
        parts.append(Part(surface, first))
        first += surface.vertices.shape[0] * surface.vertices.shape[1]
    return parts


def _attributes(surface: Surface) -> Float32:
    """[R * C, 8]."""
    rows, columns = surface.vertices.shape[:2]
    attributes = np.zeros((rows * columns, ATTRIBUTES), np.float32)
    attributes[:, NORMAL] = surface.normals.reshape(-1, 3)
    attributes[:, TEXTURE] = surface.texture.reshape(-1, 3)
    return attributes


def _grain(identity: Identity) -> NDArray[np.float32]:
    """[N] unevenness of the skin's tone in [-0.5, 0.5]."""
    x, y = head_template().smooth[:, 0], head_template().smooth[:, 1]
    return value_noise(x * 9 + identity.skin.grain, y * 9 + 3) - 0.5


def _face_kinds(
    identity: Identity,
    attributes: Float32,
    *,
    faces: NDArray[np.int32],
    material: NDArray[np.uint8],
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Per face: seen from both sides; needs the cutting test; can be seen at all."""
    texture = attributes[:, TEXTURE][faces]  # [F, 3, 3]
    height = attributes[:, HAIR][faces]  # [F, 3]
    skin, hair = material == Material.SKIN, material == Material.HAIR
    x, y, z = np.abs(texture[:, 0, 0]), texture[:, 0, 1], texture[:, 0, 2]
    at_eyes = (np.abs(x - EYE_X) < 0.28) & (np.abs(y - EYE_Y) < 0.28)
    at_lips = (np.abs(y - MOUTH_Y) < 0.03) & (x < 0.26)
    two_sided = hair | (material == Material.GLASSES) | (skin & (z > 0.2) & at_lips)
    cut = (skin & (z > 0.2) & (at_eyes | at_lips)) | (hair & (height.min(1) < HAIR_EDGE))
    bare = hair & (height.max(1) < 0)
    covered = skin & (height.min(1) > _HIDDEN_UNDER_HAIR) & (y > 0) & identity.hair.has_shell
    return two_sided, cut, ~(bare | covered)


def pose_figure(figure: Figure, expression: Expression, pose: Pose) -> PosedFigure:
    """Move the face, then turn the head; the body stays upright."""
    matrix = rotation(pose.yaw_deg, pose.pitch_deg, pose.roll_deg)
    coefficients = expression.geometric
    active = np.flatnonzero(coefficients)
    head = figure.head + np.tensordot(coefficients[active], expression_basis()[active], 1)
    skin = head if figure.beard is None else head + figure.beard

    vertices, attributes = figure.vertices.copy(), figure.attributes.copy()
    vertices[: len(skin)] = skin
    grid = skin.reshape(head_template().rows, -1, 3)
    attributes[: len(skin), NORMAL] = grid_normals(grid, wraps=True).reshape(-1, 3)
    gaze = gaze_rotation(expression)
    for eye in figure.eyes:
        attributes[eye.span, TEXTURE] = figure.attributes[eye.span, TEXTURE] @ gaze
    interior = mouth_interior(head, figure.identity, expression)
    moved = (interior.upper_teeth, interior.lower_teeth, interior.tongue)
    for part, points in zip(figure.mouth, moved, strict=True):
        vertices[part.span] = points.reshape(-1, 3)

    turning = slice(0, figure.turning)
    vertices[turning] = turn(vertices[turning], matrix)
    attributes[turning, NORMAL] = attributes[turning, NORMAL] @ matrix.T
    _bend_neck(figure, vertices, attributes=attributes, matrix=matrix)
    vertices += np.array([pose.shift_x, pose.shift_y, 0.0], np.float32)
    return PosedFigure(
        figure=figure, vertices=vertices, attributes=attributes, head=turn(head, matrix)
    )


def _bend_neck(
    figure: Figure, vertices: Float32, *, attributes: Float32, matrix: NDArray[np.float32]
) -> None:
    """In place: the top of the neck turns with the head, its foot with the body."""
    part = figure.neck
    points = figure.vertices[part.span]
    follows = neck_follows_head(points)
    points = points + (turn(points, matrix) - points) * follows
    vertices[part.span] = points
    grid = points.reshape(*part.surface.vertices.shape).astype(np.float32, copy=False)
    normals = grid_normals(grid, wraps=True)
    attributes[part.span, NORMAL] = -normals.reshape(-1, 3)
