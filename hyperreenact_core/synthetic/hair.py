"""Hair: a shell over the smooth skull, cut along a hair line, and the volume of beards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .blendshapes import identity_basis, identity_names
from .curves import FloatArray, smoothstep
from .parameters import Beard, Hair, Identity
from .surfaces import Material, Surface, sphere
from .template import Template, head_template

_SKULL_SHAPES = ("skull_width", "face_length", "forehead_height", "head_depth", "forehead_bulge")
"""The identity shapes that hair follows; it does not follow the face."""

_LINE_LONGITUDES = np.array([0, 0.55, 0.95, 1.2, 1.38, 1.52, 1.75, 2.2, 3.15])
_LINE_HEIGHTS = np.array([0.60, 0.56, 0.42, 0.16, -0.12, 0.18, -0.25, -0.50, -0.56])


@dataclass(frozen=True)
class _Cut:
    """Thickness on top, at the sides and behind; extra length; parting; curl; hair line."""

    top: float = 0.10
    side: float = 0.05
    behind: float = 0.08
    length: float = 0.0
    parting: float = 0.0
    curl: float = 0.0
    line: tuple[float, ...] = tuple(_LINE_HEIGHTS)


def _cut(hair: Hair) -> _Cut:
    t = hair.traits
    line = _LINE_HEIGHTS.copy()
    line[:2] += (t[0] - 0.5) * 0.16
    side_sign = 1 if t[4] > 0.5 else -1
    match hair.style:
        case "short":
            return _Cut(0.08 + 0.10 * t[1], 0.03 + 0.05 * t[2], 0.06, line=tuple(line))
        case "side":
            parting = (0.16 + 0.1 * t[3]) * side_sign
            return _Cut(0.12 + 0.10 * t[1], 0.07, 0.08, parting=parting, line=tuple(line))
        case "quiff":
            line[:2] += 0.05
            return _Cut(0.20 + 0.12 * t[1], 0.03, 0.06, line=tuple(line))
        case "bob":
            parting = 0.36 * (t[3] - 0.5)
            length = 0.05 + 0.25 * t[1]
            return _Cut(0.13, 0.16, 0.16, length=length, parting=parting, line=tuple(line))
        case "long":
            parting = 0.45 * (t[3] - 0.5)
            length = 0.6 + 0.5 * t[1]
            return _Cut(0.12, 0.12, 0.15, length=length, parting=parting, line=tuple(line))
        case "curly":
            line[3:5] += 0.05
            top, side = 0.26 + 0.22 * t[1], 0.18 + 0.16 * t[2]
            return _Cut(top, side, 0.22, curl=0.05, line=tuple(line))
        case "fringe":
            line[:3] = 0.36, 0.36, 0.34
            length = 2 * t[1] ** 2 if t[1] > 0.4 else 0.0
            return _Cut(0.13, 0.12, 0.12, length=0.25 * length, line=tuple(line))
        case "bun":
            return _Cut(0.06, 0.03, 0.05, line=tuple(line))
        case _:
            return _Cut(0.0, 0.0, 0.0, line=tuple(line))


def hair_height(hair: Hair) -> NDArray[np.float32]:
    """[N] template height of each vertex above the hair line; -1 everywhere on a bald head."""
    template = head_template()
    if hair.style == "bald":
        return np.full(template.vertices, -1.0, np.float32)
    cut = _cut(hair)
    longitude, y = template.longitude, template.smooth[:, 1]
    around = np.abs(longitude)
    line = np.interp(around, _LINE_LONGITUDES, cut.line)
    sway = np.sin(np.clip(longitude * 1.3, -np.pi / 2, np.pi / 2))
    line = line + cut.parting * sway * smoothstep(1.3, 0.9, around)
    if cut.length > 0:
        hanging = smoothstep(1.05, 1.28, around)
        line = line + (np.minimum(line, -0.93) - line) * hanging
    return (y - line).astype(np.float32)


def hair_surfaces(identity: Identity, height: NDArray[np.float32]) -> list[Surface]:
    """The shell and, for that style, the bun; texture: (longitude, y, curl)."""
    hair = identity.hair
    if not hair.has_shell:
        return []
    template, cut = head_template(), _cut(hair)
    shell = _shell(template, identity=identity, cut=cut, height=height)
    curl = np.full(template.vertices, float(cut.curl > 0))
    texture = np.stack([template.longitude, template.smooth[:, 1], curl], 1)
    grid = (template.rows, -1, 3)
    surfaces = [
        Surface(
            shell.astype(np.float32).reshape(grid),
            texture.astype(np.float32).reshape(grid),
            Material.HAIR,
            wraps=True,
        )
    ]
    if hair.style == "bun":
        surfaces.append(_bun(identity))
    return surfaces


def _bun(identity: Identity) -> Surface:
    ball = sphere(16, 24)
    crown = 1.12 + 0.1 * identity.shape[identity_names().index("forehead_height")]
    vertices = ball * (0.27 + 0.08 * identity.hair.traits[1]) + np.array([0, crown, -0.25])
    longitude = np.broadcast_to(np.linspace(-np.pi, np.pi, ball.shape[1]), ball.shape[:2])
    texture = np.stack([longitude, 3 * ball[..., 1], 0 * longitude], -1)
    return Surface(
        vertices.astype(np.float32), texture.astype(np.float32), Material.HAIR, wraps=True
    )


def _shell(
    template: Template, *, identity: Identity, cut: _Cut, height: NDArray[np.float32]
) -> FloatArray:
    """[N, 3] the skull pushed out by the thickness of the hair, hanging down where it is long."""
    x, y, z = template.smooth.T
    longitude, around = template.longitude, np.abs(template.longitude)
    names = identity_names()
    skull = template.smooth.copy()
    for name in _SKULL_SHAPES:
        index = names.index(name)
        skull += identity.shape[index] * identity_basis()[index]

    quiff = identity.hair.style == "quiff"
    rise = smoothstep(-0.05, 0.45 if quiff else 0.28, height)
    low = smoothstep(0.35, 0.0, y)
    thickness = cut.top * (1 - low)
    thickness += cut.side * low * smoothstep(2.4, 1.2, around)
    thickness += cut.behind * low * smoothstep(1.2, 2.4, around)
    thickness *= rise
    if quiff:
        sweep = 0.35 + 0.65 * smoothstep(-0.35, 0.45, z)
        thickness = thickness * low + (1 - low) * rise * cut.top * sweep
    if cut.curl > 0:
        t = identity.hair.traits
        waves = np.sin(longitude * 9 + t[0] * 9) * np.sin(y * 11 + t[1] * 7)
        ripples = np.sin(longitude * 17 + 2) * np.sin(y * 19)
        thickness = thickness + cut.curl * rise * (waves + 0.6 * ripples)
    thickness = thickness + 0.022

    outward = np.stack([x, np.maximum(y, -0.1) * 0.9 + 0.05, z], 1)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    shell = skull + outward * thickness[:, None]
    if cut.length > 0:
        hangs = (smoothstep(0.25, -0.1, y) * smoothstep(1.1, 1.5, around))[:, None]
        shell = shell * (1 - hangs) + _curtain(longitude, y, cut=cut) * hangs
    return shell


def _curtain(longitude: FloatArray, y: FloatArray, *, cut: _Cut) -> FloatArray:
    """[N, 3] a cylinder that falls straight from the widest part of the head."""
    radius = (0.82 + cut.side) * (1 - 0.12 * smoothstep(-0.3, -1, y))
    depth = np.where(np.cos(longitude) < 0, 1.0, 0.4)
    return np.stack(
        [
            radius * np.sin(longitude),
            y * (1 + cut.length) + 0.02,
            depth * radius * np.cos(longitude) - 0.05,
        ],
        1,
    )


def beard_volume(beard: Beard) -> NDArray[np.float32]:
    """[N, 3] displacement of the head's vertices under a full beard; zero for stubble."""
    template = head_template()
    (x, y, z), mean = template.smooth.T, template.mean
    around = np.abs(x)
    volume = np.zeros(template.vertices)
    if beard.cheeks > 0.9:
        border = y - 0.8 * np.maximum(0, around - 0.3)
        volume = smoothstep(-0.5, -0.75, border) * smoothstep(-0.2, 0.1, z)
    if beard.chin > 0.9:
        chin = smoothstep(0.34, 0.15, around) * smoothstep(-0.66, -0.8, y) * smoothstep(0.1, 0.3, z)
        volume = np.maximum(volume, chin)
    if beard.moustache > 0.9:
        band = smoothstep(-0.42, -0.46, y) * smoothstep(-0.55, -0.5, y)
        moustache = 0.35 * smoothstep(0.3, 0.2, around) * band * smoothstep(0.2, 0.4, z)
        volume = np.maximum(volume, moustache)
    volume = volume * (0.03 + 0.10 * beard.length)
    outward = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    displacement = outward * volume[:, None]
    displacement[:, 1] -= 0.6 * volume
    return displacement.astype(np.float32)
