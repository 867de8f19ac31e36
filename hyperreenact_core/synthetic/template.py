"""The mean head: a latitude-longitude grid, one smooth ball and one with a face pushed out of it.

Head coordinates: x to the picture's right, y up, z toward the viewer; the head is about two units
tall. Every feature of the face (lids, lips, brows, hair line) lives at fixed template positions
(x, y) of the smooth ball, whatever the vertices do afterwards: the texture space of the renderer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from .curves import FloatArray, bell, smoothstep

MOUTH_Y = -0.56
MOUTH_HALF_WIDTH = 0.235
EYE_X, EYE_Y, EYE_RADIUS = 0.29, 0.02, 0.195
LID_SHELL = 1.07
"""Radius of the lids around the eyeball's centre, in eye radii."""

COLUMNS = 121
PIVOT = np.array([0.0, -0.55, -0.12], np.float32)
"""Point the head turns about: the top of the neck."""


def _longitudes() -> FloatArray:
    """Denser at the face than at the back of the head."""
    s = np.linspace(-1.0, 1.0, COLUMNS)
    return np.pi * (0.42 * s + 0.58 * s**3)


def _heights() -> FloatArray:
    """Dense at the mouth (two rows right above and below its slit) and the eyes."""
    return np.concatenate(
        [
            np.sin(np.linspace(-np.pi / 2, np.arcsin(-0.82), 8)),
            np.linspace(-0.79, -0.70, 5),
            np.linspace(-0.68, -0.575, 8),
            [MOUTH_Y - 0.005, MOUTH_Y + 0.005],
            np.linspace(-0.545, -0.42, 8),
            np.linspace(-0.40, 0.42, 36),
            np.sin(np.linspace(np.arcsin(0.46), np.pi / 2, 16)),
        ]
    )


def half_width(y: FloatArray) -> FloatArray:
    """Half the width of the smooth head at height y."""
    c = np.sqrt(np.clip(1.0 - y * y, 0.0, 1.0))
    return 0.75 * c**0.85 * (1.0 - 0.17 * smoothstep(-0.1, -0.95, y))


def _smooth_head(longitude: FloatArray, y: FloatArray) -> FloatArray:
    """Superellipsoid with a flatter face and a rounder back -> [..., 3]."""
    c = np.sqrt(np.clip(1.0 - y * y, 0.0, 1.0))
    front = np.where(y < 0, 0.80 * c**0.60, 0.80 * c**0.85)
    back = 0.96 * c**0.9 * (1.0 - 0.45 * smoothstep(-0.1, -0.9, y))
    sine, cosine = np.sin(longitude), np.cos(longitude)
    x = half_width(y) * np.sign(sine) * np.abs(sine) ** 0.92
    z = np.where(cosine > 0, front * np.abs(cosine) ** 0.80, -back * np.abs(cosine))
    return np.stack([x, y, z], -1)


@dataclass(frozen=True)
class Template:
    """The grid, flattened row by row from chin to crown, columns from behind right ear around.

    longitudes: [C], heights: [R]. longitude: [N] of each vertex, 0 at the face, +-pi behind.
    smooth: [N, 3], the featureless ball; its x, y, z are the texture coordinates.
    mean: [N, 3], the mean head. front: [N], 1 on the face falling to 0 at the ears.
    eye_z: z of the eyeballs' centres.
    """

    longitudes: FloatArray
    heights: FloatArray
    longitude: FloatArray
    smooth: FloatArray
    mean: FloatArray
    front: FloatArray
    eye_z: float

    @property
    def rows(self) -> int:
        return len(self.heights)

    @property
    def vertices(self) -> int:
        return len(self.mean)

    def spot(self, centre_x: float, centre_y: float, width: float, height: float) -> FloatArray:
        """[N] Gaussian weight around a place on the front of the head."""
        x, y = self.smooth[:, 0], self.smooth[:, 1]
        return bell(x, centre_x, width) * bell(y, centre_y, height) * self.front

    def spots(self, centre_x: float, centre_y: float, width: float, height: float) -> FloatArray:
        """Both mirrored spots, equal sign: for movements along y and z."""
        left = self.spot(centre_x, centre_y, width, height)
        return left + self.spot(-centre_x, centre_y, width, height)

    def opposed_spots(
        self, centre_x: float, centre_y: float, width: float, height: float
    ) -> FloatArray:
        """Both mirrored spots, opposite sign: for symmetric movements along x."""
        left = self.spot(centre_x, centre_y, width, height)
        return left - self.spot(-centre_x, centre_y, width, height)


