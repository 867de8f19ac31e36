"""Glasses fitted to a head: rims, lenses, bridge, nose pads and temples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .glasses import LENS_SHAPES, Glasses
from .meshes import Mesh
from .pieces import HeadFrame, Piece
from .shapes import Doubles, aimed, circle, curve, ellipsoid, merged, moved, sheet, tube, unit

_GAP = 0.17  # between the lenses, dm
_EYE_CLEARANCE = 0.13  # lashes must blink behind the lens
_SKIN_CLEARANCE = 0.035


@dataclass(frozen=True)
class _Front:
    """Where the front stands: its lens outlines [P, 2] (+x side, about centre) and its depth."""

    outline: Doubles
    centre: Doubles  # [2] of the lens at +x, from the plane of symmetry and in y
    x: float
    depth: float
    wrap: float
    tilt: float

    def at(self, across: Doubles, up: Doubles) -> Doubles:
        """[..., 3] points of the bent front at distances from the plane of symmetry."""
        z = self.depth - self.wrap * across**2 + self.tilt * (up - self.centre[1])
        return np.stack(np.broadcast_arrays(self.x + across, up, z), -1)


def _outline(glasses: Glasses, half_width: float) -> Doubles:
    """[P, 2] the edge of the lens at +x around its centre, counter-clockwise from outside."""
    shape, half_height = LENS_SHAPES[glasses.shape], half_width * glasses.height
    ring = circle(44)
    u, v = (np.sign(ring) * np.abs(ring) ** (2 / shape.squareness)).T
    outer = (u + 1) / 2
    raised = v + shape.lift * outer**3 * np.maximum(v + 0.3, 0) / 1.3
    raised -= shape.drop * outer * np.maximum(-v, 0)
    return np.stack([half_width * u * (1 + shape.taper * v), half_height * raised], 1)


def _front(glasses: Glasses, frame: HeadFrame) -> _Front:
    half = glasses.width * frame.half_width
    lens = (half - _GAP / 2 - 0.05) / 2
    outline = _outline(glasses, lens)
    eye_y = float(frame.eyes[:, 1].mean())
    centre = np.array([_GAP / 2 + lens, eye_y - 0.03 - 0.24 * glasses.slide])
    flat = _Front(outline, centre, frame.middle, 0.0, 0.17, 0.12)
    skin = frame.skin[frame.skin[:, 2] > frame.eyes[:, 2].mean() - 0.3].astype(np.float64)
    offset = np.stack([np.abs(skin[:, 0] - frame.middle), skin[:, 1]], 1) - centre
    angle, edge = np.arctan2(offset[:, 1], offset[:, 0]), np.arctan2(outline[:, 1], outline[:, 0])
    order = np.argsort(edge)
    reach = np.interp(angle, edge[order], np.linalg.norm(outline, axis=1)[order], period=2 * np.pi)
    within = np.linalg.norm(offset, axis=1) < reach + 0.5 * glasses.thickness
    lids = frame.points[[159, 145, 386, 374, 158, 385]].astype(np.float64)

    def needed(points: Doubles, clearance: float) -> Doubles:
        return points[:, 2] - flat.at(points[:, 0] - frame.middle, points[:, 1])[:, 2] + clearance

    depth = needed(lids, _EYE_CLEARANCE).max()
    if within.any():
        # The flanks of a broad nose would push the front off the face: it may cut into them.
        skin_depth = needed(skin[within], _SKIN_CLEARANCE + 0.3 * glasses.thickness).max()
        depth = min(max(depth, skin_depth), depth + 0.15 + 0.2 * glasses.slide)
    return _Front(outline, centre, frame.middle, float(depth), 0.17, 0.12)


def glasses_pieces(glasses: Glasses, frame: HeadFrame) -> tuple[Piece, ...]:
    """Front, temples and lenses, rigid with the head; the lenses come last."""
    front = _front(glasses, frame)
    material = "metal" if glasses.metal else "plastic"
    solid = [_bridge(glasses, front, frame)]
    temples: list[Mesh] = []
    lenses: list[Mesh] = []
    edges: list[Mesh] = []
    for side in (-1, 1):
        across, up = (front.centre + front.outline).T
        edge = front.at(side * across, up)
        middle = front.at(np.array(side * front.centre[0]), np.array(front.centre[1]))
        solid += _rim(glasses, edge, middle)
        hinge, temple = _temple(glasses, front, frame, side)
        solid.append(hinge)
        temples.append(temple)
        lenses.append(_lens(edge, middle, side))
        if glasses.rim != "full":
            edges.append(tube(edge, 0.007, sides=5, closed=True))
        if glasses.metal:
            solid.append(_nose_pad(front, frame, side))
    pieces = [
        Piece("glasses front", merged(solid), glasses.colour, material),
        Piece("glasses temples", merged(temples), glasses.temple_colour, material),
    ]
    if edges:
        pieces.append(Piece("lens edge", merged(edges), glasses.lens_colour, "glass", 0.4))
    names = ("left lens", "right lens")
    return (
        *pieces,
        *(
            Piece(name, mesh, glasses.lens_colour, "glass", glasses.lens_opacity)
            for name, mesh in zip(names, lenses, strict=True)
        ),
    )


def _bar(glasses: Glasses) -> tuple[Doubles, float]:
    """[S, 2] section of the rim (outwards, to the front) and its scale."""
    if glasses.metal:
        return circle(7), glasses.thickness / 2
    ring = circle(12)
    return np.sign(ring) * np.abs(ring) ** 0.55 * [1.0, 0.8], glasses.thickness / 2


def _rim(glasses: Glasses, edge: Doubles, middle: Doubles) -> list[Mesh]:
    if glasses.rim == "none":
        return []
    section, scale = _bar(glasses)
    if glasses.rim == "half":
        # From the outer end over the brow to the nose: the outline starts at the outer end.
        edge = np.concatenate([edge[-3:], edge[: len(edge) // 2 + 4]])
    return [tube(edge, scale, section=section, side=edge - middle, closed=glasses.rim == "full")]


def _lens(edge: Doubles, middle: Doubles, side: int) -> Mesh:
    """A shallow bowl within the rim."""
    rings = [0.0, 0.35, 0.7, 1.0]
    bulge = np.array([0.0, 0.0, 0.045])
    grid = [middle + (edge - middle) * r + bulge * (1 - r * r) for r in rings]
    grid = grid if side < 0 else [row[::-1] for row in grid]
    return sheet(grid, closed=True)


def _bridge(glasses: Glasses, front: _Front, frame: HeadFrame) -> Mesh:
    """From rim to rim, in front of the nose."""
    _, scale = _bar(glasses)
    half_height = np.abs(front.outline[:, 1]).max()
    inner = front.centre[0] + front.outline[:, 0].min()
    x, bars = np.linspace(-1, 1, 11), [0.15 if glasses.metal else 0.3]
    bars += [0.72] if glasses.double_bridge else []
    meshes: list[Mesh] = []
    for height in bars:
        # Where the outline is at this height decides how long the bar is.
        level = front.outline[:, 1] - height * half_height
        near = front.outline[(np.abs(level) < 0.35 * half_height) & (front.outline[:, 0] < 0), 0]
        reach = front.centre[0] + near.max() if len(near) and height > 0.5 else inner + 0.01
        arch = 0.04 * (1 - x * x) if height < 0.5 else 0 * x
        path = front.at(x * reach, front.centre[1] + height * half_height + arch)
        nose = frame.skin[
            (np.abs(frame.skin[:, 0] - frame.middle) < 0.08)
            & (np.abs(frame.skin[:, 1] - path[5, 1]) < 0.06)
        ]
        ahead = nose[:, 2].max() + 0.03 + scale - path[5, 2] if len(nose) else 0.0
        path[:, 2] += max(ahead, 0.015) * (1 - x**2)
        thick = scale * (1 if glasses.metal else 1 + 0.5 * np.abs(x) ** 2)
        meshes.append(tube(path, thick))
    return merged(meshes)


def _nose_pad(front: _Front, frame: HeadFrame, side: int) -> Mesh:
    """A pad on the flank of the nose and the wire that holds it."""
    inner = front.centre[0] + front.outline[:, 0].min()
    up = front.centre[1] - 0.05
    wire = front.at(np.array(side * (inner + 0.01)), np.array(up + 0.03))
    z = wire[2] - 0.07
    skin = frame.skin.astype(np.float64)
    across = np.abs(skin[:, 0] - frame.middle)
    flank = skin[(np.abs(skin[:, 1] - up) < 0.05) & (across < 0.26) & (across > 0.02), :]
    order = np.argsort(flank[:, 2])
    width = np.abs(flank[order, 0] - frame.middle)
    x = float(np.interp(z, flank[order, 2], width)) + 0.015 if len(flank) else inner - 0.03
    at = np.array([frame.middle + side * np.clip(x, 0.05, inner + 0.03), up, z])
    tilted = aimed((side * -0.25, 1, 0.1), (0, 0, 1))
    pad = moved(ellipsoid((0.014, 0.05, 0.03), rows=5, sides=8), tilted, at)
    back = (wire + at) / 2 - [0, 0, 0.045]
    return merged([pad, tube(curve([wire, back, at], 7), 0.008, sides=5)])


def _temple(glasses: Glasses, front: _Front, frame: HeadFrame, side: int) -> tuple[Mesh, Mesh]:
    """The hinge at the front's corner, and the arm over the ear and down behind it."""
    half_height = np.abs(front.outline[:, 1]).max()
    corner = front.outline[np.argmin(np.abs(front.outline[:8, 1] - 0.4 * half_height))]
    start = front.at(np.array(side * (front.centre[0] + corner[0])), front.centre[1] + corner[1])
    ear = frame.ear(side).astype(np.float64)
    top, middle = float(ear[:, 1].max()) - 0.02, float(np.median(ear[:, 2])) + 0.05
    hinge = start + np.array([side * 0.04, 0.0, -0.07])
    along = np.linspace(0, 1, 9)
    y, z = hinge[1] + (top - hinge[1]) * along**1.5, hinge[2] + (middle - hinge[2]) * along
    beside = (frame.skin[:, 0] - frame.middle) * side > 0.5 * frame.half_width
    skin = frame.skin[beside & (frame.skin[:, 1] > y.min() - 0.1)].astype(np.float64)
    close = (np.abs(skin[:, 1, None] - y) < 0.1) & (np.abs(skin[:, 2, None] - z) < 0.1)
    out = np.where(close, np.abs(skin[:, 0, None] - frame.middle), 0).max(0) + 0.03
    root = np.abs(ear[:, 0] - frame.middle).min() + 0.02
    out = np.maximum(out, np.where(z < ear[:, 2].max(), root, 0))
    x = np.abs(hinge[0] - frame.middle) * (1 - along) + out[-1] * along
    for _ in range(3):
        x = np.maximum(x, out)
        x[1:-1] = (x[:-2] + 2 * x[1:-1] + x[2:]) / 4
    arm = np.stack([frame.middle + side * x, y, z], 1)
    bend = arm[-1] + np.array([[-0.02 * side, -0.05, -0.12], [-0.05 * side, -0.3, -0.25]])
    path = curve(np.concatenate([arm[[0, 2, 4, 6, 8]], bend]), 22)
    plate = curve([start, start + np.array([side * 0.03, 0, -0.01]), hinge], 6)
    if glasses.metal:
        thick = np.where(np.arange(22) < 15, 0.014, 0.026)
        return tube(plate, 0.016, sides=6), tube(path, thick, sides=6)
    high = np.linspace(0.05, 0.035, 22) * (0.7 + 5 * glasses.thickness)
    section = circle(8) * [0.4, 1.0]
    outwards = [float(side), 0, 0]
    front_plate = tube(plate, high[0], section=section, side=unit(np.array([side * 0.5, 0, 1.0])))
    return front_plate, tube(path, high, section=section, side=outwards)
