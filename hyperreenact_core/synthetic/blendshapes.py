"""Linear shapes of the head: 28 make a person, 8 make a face move."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from .curves import FloatArray, bell, smoothstep
from .parameters import GEOMETRIC_EXPRESSIONS
from .template import EYE_RADIUS, EYE_X, EYE_Y, MOUTH_HALF_WIDTH, MOUTH_Y, Template, head_template

Shapes = dict[str, FloatArray]
"""Name -> [N, 3] displacement at coefficient 1."""

JAW_DROP = 0.27


def _move(
    template: Template,
    *,
    x: FloatArray | float = 0.0,
    y: FloatArray | float = 0.0,
    z: FloatArray | float = 0.0,
) -> FloatArray:
    zero = np.zeros(template.vertices)
    return np.stack([x + zero, y + zero, z + zero], 1)


@cache
def identity_shapes() -> Shapes:
    """The 28 identity shapes, in the order of Identity.shape."""
    return {**_skull_shapes(head_template()), **_feature_shapes(head_template())}


def _skull_shapes(template: Template) -> Shapes:
    """Skull, jaw, chin, cheeks and forehead."""
    mean, (x, y, z) = template.mean, template.smooth.T
    spot, spots = template.spot, template.spots
    outward = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    jaw_corner = np.exp(-(((np.abs(x) - 0.5) / 0.2) ** 2) - ((y + 0.5) / 0.18) ** 2)
    return {
        "skull_width": _move(template, x=0.10 * mean[:, 0] * smoothstep(-0.5, 0.3, y)),
        "face_length": _move(template, y=0.10 * mean[:, 1]),
        "jaw_width": _move(template, x=0.17 * mean[:, 0] * bell(y, -0.62, 0.35)),
        "chin_length": _move(template, y=-0.11 * smoothstep(-0.62, -1, y)),
        "chin_width": _move(template, x=0.28 * mean[:, 0] * bell(y, -0.92, 0.2)),
        "chin_forward": _move(template, z=0.10 * spot(0, -0.9, 0.3, 0.22)),
        "cheek_fullness": outward * (0.09 * spots(0.45, -0.38, 0.24, 0.24))[:, None],
        "cheekbones": outward * (0.06 * spots(0.50, -0.14, 0.2, 0.11))[:, None],
        "forehead_height": _move(template, y=0.10 * smoothstep(0.25, 1, y)),
        "forehead_bulge": _move(template, z=0.07 * spot(0, 0.5, 0.5, 0.25)),
        "brow_ridge": _move(template, z=0.045 * spots(0.26, 0.22, 0.2, 0.08)),
        "head_depth": _move(template, z=0.09 * mean[:, 2] * smoothstep(0.1, -0.3, z)),
        "jaw_corners": _move(template, x=0.07 * np.sign(x) * jaw_corner),
        "face_flatness": _move(
            template, z=-0.05 * smoothstep(0.3, 0.8, z) * np.exp(-((x / 0.5) ** 2))
        ),
    }


def _feature_shapes(template: Template) -> Shapes:
    """Nose, eyes and mouth."""
    mean, x = template.mean, template.smooth[:, 0]
    spot, spots, opposed = template.spot, template.spots, template.opposed_spots
    eye_centre = np.stack(
        [EYE_X * np.sign(x), np.full_like(x, EYE_Y), np.full_like(x, template.eye_z)], 1
    )
    around_eyes = np.clip(spots(EYE_X, EYE_Y, 0.30, 0.30), 0, 1)
    # Each half scales about its own eye: fade out toward the middle, or the bridge would fold.
    around_eyes = (around_eyes * smoothstep(0.0, 0.16, np.abs(x)))[:, None]
    return {
        "nose_length": _move(template, y=-0.075 * spot(0, -0.31, 0.16, 0.13)),
        "nose_projection": _move(template, z=0.075 * spot(0, -0.25, 0.11, 0.14)),
        "nose_width": _move(
            template,
            x=0.040 * opposed(0.10, -0.29, 0.08, 0.09),
            z=0.02 * spots(0.1, -0.3, 0.05, 0.05),
        ),
        "nose_bridge": _move(template, z=0.055 * spot(0, 0.02, 0.075, 0.15)),
        "nose_hump": _move(template, z=0.030 * spot(0, -0.10, 0.06, 0.07)),
        "nose_tip_up": _move(template, y=0.05 * spot(0, -0.26, 0.08, 0.08)),
        "nose_tip_size": _move(
            template,
            x=0.015 * opposed(0.05, -0.27, 0.06, 0.06),
            y=-0.02 * spot(0, -0.32, 0.08, 0.05),
            z=0.03 * spot(0, -0.27, 0.08, 0.07),
        ),
        "eye_spacing": _move(template, x=0.05 * opposed(EYE_X, EYE_Y + 0.05, 0.24, 0.30)),
        "eye_height": _move(template, y=0.045 * spots(EYE_X, EYE_Y + 0.1, 0.28, 0.26)),
        "eye_size": (mean - eye_centre) * 0.13 * around_eyes,
        "mouth_width": _move(template, x=0.06 * opposed(0.22, MOUTH_Y, 0.15, 0.14)),
        "mouth_height": _move(template, y=0.045 * spot(0, MOUTH_Y, 0.45, 0.14)),
        "upper_lip_forward": _move(template, z=0.028 * spot(0, -0.52, 0.19, 0.05)),
        "lower_lip_forward": _move(template, z=0.035 * spot(0, -0.61, 0.16, 0.05)),
    }


@cache
def expression_shapes() -> Shapes:
    """The 8 geometric expressions, in the order of Expression.geometric."""
    template = head_template()
    spot, spots, opposed = template.spot, template.spots, template.opposed_spots
    mouth = MOUTH_Y
    shapes = {
        "jaw": _jaw(template),
        "smile": _move(
            template,
            x=0.075 * opposed(0.22, mouth, 0.13, 0.13),
            y=0.085 * spots(0.25, mouth, 0.13, 0.13)
            - 0.015 * spot(0, mouth, 0.1, 0.08)
            + 0.03 * spots(0.42, -0.25, 0.2, 0.15)
            + 0.018 * spots(EYE_X, EYE_Y - 0.12, 0.15, 0.06),
            z=-0.035 * spots(0.25, mouth, 0.12, 0.12)
            + 0.045 * spots(0.40, -0.27, 0.17, 0.13)
            - 0.02 * spot(0, mouth, 0.2, 0.1),
        ),
        "frown": _move(
            template,
            x=-0.01 * opposed(0.22, mouth, 0.13, 0.13),
            y=-0.075 * spots(0.24, mouth, 0.12, 0.12) + 0.025 * spot(0, mouth, 0.12, 0.1),
        ),
        "pucker": _move(
            template,
            x=-0.10 * opposed(0.17, mouth, 0.13, 0.14),
            y=0.02 * spot(0, -0.61, 0.15, 0.05) - 0.02 * spot(0, -0.5, 0.15, 0.05),
            z=0.09 * spot(0, mouth, 0.17, 0.13),
        ),
        "brow_left": _move(template, y=0.085 * spot(0.28, 0.27, 0.26, 0.14)),
        "brow_right": _move(template, y=0.085 * spot(-0.28, 0.27, 0.26, 0.14)),
        "furrow": _move(
            template,
            x=-0.035 * opposed(0.14, 0.26, 0.12, 0.12),
            y=-0.07 * spots(0.14, 0.25, 0.15, 0.12),
            z=0.015 * spot(0, 0.24, 0.1, 0.08),
        ),
        "mouth_side": _move(template, x=0.07 * spot(0, mouth, 0.32, 0.2)),
    }
    return {name: shapes[name] for name in GEOMETRIC_EXPRESSIONS}


def _jaw(template: Template) -> FloatArray:
    """The chin follows the jaw; the lips part along an ellipse between the mouth's corners."""
    x, y, z = template.smooth.T
    opening = np.sqrt(np.clip(1 - (x / MOUTH_HALF_WIDTH) ** 2, 0, 1)) * smoothstep(0.25, 0.5, z)
    below = y < MOUTH_Y
    near = np.exp(-np.abs(y - MOUTH_Y) / 0.16)
    hinge = 1 / (1 + np.exp(-(MOUTH_Y - y - 0.05) / 0.07))
    lateral = np.exp(-((np.abs(x) / 0.62) ** 4)) * smoothstep(-0.35, 0.25, z)
    follow = -JAW_DROP * 0.92 * hinge * lateral
    lip = np.where(below, -0.80 * JAW_DROP * opening, 0.10 * JAW_DROP * opening)
    at_lips = near * (opening > 0)
    lower = follow + np.minimum(lip - follow, 0) * at_lips
    upper = follow * (1 - at_lips) + (follow * (1 - opening) + lip) * at_lips
    return _move(
        template,
        x=-0.05 * template.opposed_spots(0.22, MOUTH_Y, 0.12, 0.2),
        y=np.where(below, lower, upper),
        z=-0.06 * hinge * lateral,
    )