@cache
def head_template() -> Template:
    """The one template; built once a process."""
    longitudes, heights = _longitudes(), _heights()
    longitude, y = (grid.ravel() for grid in np.meshgrid(longitudes, heights))
    smooth = _smooth_head(longitude, y)
    x, z = smooth[:, 0], smooth[:, 2]
    nearest = np.argmin((x - EYE_X) ** 2 + (y - EYE_Y) ** 2 + (z < 0) * 9.0)
    bare = Template(
        longitudes=longitudes,
        heights=heights,
        longitude=longitude,
        smooth=smooth,
        mean=smooth,
        front=smoothstep(0.0, 0.3, z),
        eye_z=float(np.float32(smooth[nearest, 2])) - 0.135,
    )
    mean = smooth.copy()
    mean[:, 2] = _with_lids(bare, z + _relief(bare))
    return Template(**{**vars(bare), "mean": mean})


def _relief(template: Template) -> FloatArray:
    """[N] how far nose, lips, chin, brow ridge and cheeks stand out of the ball."""
    x, y = template.smooth[:, 0], template.smooth[:, 1]
    spot, spots = template.spot, template.spots
    nose_heights = [-0.43, -0.385, -0.33, -0.27, -0.2, -0.05, 0.1, 0.25]
    nose = np.interp(y, nose_heights, [0, 0.05, 0.17, 0.235, 0.20, 0.12, 0.06, 0.0])
    nose_width = np.interp(y, [-0.4, -0.27, -0.1, 0.2], [0.10, 0.085, 0.062, 0.075])
    relief = nose * np.exp(-((x / nose_width) ** 2)) * template.front
    relief += 0.085 * spots(0.092, -0.305, 0.050, 0.052)  # nostril wings
    relief += 0.050 * spot(0, -0.515, 0.20, 0.040) + 0.060 * spot(0, -0.615, 0.16, 0.048)  # lips
    relief -= 0.035 * spot(0, -0.70, 0.2, 0.05) + 0.02 * spot(0, -0.44, 0.03, 0.05)
    relief += 0.13 * spot(0, -0.90, 0.24, 0.15)  # chin
    relief += 0.03 * spots(0.28, 0.24, 0.22, 0.08) + 0.05 * spots(0.45, -0.2, 0.2, 0.2)
    return relief - 0.075 * spots(EYE_X, EYE_Y, 0.24, 0.18)  # sockets


def _with_lids(template: Template, z: FloatArray) -> FloatArray:
    """Raise the sockets to shells around the eyeballs, joined by a smooth maximum."""
    x, y = template.smooth[:, 0], template.smooth[:, 1]
    squared = np.minimum((x - EYE_X) ** 2, (x + EYE_X) ** 2) + (y - EYE_Y) ** 2
    radius = LID_SHELL * EYE_RADIUS
    ball = template.eye_z + np.sqrt(np.clip(radius**2 - squared, 0.0, None))
    shell = np.where(squared < radius**2, ball, -9.0)
    softness = 0.025
    overlap = np.clip(softness - np.abs(z - shell), 0.0, None)
    raised = np.maximum(z, shell) + overlap**2 / (4 * softness)
    weight = smoothstep((1.25 * EYE_RADIUS) ** 2, (0.85 * EYE_RADIUS) ** 2, squared)
    weight = weight * template.front
    return np.where(template.front > 0, z * (1 - weight) + raised * weight, z)


def longitude_of(x: FloatArray, y: FloatArray) -> FloatArray:
    """Longitude of the front template point at (x, y)."""
    sine = np.sign(x) * np.minimum(1.0, np.abs(x) / half_width(y)) ** (1 / 0.92)
    return np.arcsin(sine)


def sample_grid(grid: FloatArray, longitude: FloatArray, y: FloatArray) -> FloatArray:
    """Interpolate [R, C, D] values of the head's vertices at [K] places -> [K, D]."""
    template = head_template()
    rows, columns = grid.shape[:2]
    j = np.interp(longitude, template.longitudes, np.arange(columns))
    i = np.interp(y, template.heights, np.arange(rows))
    j0 = np.minimum(j.astype(np.int64), columns - 2)
    i0 = np.minimum(i.astype(np.int64), rows - 2)
    a, b = (j - j0)[:, None], (i - i0)[:, None]
    lower = grid[i0, j0] * (1 - a) + grid[i0, j0 + 1] * a
    upper = grid[i0 + 1, j0] * (1 - a) + grid[i0 + 1, j0 + 1] * a
    return lower * (1 - b) + upper * b
