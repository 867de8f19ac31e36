"""What hats share: their looks, the plane they sit on, and crowns, bands, peaks and brims on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .meshes import Mesh
from .pieces import Colour, HeadFrame
from .shapes import Doubles, Hull, sheet, turned, unit

COLUMNS = 48


@dataclass(frozen=True)
class Hat:
    """How one hat looks.

    kind: of HAT_KINDS; colours: linear RGB; low, size, loose: 0 to 1, how far it is pulled down,
    how large its brim, peak, fold or cups are, how far it stands off the skull; tilt_deg: to the
    side; turned: worn back to front; extra: pompom, button, chin strap or microphone.
    """

    kind: str
    colour: Colour
    accent: Colour
    low: float = 0.5
    size: float = 0.5
    loose: float = 0.5
    tilt_deg: float = 0.0
    turned: bool = False
    extra: bool = False

    @property
    def covers_hair(self) -> bool:
        """Hair is not to be drawn under it."""
        return self.kind not in ("headband", "headphones")

    @property
    def covers_ears(self) -> bool:
        """Ear-rings and ears are out of sight."""
        return self.kind in ("hijab", "headscarf", "hood", "helmet", "headphones")


@dataclass(frozen=True)
class Rim:
    """The plane a hat sits on, and the skull above it. axes: [3, 3] rows to the side, front, up."""

    hull: Hull
    axes: Doubles

    @property
    def centre(self) -> Doubles:
        return self.hull.centre

    def shell(self, turn: Doubles, rise: Doubles, offset: Doubles | float) -> Doubles:
        """[R, C, 3] points off the skull, at angles from the front and above the plane, radians."""
        flat = np.cos(rise)
        local = np.stack([flat * np.sin(turn), flat * np.cos(turn), np.sin(rise)], -1)
        directions = local @ self.axes
        return self.centre + directions * (self.hull.radius(directions) + offset)[..., None]

    def at(self, side: ArrayLike, front: ArrayLike, up: ArrayLike) -> Doubles:
        """[..., 3] from distances along the axes."""
        local = np.stack(np.broadcast_arrays(side, front, up), -1).astype(np.float64)
        return self.centre + local @ self.axes

    def walls(self, turn: Doubles) -> tuple[Doubles, float]:
        """[C] how wide the skull is above the plane, and how high."""
        rise = np.radians([0.0, 10.0, 20.0, 30.0, 90.0])[:, None]
        shell = (self.shell(turn, rise + 0 * turn, 0.0) - self.centre) @ self.axes.T
        wide = np.hypot(shell[:4, :, 0], shell[:4, :, 1]).max(0)
        return wide, float(shell[4, 0, 2])


def turns(count: int = COLUMNS) -> Doubles:
    """[count] angles once around, in radians from the front."""
    return np.linspace(0, 2 * np.pi, count, endpoint=False)


# The rim's height over the brows in front and over the eyes behind, each where low is 0, and 1.
_RIMS = {
    "beanie": ((0.38, 0.1), (0.1, -0.3)),
    "cap": ((0.34, 0.1), (0.02, 0.02)),
    "fedora": ((0.3, 0.12), (0.16, 0.12)),
    "wide_brim": ((0.32, 0.14), (0.16, 0.12)),
    "flat_cap": ((0.34, 0.19), (0.08, 0.08)),
    "headband": ((0.3, 0.05), (0.1, 0.0)),
    "bandana": ((0.3, 0.05), (0.1, 0.0)),
    "hard_hat": ((0.36, 0.2), (0.12, 0.12)),
    "helmet": ((0.22, 0.1), (0.0, 0.0)),
}


def rim_of(hat: Hat, frame: HeadFrame, *, ears: bool = False) -> Rim:
    """The plane it sits on, and the hull of the skull, with or without the ears."""
    front, back = (np.interp(hat.low, [0, 1], heights) for heights in _RIMS[hat.kind])
    points = np.concatenate([frame.skull, frame.ears]) if ears else frame.skull
    brow = frame.points[[9, 66, 296], 1].mean()
    at_front = np.array([frame.middle, brow + front, frame.points[151, 2]])
    at_back = np.array([frame.middle, frame.eyes[:, 1].mean() + back, frame.skull[:, 2].min()])
    ahead = unit(at_front - at_back)
    axes = np.stack([np.array([1.0, 0, 0]), ahead, np.cross(ahead, [1.0, 0, 0])])
    return Rim(Hull(points, (at_front + at_back) / 2), axes @ turned(z_deg=hat.tilt_deg).T)


def crown_over(
    rim: Rim, offset: Callable[[Doubles, Doubles], Doubles | float], base: ArrayLike = 0.0
) -> Mesh:
    """A closed cap off the skull by offset(turn, rise), from base [C] radians up, with a lip."""
    share = np.linspace(0, 1, 12)[:, None]
    turn = np.broadcast_to(turns(), (12, COLUMNS))
    start = np.broadcast_to(np.asarray(base, np.float64), COLUMNS)
    rise = start + (np.pi / 2 - start) * share
    grid = rim.shell(turn, rise, offset(turn, rise))
    lip = rim.centre + (grid[0] - rim.centre) * 0.94
    return sheet(np.concatenate([lip[None], grid]), closed=True)


def band_around(
    rim: Rim, low_deg: float, high_deg: float, offset: float, bulge: float = 0.02
) -> Mesh:
    """A strip around the skull."""
    rise = np.radians(np.linspace(low_deg, high_deg, 5))[:, None] + 0 * turns()
    puff = offset + bulge * np.array([-1.5, 0.6, 1.0, 0.6, -1.5])[:, None]
    return sheet(rim.shell(turns() + 0 * rise, rise, puff), closed=True)


def peak_of(
    rim: Rim, length: float, *, droop: float, back: bool, offset: float, half_deg: float = 62
) -> Mesh:
    """A stiff shade: out from the rim, bent down at its sides."""
    share = np.linspace(-1, 1, 21)
    turn = np.radians(half_deg) * share + (np.pi if back else 0.0)
    inner = (rim.shell(turn[None], np.zeros((1, 21)), offset)[0] - rim.centre) @ rim.axes.T
    out = np.linspace(0, 1, 6)[:, None]
    reach = length * np.sqrt(1 - share**2) ** 0.8 * out
    ahead = -1.0 if back else 1.0
    side, front = inner[:, 0] * (1 + 0.02 * out), inner[:, 1] + ahead * reach
    up = 0.02 - droop * share**2 * out * (1 - 0.3 * out) * 2 - 0.36 * reach
    top = rim.at(side, front, up)
    bottom = rim.at(side, front, up - 0.03)
    return sheet(np.concatenate([bottom, top[::-1]]))


def brim_around(rim: Rim, inner: Doubles, width: Doubles, up: Doubles) -> Mesh:
    """A brim with a rounded edge. inner, width: [C]; up: [C] height of the edge."""
    turn = turns()
    side, front = np.sin(turn), np.cos(turn)
    out = np.linspace(0, 1, 6)[:, None]
    reach = inner * 0.96 + (width + 0.04 * inner) * out
    top = rim.at(reach * side, reach * front, up * out**1.6 + 0.012)
    bottom = rim.at(reach * side, reach * front, up * out**1.6 - 0.012)
    return sheet(np.concatenate([bottom, top[::-1]]), closed=True)