IDENTITY_COUNT = 28
EXPRESSION_COUNT = len(GEOMETRIC_EXPRESSIONS)


@cache
def identity_names() -> tuple[str, ...]:
    """Names of the coefficients of Identity.shape."""
    return tuple(identity_shapes())


@cache
def identity_basis() -> NDArray[np.float32]:
    """[28, N, 3]."""
    return np.stack(list(identity_shapes().values())).astype(np.float32)


@cache
def expression_basis() -> NDArray[np.float32]:
    """[8, N, 3]."""
    return np.stack(list(expression_shapes().values())).astype(np.float32)


@cache
def eye_shift_basis() -> NDArray[np.float32]:
    """[2, 28, 3], how each identity shape carries the left (x > 0) and right eyeball along.

    Shapes that remodel the skin around the eye (size, brow ridge, nose bridge) leave it in place.
    """
    template = head_template()
    x, y = template.smooth[:, 0], template.smooth[:, 1]
    names = identity_names()
    shifts = []
    for side in (1.0, -1.0):
        reach = np.exp(-((x - side * EYE_X) ** 2 + (y - EYE_Y) ** 2) / (0.77 * EYE_RADIUS) ** 2)
        weight = reach * template.front
        shift = np.einsum("n,knc->kc", weight / weight.sum(), identity_basis())
        for fixed in ("eye_size", "brow_ridge", "nose_bridge"):
            shift[names.index(fixed)] = 0.0
        shifts.append(shift)
    return np.stack(shifts).astype(np.float32)
