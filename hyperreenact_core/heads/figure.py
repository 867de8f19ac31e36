"""A person as meshes: fitted once, then posed for every picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .clothing import clothes_part
from .expression import Expression
from .face import eye_parts, fuzz_parts, mouth_parts, skin_part
from .fitting import measure
from .hair import beard_parts, hair_parts
from .meshes import Floats
from .neck import Neck
from .parts import Label, Material, Part
from .person import Person
from .wardrobe import Wardrobe
from .worn import hair_below_hat, worn_parts

_FOLLOW = 0.45
"""The share of the head's yaw that the chest takes."""
_EYE_REACH = np.array([1.35, 1.6, 1.0], np.float32)
"""Eyes reach so much further than the body model's actions turn them, sideways and up."""
_LIPS = (13, 14)
_SHUT = 0.012
"""Lips closer than this (in decimetres) hide teeth and tongue, which are not drawn then."""
_LID = 0.014
"""Lids lie at least this far before the eyeballs, in decimetres."""
_LIDS = (
    *(33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    *(362, 382, 381, 380, 374, 373, 390, 249, 263, 466, 388, 387, 386, 385, 384, 398),
)


@dataclass(frozen=True, eq=False)
class Figure:
    """A person's parts at rest; mesh points [468, 3] and what the actions add [52, 468, 3]."""

    person: Person
    parts: tuple[Part, ...]
    points: Floats
    point_actions: Floats
    neck: Neck

    @property
    def eyes(self) -> Part:
        """The eyeballs."""
        return next(part for part in self.parts if part.material == Material.EYE)


@dataclass(frozen=True, eq=False)
class PosedPart:
    """A part in the world: vertices and unit normals [V, 3]; shade [V] of the light around."""

    part: Part
    vertices: Floats
    normals: Floats
    shade: Floats


@dataclass(frozen=True, eq=False)
class Posed:
    """A figure in the world.

    points: [468, 3] mesh points. rotation, translation: [3, 3] and [3], world = R @ rest + t for
    what is rigid with the head. irises, gaze: [2, 3] where the eyes' fronts are, and unit vectors
    along which they look, the eye on the viewer's left first.
    """

    parts: tuple[PosedPart, ...]
    points: Floats
    rotation: Floats
    translation: Floats
    irises: Floats
    gaze: Floats


def make_figure(person: Person, wardrobe: Wardrobe) -> Figure:
    """Fit and paint everything a person is made of; about a tenth of a second."""
    fit = measure(person, wardrobe)
    skin = skin_part(fit)
    parts = [skin, clothes_part(fit, skin), *eye_parts(fit), *mouth_parts(fit)]
    parts += beard_parts(fit, skin)
    parts += hair_below_hat(fit, hair_parts(fit, skin))
    parts += [*fuzz_parts(fit), *worn_parts(fit)]
    body = fit.body
    mixed = np.einsum("kpac,pa->kpc", body.actions[:, body.triples], body.weights)
    return Figure(person, tuple(parts), fit.points, mixed.astype(np.float32), fit.neck)


def pose_figure(figure: Figure, expression: Expression, rotation: Floats) -> Posed:
    """Perform an expression [52], 0 to 1, with the head turned by `rotation` [3, 3]."""
    at_rest = figure.points + np.tensordot(expression, figure.point_actions, 1)
    at_rest = _before_eyes(at_rest, figure)
    chest = _chest(rotation)
    grip = np.ones(len(at_rest), np.float32)
    shut = float(np.linalg.norm(at_rest[_LIPS[0]] - at_rest[_LIPS[1]])) < _SHUT
    posed = [
        _pose_part(part, figure, expression, at_rest, rotation, chest)
        for part in figure.parts
        if not (shut and part.label == Label.MOUTH)
    ]
    pivot = np.array(figure.neck.pivot, np.float32)
    irises, gaze = _gaze(posed)
    return Posed(
        parts=tuple(posed),
        points=figure.neck.bend(at_rest, grip, rotation, chest),
        rotation=rotation,
        translation=(pivot - rotation @ pivot).astype(np.float32),
        irises=irises,
        gaze=gaze,
    )


def _gaze(parts: Sequence[PosedPart]) -> tuple[Floats, Floats]:
    """[2, 3] the fronts of the eyeballs, and the unit vectors from their centres to those."""
    eyes = next(posed for posed in parts if posed.part.material == Material.EYE)
    fronts = np.stack([eyes.vertices[spin.front].mean(0) for spin in eyes.part.spins])
    balls = [eyes.vertices[spin.vertices] for spin in eyes.part.spins]
    along = fronts - np.stack([ball.mean(0) for ball in balls])
    return fronts, along / np.linalg.norm(along, axis=1, keepdims=True)


def _chest(rotation: Floats) -> Floats:
    """The chest follows the head's yaw in part."""
    forward = rotation[:, 2]
    yaw = _FOLLOW * float(np.arctan2(forward[0], forward[2]))
    sine, cosine = np.sin(yaw), np.cos(yaw)
    return np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]], np.float32)


