"""Hats, caps, scarves, hoods, helmets and headphones, lofted over the skull."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .hat_rims import (
    COLUMNS,
    Hat,
    Rim,
    band_around,
    brim_around,
    crown_over,
    peak_of,
    rim_of,
    turns,
)
from .helmets import hard_hat, headphones, helmet
from .meshes import Mesh
from .pieces import Colour, HeadFrame, Piece
from .scarves import bow, scarf
from .shapes import Doubles, Hull, ellipsoid, merged, moved, sheet


@dataclass(frozen=True)
class HairLine:
    """Where hair comes out of a hat: below the plane through point [3] with the normal [3] up."""

    point: Doubles
    normal: Doubles


def hair_line(hat: Hat, frame: HeadFrame) -> HairLine | None:
    """The plane above which a hat hides the hair; None where none or all of it shows."""
    if not hat.covers_hair or hat.covers_ears:
        return None
    rim = rim_of(hat, frame)
    return HairLine(rim.centre, rim.axes[2])


def _felt_crown(rim: Rim, hat: Hat, wide: Doubles, top: float, pinch: float) -> Mesh:
    """The crown of a felt or straw hat, with a crease along its middle."""
    turn = turns()
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
    rim = rim_of(hat, frame, ears=ears)

    def offset(turn: Doubles, rise: Doubles) -> Doubles:
        slouch = 0.5 * max(hat.loose - 0.4, 0.0) * (0.5 - 0.5 * np.cos(turn) * np.cos(rise))
        ribs = 0.008 * np.cos(20 * turn) * np.cos(rise)
        return 0.06 + ribs + np.sin(rise) ** 2 * (slouch + 0.1 + 0.1 * hat.loose)

    folded = hat.size > 0.25
    crown = crown_over(rim, offset, np.radians(5.0) if folded else 0.0)
    pieces = [Piece("beanie", crown, hat.colour, "cloth")]
    if folded:
        cuff = band_around(rim, -3, 8 + 14 * hat.size, 0.1, 0.025)
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
    rim = rim_of(hat, frame)
    ahead = -1.0 if hat.turned else 1.0

    def offset(turn: Doubles, rise: Doubles) -> Doubles:
        front = np.maximum(ahead * np.cos(turn), 0) ** 2
        seams = -0.012 * np.exp(-((np.sin(3 * turn) / 0.25) ** 2))
        return 0.06 + seams * np.cos(rise) + (0.05 + 0.13 * hat.loose) * front * np.sin(2 * rise)

    peak = peak_of(
        rim, 0.5 + 0.3 * hat.size, droop=0.05 + 0.12 * hat.loose, back=hat.turned, offset=0.05
    )
    top = rim.shell(np.zeros((1, 1)), np.full((1, 1), np.pi / 2), 0.06)[0, 0]
    button = moved(ellipsoid((0.06, 0.03, 0.06), rows=5, sides=10), np.eye(3), top)
    return [
        Piece("cap", crown_over(rim, offset), hat.colour, "cloth"),
        Piece("cap peak", merged([peak, button]), hat.accent, "cloth"),
    ]


def _brimmed(hat: Hat, frame: HeadFrame) -> list[Piece]:
    """A fedora, or a hat with a wide brim."""
    rim = rim_of(hat, frame)
    turn, fedora = turns(), hat.kind == "fedora"
    wide, skull_top = rim.walls(turn)
    wide, top = wide + 0.05, skull_top + 0.12 + 0.16 * hat.loose
    if fedora:
        width = np.full(COLUMNS, 0.4 + 0.15 * hat.size)
        up = width * (0.28 * np.sin(turn) ** 2 - 0.3 * np.cos(turn) + 0.05)
    else:
        width = 0.75 + 0.5 * hat.size + 0.04 * np.sin(3 * turn + 6 * hat.loose)
        up = width * (0.12 * np.sin(turn) ** 2 - 0.18 + 0.08 * np.sin(2 * turn + 9 * hat.low))
    side, front = np.sin(turn) * (wide + 0.012), np.cos(turn) * (wide + 0.012)
    heights = np.array([0.02, 0.07, 0.16, 0.21]) + 0.02
    band = [
        rim.at(side * s, front * s, h) for s, h in zip((0.99, 1, 0.998, 0.98), heights, strict=True)
    ]
    felt = [
        _felt_crown(rim, hat, wide, top, 0.32 if fedora else 0.12),
        brim_around(rim, wide, width, up),
    ]
    return [
        Piece(hat.kind, merged(felt), hat.colour, "cloth"),
        Piece("hat band", sheet(band, closed=True), hat.accent, "cloth"),
    ]


def _flat_cap(hat: Hat, frame: HeadFrame) -> list[Piece]:
    rim = rim_of(hat, frame)
    turn = turns()
    wide, _ = rim.walls(turn)
    # Stretched over a ring that stands out most in front, the cloth runs straight to the peak.
    reach = wide + 0.07 + 0.1 * hat.loose + 0.22 * np.maximum(np.cos(turn), 0) ** 2
    ring = rim.at(reach * np.sin(turn), reach * np.cos(turn), 0.17)
    points = np.concatenate([frame.skull, ring.astype(np.float32)])
    full = Rim(Hull(points, rim.centre), rim.axes)
    mesh = crown_over(full, lambda turn, rise: 0.04 + 0.01 * np.sin(2 * rise) * np.cos(4 * turn))
    peak = peak_of(rim, 0.42 + 0.14 * hat.size, droop=0.1, back=False, offset=0.04, half_deg=58)
    return [Piece("flat cap", merged([mesh, peak]), hat.colour, "cloth")]


def _headband(hat: Hat, frame: HeadFrame) -> list[Piece]:
    """A headband over the hair, or a bandana over the whole head; knotted behind."""
    rim = rim_of(hat, frame)
    whole = hat.kind == "bandana"
    off = 0.03 if whole else 0.02 + frame.hair
    if whole:
        mesh = crown_over(
            rim, lambda turn, rise: off + 0.012 * np.sin(9 * turn + 4 * rise) * np.cos(rise)
        )
    else:
        mesh = band_around(rim, -2, 6 + 12 * hat.size, off, 0.012)
    knot = rim.shell(np.full((1, 1), np.pi), np.zeros((1, 1)), off + 0.04)[0, 0]
    parts = bow(knot, 0.085, [0, -0.45, -0.04])
    parts = parts if whole or hat.extra else parts[:1]
    return [Piece(hat.kind, merged([mesh, *parts]), hat.colour, "cloth")]


_MAKERS: dict[str, Callable[[Hat, HeadFrame], list[Piece]]] = {
    "beanie": _beanie,
    "cap": _cap,
    "fedora": _brimmed,
    "wide_brim": _brimmed,
    "flat_cap": _flat_cap,
    "headband": _headband,
    "bandana": _headband,
    "hard_hat": hard_hat,
    "helmet": helmet,
    "hijab": scarf,
    "headscarf": scarf,
    "hood": scarf,
    "headphones": headphones,
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
