"""Poses a fitted head: another turn, another expression, in the source's place."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from .fit import HeadFit
from .head_model import Doubles, Floats, HeadModel
from .turns import turn_of, vector_of

CHEST_SHARE = 0.45
"""The share of the head's yaw that the chest takes."""


@dataclass(frozen=True, eq=False)
class PosedHead:
    """A head before the camera.

    vertices: [V, 3] decimetres from where the source's eyes' middle is, where hair grows its
    outside. xy: [V, 2] in the picture. scale: pixels a decimetre.
    """

    vertices: Floats
    xy: Doubles
    scale: float


def pose_head(
    model: HeadModel,
    fit: HeadFit,
    *,
    rotation: Doubles | None = None,
    coefficients: Doubles | None = None,
    shift: ArrayLike = (0.0, 0.0, 0.0),
    chest_share: float = CHEST_SHARE,
    vertices: Floats | None = None,
) -> PosedHead:
    """The fitted head as it is, or with another rotation [3, 3] or coefficients [52].

    It turns about the joint of head and neck, which stays where it is in the source but for
    `shift`: [3] decimetres. For another size or place in the picture replace the fit's scale and
    centre. chest_share: see CHEST_SHARE; what is below the collar follows less and less. vertices:
    [V, 3] unturned, in place of those of the fit's shape.
    """
    head = fit.rotation if rotation is None else np.asarray(rotation, np.float64)
    face = fit.coefficients if coefficients is None else np.asarray(coefficients, np.float64)
    at_rest = (vertices_of(model, fit, face) if vertices is None else vertices) + model.hair
    pivot = model.pivot(fit.shape)
    place = fit.rotation @ pivot + np.asarray(shift, np.float64)
    posed = bend(at_rest - pivot, model.grip, head, chest_turn(head, chest_share)) + place
    return PosedHead(posed.astype(np.float32), fit.project(posed), fit.scale)


def vertices_of(model: HeadModel, fit: HeadFit, coefficients: Doubles) -> Floats:
    """[V, 3] of a fitted head with this expression, not turned and without hair."""
    plain = model.vertices(fit.shape, coefficients)
    return plain if fit.remainder is None else plain + fit.remainder


def turned_about(posed: PosedHead, roll_deg: float, middle: float) -> PosedHead:
    """The same where the picture is turned, counter-clockwise, about its middle, pixels."""
    if roll_deg == 0:
        return posed
    cosine, sine = np.cos(np.radians(roll_deg)), np.sin(np.radians(roll_deg))
    turn = np.array([[cosine, sine], [-sine, cosine]])
    return replace(posed, xy=(posed.xy - middle) @ turn.T + middle)


def chest_turn(head: Doubles, share: float) -> Doubles:
    """[3, 3] of the head -> [3, 3] of the chest: a share of the yaw."""
    yaw = share * float(np.arctan2(head[0, 2], head[2, 2]))
    return turn_of((0.0, yaw, 0.0))


def bend(vertices: Doubles, grip: Floats, head: Doubles, chest: Doubles) -> Doubles:
    """Turn [V, 3] about the origin: by `chest` at grip 0, by `head` at grip 1, smoothly between."""
    turn = vector_of(chest.T @ head)
    angle = float(np.linalg.norm(turn))
    bent = vertices
    if angle > 1e-6:
        # Rodrigues' formula, with an angle of its own for every vertex.
        axis = turn / angle
        angles = (grip.astype(np.float64) * angle)[:, None]
        along = (vertices @ axis)[:, None] * axis
        across = np.cross(axis, vertices)
        bent = along + (vertices - along) * np.cos(angles) + across * np.sin(angles)
    return bent @ chest.T
