"""Lips as curves on the template; teeth and tongue as surfaces behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .blendshapes import identity_names
from .curves import FloatArray, smoothstep
from .parameters import Expression, Identity, Lips
from .surfaces import Float32, Material, Surface, sphere
from .template import MOUTH_HALF_WIDTH, MOUTH_Y, head_template, longitude_of, sample_grid

_ARCH_POINTS = 14


def lip_profile(x: FloatArray) -> FloatArray:
    """1 in the middle of the mouth, 0 at and beyond its corners."""
    return np.clip(1.0 - (x * (1.0 / MOUTH_HALF_WIDTH)) ** 2, 0.0, None)


def upper_lip_edge(x: FloatArray, lips: Lips) -> FloatArray:
    """Height of the upper lip's border, with its bow."""
    root = np.sqrt(lip_profile(x))
    bow = 1.0 - 0.28 * np.exp(-((x * (1 / 0.04)) ** 2))
    return MOUTH_Y + lips.upper * root * np.sqrt(root) * bow


def lower_lip_edge(x: FloatArray, lips: Lips) -> FloatArray:
    """Height of the lower lip's border."""
    return MOUTH_Y - lips.lower * lip_profile(x) ** 0.65


@dataclass(frozen=True)
class MouthInterior:
    """Upper teeth, lower teeth, tongue: [R, C, 3] vertices each, in head coordinates."""

    upper_teeth: Float32
    lower_teeth: Float32
    tongue: Float32

    @property
    def surfaces(self) -> list[Surface]:
        angle, height = np.meshgrid(_arch_angles(), [1.0, 0.0])
        arch = np.stack([angle, height, 0 * angle], -1).astype(np.float32)
        return [
            Surface(self.upper_teeth, arch, Material.TEETH, flipped=True),
            Surface(self.lower_teeth, arch, Material.TEETH, flipped=True),
            Surface(self.tongue, _tongue_ball(), Material.TONGUE, wraps=True),
        ]


def _arch_angles() -> FloatArray:
    return np.linspace(-1.35, 1.35, _ARCH_POINTS)


def _tongue_ball() -> Float32:
    return sphere(10, 16)


def mouth_interior(
    vertices: NDArray[np.float32], identity: Identity, expression: Expression
) -> MouthInterior:
    """Fit teeth and tongue into the mouth of [N, 3] unposed head vertices.

    Where the jaw is shut teeth and tongue shrink to a point, so that the mesh keeps its faces and
    nothing pokes through the lips.
    """
    grid = vertices.reshape(head_template().rows, -1, 3)
    x = np.array([0.0, -0.2, 0.2])
    y = np.array([MOUTH_Y + 0.010, MOUTH_Y + 0.006, MOUTH_Y + 0.006])
    middle, right, left = sample_grid(grid, longitude_of(x, y), y)
    half_width = abs(left[0] - right[0]) / 2 * 0.96
    angle = _arch_angles()

    def arch(bottom: float, top: float) -> FloatArray:
        depth = middle[2] - 0.10 - 0.16 * (1 - np.cos(angle))
        rows = [
            np.stack([middle[0] + half_width * np.sin(angle), np.full_like(angle, y), depth + z], 1)
            for y, z in ((top, -0.01), (bottom, 0.0))
        ]
        return np.stack(rows)

    mouth_height = identity.shape[identity_names().index("mouth_height")]
    jaw = expression.jaw
    gum = MOUTH_Y + 0.045 * mouth_height - 0.24 * jaw
    lower = arch(gum - 0.07, gum - 0.005 - 0.02 * (1 - jaw))
    lower = (lower - [middle[0], 0, 0.06]) * [0.82, 1, 1] + [middle[0], 0, 0]
    tongue_size = np.array([half_width * 0.75, 0.055, 0.16])
    tongue = _tongue_ball() * tongue_size + [middle[0], gum - 0.005, middle[2] - 0.27]
    # Shut lips hide the upper teeth too.
    bite = middle[1] + 0.05 - 0.125 * float(smoothstep(0.0, 0.15, np.array(jaw)))
    upper = arch(bite, middle[1] + 0.08)
    return MouthInterior(
        upper_teeth=(upper if jaw > 0.02 else np.zeros_like(upper)).astype(np.float32),
        lower_teeth=(lower if jaw > 0.15 else np.zeros_like(lower)).astype(np.float32),
        tongue=(tongue if jaw > 0.12 else np.zeros_like(tongue)).astype(np.float32),
    )
