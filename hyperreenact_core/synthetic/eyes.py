"""Eyelids and eyeballs.

Lids are curves in eye coordinates: u outward (toward the temple), v up, both in eye radii from the
middle of the eye on the template. The skin is cut open between them, so that a blink is a matter of
two curves and moves no vertex.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .blendshapes import eye_shift_basis, identity_names
from .camera import rotation
from .curves import FloatArray
from .parameters import Expression, Eyes, Identity
from .surfaces import Material, Surface, sphere
from .template import EYE_RADIUS, EYE_X, EYE_Y, head_template

CORNER = 0.90
"""|u| of the corners of the eye."""


@dataclass(frozen=True)
class Lids:
    """Shape of the lids and how far each eye is open, in [0, 1]."""

    upper: float
    lower: float
    tilt: float
    open_left: float
    open_right: float

    @staticmethod
    def of(eyes: Eyes, expression: Expression) -> Lids:
        """A smile narrows the eyes a little."""
        squint = 1.0 - 0.108 * expression.smile
        return Lids(
            upper=eyes.upper_lid,
            lower=eyes.lower_lid,
            tilt=eyes.tilt,
            open_left=(1.0 - expression.blink_left) * squint,
            open_right=(1.0 - expression.blink_right) * squint,
        )

    def edges(self, u: FloatArray, *, opening: FloatArray | float) -> tuple[FloatArray, FloatArray]:
        """Heights v of the upper and lower lid at u; both equal outside the corners."""
        inside = np.clip(1.0 - (u * (1.0 / CORNER)) ** 2, 0.0, None)
        root = np.sqrt(inside)
        slant = self.tilt * u
        lower = -self.lower * root * np.sqrt(root) * (1.0 - 0.25 * u) + slant
        upper = self.upper * inside**0.62 * (1.0 - 0.10 * u) + slant
        lower = lower + (1.0 - opening) * (0.25 * self.lower) * inside
        return lower + (upper - lower) * opening, lower

    def openness(self, x: FloatArray) -> FloatArray:
        """How far the eye on x's side is open."""
        return np.where(x > 0, np.float32(self.open_left), np.float32(self.open_right))


def eye_coordinates(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Template position -> (u, v) of the nearer eye."""
    return (np.abs(x) - EYE_X) * (1.0 / EYE_RADIUS), (y - EYE_Y) * (1.0 / EYE_RADIUS)


def eye_centres(identity: Identity) -> NDArray[np.float32]:
    """[2, 3], left (x > 0) and right."""
    shift = np.einsum("k,skc->sc", identity.geometry, eye_shift_basis())
    z = head_template().eye_z
    return np.array([[EYE_X, EYE_Y, z], [-EYE_X, EYE_Y, z]], np.float32) + shift


def eye_scale(identity: Identity) -> float:
    """Size of the eyeballs; they grow less than the skin around them, so as to stay inside it."""
    size = identity.shape[identity_names().index("eye_size")]
    return 1.0 + (0.075 if size > 0 else 0.13) * size


def gaze_rotation(expression: Expression) -> NDArray[np.float32]:
    """[3, 3] turn of the eyeballs inside the head."""
    return rotation(32.0 * expression.gaze_x, -24.0 * expression.gaze_y, 0.0)


def eyeballs(identity: Identity) -> list[Surface]:
    """Left and right; texture: direction from the eye's centre, gaze straight ahead."""
    ball = sphere(18, 24)
    radius = 0.985 * EYE_RADIUS * eye_scale(identity)
    return [
        Surface(ball * radius + centre, ball, Material.EYE, wraps=True)
        for centre in eye_centres(identity).astype(np.float32)
    ]
