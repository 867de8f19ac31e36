"""Hard things on the head: hard hats, helmets and headphones."""

from __future__ import annotations

import numpy as np

from .hat_rims import Hat, brim_around, crown_over, peak_of, rim_of, turns
from .meshes import Mesh
from .pieces import HeadFrame, Piece
from .shapes import (
    Doubles,
    Hull,
    aimed,
    circle,
    curve,
    ellipsoid,
    lathe,
    merged,
    moved,
    sheet,
    tube,
    unit,
)


def hard_hat(hat: Hat, frame: HeadFrame) -> list[Piece]:
    """A shell with a brim and three ridges, as on building sites."""
    rim = rim_of(hat, frame)
    turn = turns()
    wide, skull_top = rim.walls(turn)
    wide = _smooth(wide) + 0.14
    rise = np.radians(np.linspace(0, 90, 13))
    flat, high = np.cos(rise) ** 0.75, (skull_top + 0.2) * np.sin(rise)
    side, front = np.sin(turn) * wide, np.cos(turn) * wide
    rows = [rim.at(side * s, front * s, h) for s, h in zip(flat, high, strict=True)]
    width = 0.07 + (0.2 + 0.15 * hat.size) * np.maximum(np.cos(turn), 0) ** 3
    parts = [sheet([rim.at(side * 0.95, front * 0.95, 0.03), *rows], closed=True)]
    parts.append(brim_around(rim, wide, width, -0.3 * width))
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


def helmet(hat: Hat, frame: HeadFrame) -> list[Piece]:
    """An open helmet as on scooters: over ears and nape, with a clear visor or a shade."""
    rim = rim_of(hat, frame, ears=True)
    turn = turns()
    away = np.abs(np.angle(np.exp(1j * turn)))
    base = -np.radians(46.0) * np.clip((away - 0.95) / 0.5, 0, 1) ** 1.5
    base += np.radians(8.0) * np.clip((away - 2) / 1.1, 0, 1)
    off = 0.14 + 0.12 * hat.loose
    shell = crown_over(rim, lambda turn, rise: off + 0.03 * np.cos(rise), base)
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
        shade = peak_of(rim, 0.3 + 0.2 * hat.size, droop=0.06, back=False, offset=off, half_deg=50)
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


def headphones(hat: Hat, frame: HeadFrame) -> list[Piece]:
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