def _pose_part(
    part: Part,
    figure: Figure,
    expression: Expression,
    points: Floats,
    rotation: Floats,
    chest: Floats,
) -> PosedPart:
    at_rest = part.rest
    if part.moves is not None:
        active = np.nonzero(expression)[0]
        added = np.tensordot(expression[active], part.moves.actions[active], 1)
        if part.spins:
            at_rest = _spun(part, added)
        else:
            at_rest = at_rest.copy()
            at_rest[part.moves.vertices] += added
            if part.face is not None:
                at_rest = _before_eyes(at_rest, figure)
    vertices = figure.neck.bend(at_rest, part.grip, rotation, chest)
    shade = np.ones(len(vertices), np.float32) if part.shade is None else part.shade
    if part.material in (Material.EYE, Material.CORNEA):
        shade = shade * _lid_shade(at_rest, points)
    elif part.label == Label.MOUTH:
        shade = shade * _mouth_shade(at_rest, points)
    elif part.inner is not None:
        shade = shade * (1 - part.inner * (1 - _mouth_shade(at_rest, points)))
    return PosedPart(part, vertices, part.topology.normals(vertices), shade)


def _spun(part: Part, added: Floats) -> Floats:
    """Turn balls so that they look where the actions move their fronts."""
    moved = part.rest.copy()
    shift = np.zeros_like(moved)
    assert part.moves is not None
    shift[part.moves.vertices] = added
    for spin in part.spins:
        before = part.rest[spin.front].mean(0) - spin.centre
        after = before + _EYE_REACH * shift[spin.front].mean(0)
        turn = _between(before / np.linalg.norm(before), after / np.linalg.norm(after))
        moved[spin.vertices] = (part.rest[spin.vertices] - spin.centre) @ turn.T + spin.centre
    return moved


def _between(a: Floats, b: Floats) -> Floats:
    """The smallest rotation [3, 3] that takes unit vector a to b (not its opposite)."""
    x, y, z = np.cross(a, b)
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return (np.eye(3) + skew + skew @ skew / (1 + float(a @ b))).astype(np.float32)


def _before_eyes(vertices: Floats, figure: Figure) -> Floats:
    """Move lids that have sunk into the eyeballs out again."""
    moved = vertices.copy()
    for ball in figure.eyes.spins:
        away = vertices - ball.centre
        distance = np.linalg.norm(away, axis=1)
        least = ball.radius + _LID
        sunk = (distance < least) & (distance > 0.7 * ball.radius) & (away[:, 2] > 0)
        moved[sunk] = ball.centre + away[sunk] * (least / distance[sunk])[:, None]
    return moved


def _lid_shade(vertices: Floats, points: Floats) -> Floats:
    """[V] eyeballs darken towards the lids."""
    lids = points[list(_LIDS)]
    middle = lids.mean(0)  # squares of small numbers are exact enough to be subtracted
    lids, at = (lids - middle).astype(np.float32), (vertices - middle).astype(np.float32)
    squared = (at**2).sum(1)[:, None] + (lids**2).sum(1) - 2 * at @ lids.T
    nearest = np.sqrt(squared.min(1).clip(0, None))
    return (0.42 + 0.58 * (nearest / 0.085).clip(0, 1) ** 0.8).astype(np.float32)


def _mouth_shade(vertices: Floats, points: Floats) -> Floats:
    """[V] how much light reaches into the mouth: less far behind the lips, more if it is open."""
    upper, lower = points[_LIPS[0]], points[_LIPS[1]]
    opening = float(np.linalg.norm(upper - lower))
    depth = (max(upper[2], lower[2]) - vertices[:, 2]).clip(0, None)
    return (1 / (1 + (depth / (0.2 + 0.55 * opening)) ** 2)).astype(np.float32)
