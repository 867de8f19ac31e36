"""Hats, caps, scarves, hoods, helmets and headphones, lofted over the skull."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .meshes import Mesh
from .shapes import (
    Colour,
    Doubles,
    HeadFrame,
    Hull,
    Piece,
    aimed,
    circle,
    curve,
    ellipsoid,
    lathe,
    merged,
    moved,
    sheet,
    tube,
    turned,
    unit,
)

_COLUMNS = 48
# The outline of the face in MediaPipe's mesh, from the forehead to the right of the picture.
_OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)


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
class _Rim:
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


def _turns(count: int = _COLUMNS) -> Doubles:
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


def _rim(hat: Hat, frame: HeadFrame, *, ears: bool = False) -> _Rim:
    """The plane it sits on, and the hull of the skull, with or without the ears."""
    front, back = (np.interp(hat.low, [0, 1], heights) for heights in _RIMS[hat.kind])
    points = np.concatenate([frame.skull, frame.ears]) if ears else frame.skull
    brow = frame.points[[9, 66, 296], 1].mean()
    at_front = np.array([frame.middle, brow + front, frame.points[151, 2]])
    at_back = np.array([frame.middle, frame.eyes[:, 1].mean() + back, frame.skull[:, 2].min()])
    ahead = unit(at_front - at_back)
    axes = np.stack([np.array([1.0, 0, 0]), ahead, np.cross(ahead, [1.0, 0, 0])])
    return _Rim(Hull(points, (at_front + at_back) / 2), axes @ turned(z_deg=hat.tilt_deg).T)


@dataclass(frozen=True)
class HairLine:
    """Where hair comes out of a hat: below the plane through point [3] with the normal [3] up."""

    point: Doubles
    normal: Doubles


def hair_line(hat: Hat, frame: HeadFrame) -> HairLine | None:
    """The plane above which a hat hides the hair; None where none or all of it shows."""
    if not hat.covers_hair or hat.covers_ears:
        return None
    rim = _rim(hat, frame)
    return HairLine(rim.centre, rim.axes[2])


def _crown(
    rim: _Rim, offset: Callable[[Doubles, Doubles], Doubles | float], base: ArrayLike = 0.0
) -> Mesh:
    """A closed cap off the skull by offset(turn, rise), from base [C] radians up, with a lip."""
    share = np.linspace(0, 1, 12)[:, None]
    turn = np.broadcast_to(_turns(), (12, _COLUMNS))
    start = np.broadcast_to(np.asarray(base, np.float64), _COLUMNS)
    rise = start + (np.pi / 2 - start) * share
    grid = rim.shell(turn, rise, offset(turn, rise))
    lip = rim.centre + (grid[0] - rim.centre) * 0.94
    return sheet(np.concatenate([lip[None], grid]), closed=True)


def _band(rim: _Rim, low_deg: float, high_deg: float, offset: float, bulge: float = 0.02) -> Mesh:
    """A strip around the skull."""
    rise = np.radians(np.linspace(low_deg, high_deg, 5))[:, None] + 0 * _turns()
    puff = offset + bulge * np.array([-1.5, 0.6, 1.0, 0.6, -1.5])[:, None]
    return sheet(rim.shell(_turns() + 0 * rise, rise, puff), closed=True)


def _peak(
    rim: _Rim, length: float, *, droop: float, back: bool, offset: float, half_deg: float = 62
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


def _brim(rim: _Rim, inner: Doubles, width: Doubles, up: Doubles) -> Mesh:
    """A brim with a rounded edge. inner, width: [C]; up: [C] height of the edge."""
    turn = _turns()
    side, front = np.sin(turn), np.cos(turn)
    out = np.linspace(0, 1, 6)[:, None]
    reach = inner * 0.96 + (width + 0.04 * inner) * out
    top = rim.at(reach * side, reach * front, up * out**1.6 + 0.012)
    bottom = rim.at(reach * side, reach * front, up * out**1.6 - 0.012)
    return sheet(np.concatenate([bottom, top[::-1]]), closed=True)


def _felt_crown(rim: _Rim, hat: Hat, wide: Doubles, top: float, pinch: float) -> Mesh:
    """The crown of a felt or straw hat, with a crease along its middle."""
    turn = _turns()
    profile = [(0.97, 0.05), (1, 0), (0.99, 0.3), (0.95, 0.55), (0.88, 0.78), (0.8, 0.92)]
    profile += [(0.72, 0.985), (0.6, 1.0), (0.45, 0.985), (0.25, 0.96), (0.0, 0.95)]
    front = np.exp(-(((np.abs(np.angle(np.exp(1j * turn))) - 0.65) / 0.4) ** 2))
    rows: list[Doubles] = []
    for scale, height in profile:
        reach = wide * scale * (1 - pinch * front * max(height - 0.35, 0) * 1.4)
        side, ahead = reach * np.sin(turn), reach * np.cos(turn)
        crease = 1.1 * pinch * np.exp(-((side / 0.22) ** 2)) * max(height - 0.9, 0) * 10
        rows.append(rim.at(side, ahead, top * height - crease * top * 0.35))
    return sheet(rows, closed=True)


def _beanie(hat: Hat, frame: HeadFrame) -> list[Piece]:
    ears = hat.low > 0.6
    rim = _rim(hat, frame, ears=ears)

    def offset(turn: Doubles, rise: Doubles) -> Doubles:
        slouch = 0.5 * max(hat.loose - 0.4, 0.0) * (0.5 - 0.5 * np.cos(turn) * np.cos(rise))
        ribs = 0.008 * np.cos(20 * turn) * np.cos(rise)
        return 0.06 + ribs + np.sin(rise) ** 2 * (slouch + 0.1 + 0.1 * hat.loose)

    folded = hat.size > 0.25
    crown = _crown(rim, offset, np.radians(5.0) if folded else 0.0)
    pieces = [Piece("beanie", crown, hat.colour, "cloth")]
    if folded:
        cuff = _band(rim, -3, 8 + 14 * hat.size, 0.1, 0.025)
        colour = hat.accent if hat.extra else hat.colour
        pieces.append(Piece("beanie fold", cuff, colour, "cloth"))
    if hat.extra:
        ball = ellipsoid(0.2 + 0.08 * hat.size, rows=13, sides=20)
        fluff = 1 + 0.07 * np.sin(ball.vertices * 61).sum(1, keepdims=True)
        top = rim.shell(np.zeros((1, 1)), np.full((1, 1), np.pi / 2), 0.33)[0, 0]
        ball = moved(Mesh(ball.vertices * fluff.astype(np.float32), ball.topology), np.eye(3), top)
        pieces.append(Piece("pompom", ball, hat.accent, "cloth"))
    return pieces


def _cap(hat: Hat, frame: HeadFrame) -> list[Piece]:
    rim = _rim(hat, frame)
    ahead = -1.0 if hat.turned else 1.0

    def offset(turn: Doubles, rise: Doubles) -> Doubles:
        front = np.maximum(ahead * np.cos(turn), 0) ** 2
        seams = -0.012 * np.exp(-((np.sin(3 * turn) / 0.25) ** 2))
        return 0.06 + seams * np.cos(rise) + (0.05 + 0.13 * hat.loose) * front * np.sin(2 * rise)

    peak = _peak(
        rim, 0.5 + 0.3 * hat.size, droop=0.05 + 0.12 * hat.loose, back=hat.turned, offset=0.05
    )
    top = rim.shell(np.zeros((1, 1)), np.full((1, 1), np.pi / 2), 0.06)[0, 0]
    button = moved(ellipsoid((0.06, 0.03, 0.06), rows=5, sides=10), np.eye(3), top)
    return [
        Piece("cap", _crown(rim, offset), hat.colour, "cloth"),
        Piece("cap peak", merged([peak, button]), hat.accent, "cloth"),
    ]


def _brimmed(hat: Hat, frame: HeadFrame) -> list[Piece]:
    """A fedora, or a hat with a wide brim."""
    rim = _rim(hat, frame)
    turn, fedora = _turns(), hat.kind == "fedora"
    wide, skull_top = rim.walls(turn)
    wide, top = wide + 0.05, skull_top + 0.12 + 0.16 * hat.loose
    if fedora:
        width = np.full(_COLUMNS, 0.4 + 0.15 * hat.size)
        up = width * (0.28 * np.sin(turn) ** 2 - 0.3 * np.cos(turn) + 0.05)
    else:
        width = 0.75 + 0.5 * hat.size + 0.04 * np.sin(3 * turn + 6 * hat.loose)
        up = width * (0.12 * np.sin(turn) ** 2 - 0.18 + 0.08 * np.sin(2 * turn + 9 * hat.low))
    side, front = np.sin(turn) * (wide + 0.012), np.cos(turn) * (wide + 0.012)
    heights = np.array([0.02, 0.07, 0.16, 0.21]) + 0.02
    band = [
        rim.at(side * s, front * s, h) for s, h in zip((0.99, 1, 0.998, 0.98), heights, strict=True)
    ]
    felt = [_felt_crown(rim, hat, wide, top, 0.32 if fedora else 0.12), _brim(rim, wide, width, up)]
    return [
        Piece(hat.kind, merged(felt), hat.colour, "cloth"),
        Piece("hat band", sheet(band, closed=True), hat.accent, "cloth"),
    ]


def _flat_cap(hat: Hat, frame: HeadFrame) -> list[Piece]:
    rim = _rim(hat, frame)
    turn = _turns()
    wide, _ = rim.walls(turn)
    # Stretched over a ring that stands out most in front, the cloth runs straight to the peak.
    reach = wide + 0.07 + 0.1 * hat.loose + 0.22 * np.maximum(np.cos(turn), 0) ** 2
    ring = rim.at(reach * np.sin(turn), reach * np.cos(turn), 0.17)
    points = np.concatenate([frame.skull, ring.astype(np.float32)])
    full = _Rim(Hull(points, rim.centre), rim.axes)
    mesh = _crown(full, lambda turn, rise: 0.04 + 0.01 * np.sin(2 * rise) * np.cos(4 * turn))
    peak = _peak(rim, 0.42 + 0.14 * hat.size, droop=0.1, back=False, offset=0.04, half_deg=58)
    return [Piece("flat cap", merged([mesh, peak]), hat.colour, "cloth")]


def _headband(hat: Hat, frame: HeadFrame) -> list[Piece]:
    """A headband over the hair, or a bandana over the whole head; knotted behind."""
    rim = _rim(hat, frame)
    whole = hat.kind == "bandana"
    off = 0.03 if whole else 0.02 + frame.hair
    if whole:
        mesh = _crown(
            rim, lambda turn, rise: off + 0.012 * np.sin(9 * turn + 4 * rise) * np.cos(rise)
        )
    else:
        mesh = _band(rim, -2, 6 + 12 * hat.size, off, 0.012)
    knot = rim.shell(np.full((1, 1), np.pi), np.zeros((1, 1)), off + 0.04)[0, 0]
    parts = _bow(knot, 0.085, [0, -0.45, -0.04])
    parts = parts if whole or hat.extra else parts[:1]
    return [Piece(hat.kind, merged([mesh, *parts]), hat.colour, "cloth")]


def _hard_hat(hat: Hat, frame: HeadFrame) -> list[Piece]:
    rim = _rim(hat, frame)
    turn = _turns()
    wide, skull_top = rim.walls(turn)
    wide = _smooth(wide) + 0.14
    rise = np.radians(np.linspace(0, 90, 13))
    flat, high = np.cos(rise) ** 0.75, (skull_top + 0.2) * np.sin(rise)
    side, front = np.sin(turn) * wide, np.cos(turn) * wide
    rows = [rim.at(side * s, front * s, h) for s, h in zip(flat, high, strict=True)]
    width = 0.07 + (0.2 + 0.15 * hat.size) * np.maximum(np.cos(turn), 0) ** 3
    parts = [sheet([rim.at(side * 0.95, front * 0.95, 0.03), *rows], closed=True)]
    parts.append(_brim(rim, wide, width, -0.3 * width))
    for beside in (-0.22, 0.0, 0.22):
        ahead = np.linspace(-0.75, 0.8, 15) * wide[0]
        at, reach = np.arctan2(beside, ahead) % (2 * np.pi), np.hypot(beside, ahead)
        share = reach / np.interp(at, turn, wide, period=2 * np.pi)
        up = (skull_top + 0.2) * np.sqrt(np.maximum(1 - share ** (2 / 0.75), 0))
        parts.append(tube(rim.at(beside, ahead, up), 0.035, sides=6))
    pieces = [Piece("hard hat", merged(parts), hat.colour, "plastic")]
    if hat.extra:
        pieces.append(Piece("chin strap", _chin_strap(frame, 0.02), (0.02, 0.02, 0.02), "cloth"))
    return pieces


def _helmet(hat: Hat, frame: HeadFrame) -> list[Piece]:
    """An open helmet as on scooters: over ears and nape, with a clear visor or a shade."""
    rim = _rim(hat, frame, ears=True)
    turn = _turns()
    away = np.abs(np.angle(np.exp(1j * turn)))
    base = -np.radians(46.0) * np.clip((away - 0.95) / 0.5, 0, 1) ** 1.5
    base += np.radians(8.0) * np.clip((away - 2) / 1.1, 0, 1)
    off = 0.14 + 0.12 * hat.loose
    shell = _crown(rim, lambda turn, rise: off + 0.03 * np.cos(rise), base)
    edge = rim.shell(turn[None], base[None], off + 0.01)[0]
    pieces = [
        Piece("helmet", shell, hat.colour, "plastic"),
        Piece("helmet trim", tube(edge, 0.035, closed=True), (0.02, 0.02, 0.02), "plastic"),
        Piece("chin strap", _chin_strap(frame, 0.03), (0.02, 0.02, 0.02), "cloth"),
    ]
    if hat.extra:
        across = np.linspace(-1.05, 1.05, 17)
        low = 10 - 58 * (1 - 0.5 * np.abs(across / 1.05) ** 3)
        rise = np.radians(np.linspace(low, 10, 8))
        visor = rim.shell(across + 0 * rise, np.zeros_like(rise), off + 0.07)
        visor = visor + rim.axes[2] * (1.0 * np.sin(rise))[..., None]
        pieces.append(Piece("visor", sheet(visor), (0.6, 0.65, 0.7), "glass", 0.12))
    else:
        shade = _peak(rim, 0.3 + 0.2 * hat.size, droop=0.06, back=False, offset=off, half_deg=50)
        pieces.append(Piece("helmet shade", shade, hat.accent, "plastic"))
    return pieces


def _chin_strap(frame: HeadFrame, off: float) -> Mesh:
    """A strap from temple to temple under the chin."""
    knots = frame.points[[127, 234, 132, 172, 150, 152, 379, 397, 361, 454, 356]].astype(np.float64)
    out = knots - np.array([frame.middle, knots[5, 1] + 0.4, 0])
    knots += unit(out * [1, 1, 0]) * (off + 0.02)
    knots[:, 2] -= 0.12 * np.sin(np.linspace(0, np.pi, 11))
    return tube(
        curve(knots, 31), 0.07, section=circle(8) * [0.2, 1], side=out[5] * 0 + [0, 0.4, 0.9]
    )


def _skirt(frame: HeadFrame, wide: float, from_deg: float) -> Doubles:
    """[24, 3] a ring just under the skin of neck and shoulders, where a scarf ends.

    from_deg: where it starts, off the front; 0 for all around.
    """
    chin = frame.points[152].astype(np.float64)
    turn = np.radians(np.linspace(from_deg, 360 - from_deg, 24))
    ring = np.stack([np.sin(turn), np.cos(turn)], 1) * wide
    plan = ring + np.array([frame.middle, frame.ears[:, 2].mean() - 0.05])
    below = frame.skin[frame.skin[:, 1] < chin[1] - 0.3]
    gap = plan[:, None].astype(np.float32) - below[:, [0, 2]]
    floor = np.where((gap**2).sum(-1) < 0.15**2, below[:, 1], -np.inf).max(1) - 0.12
    return np.insert(plan, 1, np.clip(floor, chin[1] - 1.2, chin[1] - 0.5), axis=1)


def _scarf(hat: Hat, frame: HeadFrame) -> list[Piece]:
    """Cloth around the face: a hijab, a scarf knotted under the chin, or a hood.

    Great circles from the outline of the face to the back of the head, over the hull of head and
    shoulders: that spans the cloth from ears and chin straight down.
    """
    hood, knotted, phase = hat.kind == "hood", hat.kind == "headscarf", 7 * hat.size
    grow = 1.1 + 0.1 * hat.loose if hood else 0.98 + 0.06 * (1 - hat.low)
    oval = curve(frame.points[[*_OVAL, _OVAL[0]]], 2 * len(_OVAL) + 1)[:-1]
    face = oval.mean(0)
    oval = face + (oval - face) * [grow, grow, 1.0]
    skirt = _skirt(frame, 0.62 if knotted else 0.8 + 0.2 * hat.loose, 100.0 if knotted else 0.0)
    cloth = np.concatenate(
        [frame.skull, frame.ears, frame.points[[*_OVAL]], skirt.astype(np.float32)]
    )
    centre = np.array([frame.middle, face[1] + 0.1, frame.ears[:, 2].mean()])
    around = np.arange(len(oval)) * (2 * np.pi / len(oval))
    share = np.concatenate([[0.0, 0.015, 0.035, 0.07], np.linspace(0.11, 1, 22)])[:, None]
    first, behind = unit(oval - centre), unit(np.array([0.0, -0.15, -1.0]))
    angle = np.arccos(np.clip(first @ behind, -1, 1))[None, :, None]
    s = share[:, :, None]
    directions = unit(np.sin((1 - s) * angle) * first + np.sin(s * angle) * behind)
    folds = 0.014 * np.sin(5 * np.cos(around) + 14 * share + phase) * np.sin(np.pi * share)
    peak = 0.3 * hat.loose * np.maximum(np.cos(around), 0) * np.sin(np.pi * share) ** 2 * share
    off = 0.1 + 0.12 * hat.loose if hood else 0.065 + 0.06 * hat.loose
    radius = Hull(cloth, centre).radius(directions) + off + folds + hood * peak
    below = np.clip((face[1] - 0.3 - centre[1] - radius * directions[..., 1]) / 0.6, 0, 1)
    turn = np.arctan2(directions[..., 0], directions[..., 2])
    radius += 0.03 * below * np.sin(5 * turn + 4 * directions[..., 1] + phase)
    radius += 0.025 * below * np.sin(11 * turn - 9 * directions[..., 1] + 2 * phase)
    edge = np.linalg.norm(oval - centre, axis=1) + 0.02
    radius += (edge - radius[0]) * np.exp(-share / 0.05)
    grid = centre + directions * radius[..., None]
    parts = [sheet(grid[:, ::-1], closed=True), tube(grid[0], 0.025, closed=True)]
    if knotted:
        parts += _bow(frame.points[152] - np.array([0, 0.1, 0.02]), 0.1, [0, -0.5, 0.04])
    return [Piece(hat.kind, merged(parts), hat.colour, "cloth")]


def _bow(knot: Doubles, size: float, hang: ArrayLike) -> list[Mesh]:
    """A knot and its two ends, which hang by [3]."""
    parts = [moved(ellipsoid(np.array([1, 0.8, 0.7]) * size, rows=7, sides=10), np.eye(3), knot)]
    down = np.asarray(hang, np.float64)
    for side in (-1.0, 1.0):
        tail = [knot, knot + 0.4 * down + [1.2 * side * size, 0, 0]]
        tail.append(knot + down + [2 * side * size, 0, 0])
        flat = circle(8) * [1, 0.2]
        parts.append(tube(curve(tail, 8), np.linspace(0.6, 1.1, 8) * size, section=flat))
    return parts


def _headphones(hat: Hat, frame: HeadFrame) -> list[Piece]:
    """A band over the head and a cup on each ear; extra: a microphone on a boom."""
    ears = [frame.ear(side).astype(np.float64) for side in (-1, 1)]
    centre = np.array([frame.middle, ears[0][:, 1].mean(), ears[0][:, 2].mean() + 0.05])
    hull = Hull(frame.skull, centre + np.array([0, 0.3, -0.1]))
    angle = np.radians(np.linspace(-8, 188, 25))
    directions = np.stack([np.cos(angle), np.sin(angle), 0 * angle], 1)
    out = max(np.abs(ear[:, 0] - frame.middle).max() for ear in ears) + 0.16
    high = float(hull.radius(np.array([[0.0, 1.0, 0.0]]))[0]) + 0.36 + frame.hair
    arc = centre + directions * np.array([out, high - 0.02, 1.0])
    flat = circle(8) * [0.22, 1.0]
    band = tube(arc, 0.1 + 0.05 * hat.size, section=flat, side=directions)
    size = 0.3 + 0.1 * hat.size
    cup = lathe(
        [(0, -0.04), (0.8 * size, -0.04), (size, 0.0), (size, 0.08), (0.85 * size, 0.16), (0, 0.18)]
    )
    pad_path = np.insert(circle(20) * size * 0.78, 1, -0.05, 1)
    pad = tube(pad_path, 0.075, closed=True)
    cups: list[Mesh] = []
    pads: list[Mesh] = []
    for side in (-1, 1):
        at = centre + np.array([side * (out - 0.08), -0.02, 0])
        rotation = aimed((side, 0, 0), (0, 1, 0)) @ np.diag([1, 1, 1.18])
        cups.append(moved(cup, rotation, at))
        pads.append(moved(pad, rotation, at))
    pieces = [
        Piece("headphones", merged([band, *cups]), hat.colour, "plastic"),
        Piece("headphone pads", merged(pads), hat.accent, "cloth"),
    ]
    if hat.extra:
        mouth = frame.points[61].astype(np.float64)
        start = centre + np.array([-out, -0.1, 0.05])
        end = mouth + np.array([-0.12, -0.08, 0.14])
        middle = (start + end) / 2 - np.array([0.14, 0.18, 0.0])
        boom = tube(curve([start, middle, end], 16), 0.022, sides=6)
        foam = moved(ellipsoid((0.07, 0.06, 0.07), rows=7, sides=10), np.eye(3), end)
        pieces.append(Piece("microphone", merged([boom, foam]), (0.015, 0.015, 0.017), "cloth"))
    return pieces


def _smooth(ring: Doubles) -> Doubles:
    """[C] -> [C] without the finer waves of a closed line."""
    waves = np.fft.rfft(ring)
    waves[4:] = 0
    return np.fft.irfft(waves, len(ring))


_MAKERS: dict[str, Callable[[Hat, HeadFrame], list[Piece]]] = {
    "beanie": _beanie,
    "cap": _cap,
    "fedora": _brimmed,
    "wide_brim": _brimmed,
    "flat_cap": _flat_cap,
    "headband": _headband,
    "bandana": _headband,
    "hard_hat": _hard_hat,
    "helmet": _helmet,
    "hijab": _scarf,
    "headscarf": _scarf,
    "hood": _scarf,
    "headphones": _headphones,
}
HAT_KINDS = tuple(_MAKERS)
_CHANCES = np.array([16, 18, 6, 7, 5, 6, 4, 4, 3, 12, 4, 7, 8]) / 100


def sample_hat(rng: np.random.Generator, kind: str | None = None) -> Hat:
    """Any hat, or one of a kind of HAT_KINDS."""
    drawn = str(rng.choice(HAT_KINDS, p=_CHANCES))
    kind = drawn if kind is None else kind
    bright = kind in ("hard_hat", "helmet") and rng.random() < 0.7
    colour, accent = (_cloth_colour(rng, bright=bright) for _ in range(2))
    if kind in ("cap", "headphones") and rng.random() < 0.6:
        accent = colour
    return Hat(
        kind=kind,
        colour=colour,
        accent=accent,
        low=float(rng.random()),
        size=float(rng.random()),
        loose=float(rng.random()),
        tilt_deg=float(np.clip(rng.normal() * 3, -8, 8)),
        turned=bool(rng.random() < 0.15),
        extra=bool(rng.random() < 0.4),
    )


def _cloth_colour(rng: np.random.Generator, *, bright: bool) -> Colour:
    """Mostly dark, greyish or earthy; bright: like signals."""
    hue, grey = rng.random(3), rng.random()
    if bright:
        colour = [(0.8, 0.5, 0.02), (0.8, 0.8, 0.78), (0.75, 0.13, 0.02), (0.03, 0.12, 0.5)]
        return colour[rng.integers(4)]
    rgb = (0.25 + 0.75 * hue if grey < 0.6 else 0.8 + 0.2 * hue) * 10 ** rng.uniform(-1.8, -0.15)
    return float(rgb[0]), float(rgb[1]), float(rgb[2])


def hat_pieces(hat: Hat, frame: HeadFrame) -> tuple[Piece, ...]:
    """What a hat is made of, rigid with the head. Raises KeyError for a kind not in HAT_KINDS."""
    return tuple(_MAKERS[hat.kind](hat, frame))
