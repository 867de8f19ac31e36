"""Building blocks of things made by rule: sheets, tubes, turned and extruded bodies.

Every mesh has its triangles counter-clockwise from outside; an open sheet is to be drawn from both
sides. Texture coordinates follow the surface at UV_PER_DM, so one tile of cloth covers 4 dm.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .meshes import Floats, Indices, Mesh, Topology

UV_PER_DM = 0.25
Doubles = NDArray[np.float64]


def sheet(points: ArrayLike, *, closed: bool = False, ring: bool = False) -> Mesh:
    """Loft a grid of points. points: [R, C, 3].

    Its outside is where the columns run to the right and the rows up. closed joins the last column
    to the first, ring the last row to the first.
    """
    grid = np.asarray(points, np.float64)
    rows, columns, _ = grid.shape
    wrapped = np.concatenate([grid, grid[:, :1]], 1) if closed else grid
    wrapped = np.concatenate([wrapped, wrapped[:1]]) if ring else wrapped
    across = np.linalg.norm(np.diff(wrapped, axis=1), axis=-1).max(0)
    along = np.linalg.norm(np.diff(wrapped, axis=0), axis=-1).mean(1)
    u, v = (np.concatenate([[0.0], np.cumsum(lengths)]) for lengths in (across, along))
    uv = np.stack(np.meshgrid(u, v), -1).reshape(-1, 2) * UV_PER_DM
    topology = Topology(
        _grid_faces(rows, columns, closed, ring),
        uv.astype(np.float32),
        _grid_faces(len(along) + 1, len(across) + 1, False, False),
    )
    return Mesh(grid.reshape(-1, 3).astype(np.float32), topology)


@lru_cache(maxsize=256)
def _grid_faces(rows: int, columns: int, closed: bool, ring: bool) -> Indices:
    """[F, 3] two triangles for each cell of a grid, counter-clockwise."""
    r, c = np.meshgrid(np.arange(rows - 1 + ring), np.arange(columns - 1 + closed), indexing="ij")
    corner = [(r + i) % rows * columns + (c + j) % columns for i in (0, 1) for j in (0, 1)]
    faces = np.stack([corner[i] for i in (0, 1, 3, 0, 3, 2)], -1).reshape(-1, 3).astype(np.int32)
    faces.setflags(write=False)  # every grid of this size shares it
    return faces


def tube(
    path: ArrayLike,
    radius: float | ArrayLike,
    *,
    sides: int = 8,
    closed: bool = False,
    section: ArrayLike | None = None,
    side: ArrayLike | None = None,
    caps: str = "round",
) -> Mesh:
    """Sweep a circle, or a section, along a path.

    path: [N, 3]; radius: one or [N], a scale where a section is given; section: [S, 2] around the
    origin, counter-clockwise; side: [3] or [N, 3] where the section's first axis points at (carried
    along without a twist where None). caps: "round", "flat" or "none", on open paths.
    """
    line = np.asarray(path, np.float64)
    radii = np.broadcast_to(np.asarray(radius, np.float64), len(line))
    ends = np.roll(line, -1, 0) - np.roll(line, 1, 0) if closed else np.gradient(line, axis=0)
    tangents = unit(ends)
    across = _carried(tangents) if side is None else np.broadcast_to(np.asarray(side), line.shape)
    across = unit(across - tangents * (across * tangents).sum(1, keepdims=True))
    outline = circle(sides) if section is None else np.asarray(section, np.float64)
    if not closed and caps != "none":
        # A flat cap repeats the end's ring: its own vertices keep the edge sharp.
        steps = np.radians([0.0, 30.0, 60.0]) if caps == "round" else np.radians([0.0, 90.0])
        bulge = np.cos(steps) * float(np.abs(outline).max()) * (caps == "round")
        one, n = np.ones(len(line)), len(steps)
        pick = np.concatenate([np.zeros(n, int), np.arange(len(line)), np.full(n, len(line) - 1)])
        scale = np.concatenate([np.sin(steps), one, np.sin(steps)[::-1]])
        shift = np.concatenate([-bulge, 0 * one, bulge[::-1]])
        tangents, across, radii = tangents[pick], across[pick], radii[pick]
        line = line[pick] + tangents * (shift * radii)[:, None]
        radii = radii * scale
    up = np.cross(tangents, across)
    rings = across[:, None] * outline[:, :1] + up[:, None] * outline[:, 1:]
    return sheet(line[:, None] + rings * radii[:, None, None], closed=True, ring=closed)


def lathe(profile: ArrayLike, *, sides: int = 20) -> Mesh:
    """Turn a profile about the y axis. profile: [N, 2] radius and height, upwards outside."""
    radius, height = np.asarray(profile, np.float64).T
    z, x = circle(sides).T[:, None] * radius[:, None]
    return sheet(np.stack([x, np.broadcast_to(height[:, None], x.shape), z], -1), closed=True)


def ellipsoid(radii: ArrayLike, *, rows: int = 9, sides: int = 14) -> Mesh:
    """A ball around the origin, stretched. radii: one or [3]."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, rows)
    ball = lathe(np.stack([np.cos(angle), np.sin(angle)], 1), sides=sides)
    scale = np.broadcast_to(np.asarray(radii, np.float32), (3,))
    return Mesh(ball.vertices * scale, ball.topology)


def rounded_box(size: ArrayLike, radius: float, *, steps: int = 3) -> Mesh:
    """A box around the origin with rounded edges. size: [3]; radius: at most half the least side.

    A ball cut into octants that are drawn apart: its rows and columns at the cuts are there twice.
    """
    quarter = np.linspace(0, np.pi / 2, steps + 1)
    turn = np.concatenate([quarter + k * np.pi / 2 for k in range(4)])
    rise = np.concatenate([quarter - np.pi / 2, quarter])
    sign_x, sign_z = (np.repeat(np.array(s), steps + 1) for s in ((1, 1, -1, -1), (1, -1, -1, 1)))
    sign_y = np.repeat([-1, 1], steps + 1)
    core = np.maximum(np.asarray(size, np.float64) / 2 - radius, 0)
    flat = np.cos(rise)[:, None]
    x = radius * flat * np.sin(turn) + core[0] * sign_x
    z = radius * flat * np.cos(turn) + core[2] * sign_z
    y = np.broadcast_to((radius * np.sin(rise) + core[1] * sign_y)[:, None], x.shape)
    grid = np.stack([x, y, z], -1)
    poles = grid * [0, 1, 0]
    return sheet(np.concatenate([poles[:1], grid, poles[-1:]]), closed=True)


def extruded(outline: ArrayLike, depth: float, *, bevel: float = 0.0) -> Mesh:
    """A plate around z = 0. outline: [N, 2] star-shaped about its mean, counter-clockwise.

    bevel: how much smaller, in parts, front and back are than the middle.
    """
    flat = np.asarray(outline, np.float64)
    middle = flat.mean(0)
    half, inner = depth / 2, 1 - bevel
    rows = [(0.0, -half), (inner, -half), (inner, -half), (1, -half * inner)]
    rows += [(1, half * inner), (inner, half), (inner, half), (0.0, half)]
    grid = [np.c_[middle + (flat - middle) * s, np.full(len(flat), z)] for s, z in rows]
    return sheet(grid, closed=True)


def merged(meshes: Sequence[Mesh]) -> Mesh:
    """One mesh out of several."""
    at = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes])
    at_uv = np.cumsum([0] + [len(mesh.topology.uv) for mesh in meshes])
    parts = [mesh.topology for mesh in meshes]
    topology = Topology(
        np.concatenate([p.faces + i for p, i in zip(parts, at, strict=False)]).astype(np.int32),
        np.concatenate([p.uv for p in parts]),
        np.concatenate([p.uv_faces + i for p, i in zip(parts, at_uv, strict=False)]).astype(
            np.int32
        ),
    )
    return Mesh(np.concatenate([mesh.vertices for mesh in meshes]), topology)


def moved(mesh: Mesh, rotation: ArrayLike, offset: ArrayLike) -> Mesh:
    """vertices @ rotation.T + offset; a mirroring turns the triangles over. rotation: [3, 3]."""
    matrix = np.asarray(rotation, np.float64)
    vertices = (mesh.vertices @ matrix.T + np.asarray(offset)).astype(np.float32)
    topology = mesh.topology
    if np.linalg.det(matrix) < 0:
        flipped = topology.faces[:, ::-1].copy(), topology.uv_faces[:, ::-1].copy()
        topology = Topology(flipped[0], topology.uv, flipped[1])
    return Mesh(vertices, topology)


def turned(*, x_deg: float = 0.0, y_deg: float = 0.0, z_deg: float = 0.0) -> Doubles:
    """[3, 3] rotation about x, then y, then z."""
    result = np.eye(3)
    for (i, j), angle in zip(((1, 2), (2, 0), (0, 1)), (x_deg, y_deg, z_deg), strict=True):
        step = np.eye(3)
        cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        step[i, i], step[i, j], step[j, i], step[j, j] = cosine, -sine, sine, cosine
        result = step @ result
    return result


def aimed(up: ArrayLike, front: ArrayLike) -> Doubles:
    """[3, 3] rotation that takes y to up, and z as near to front as it can."""
    y = unit(np.asarray(up, np.float64))
    x = unit(np.cross(y, np.asarray(front, np.float64)))
    return np.stack([x, y, np.cross(x, y)], 1)


def curve(knots: ArrayLike, count: int) -> Doubles:
    """[count, D] points of a smooth line through knots [K, D] (Catmull-Rom)."""
    k = np.asarray(knots, np.float64)
    padded = np.concatenate([[2 * k[0] - k[1]], k, [2 * k[-1] - k[-2]]])
    t = np.linspace(0, len(k) - 1, count)
    i = np.minimum(t.astype(int), len(k) - 2)
    f = (t - i)[:, None]
    a, b, c, d = (padded[i + n] for n in range(4))
    cubic = 2 * b + (c - a) * f + (2 * a - 5 * b + 4 * c - d) * f**2 + (3 * (b - c) + d - a) * f**3
    return cubic / 2


def circle(sides: int) -> Doubles:
    """[sides, 2] the unit circle from (1, 0), counter-clockwise."""
    angle = np.arange(sides) * (2 * np.pi / sides)
    return np.stack([np.cos(angle), np.sin(angle)], 1)


def unit(vectors: Doubles) -> Doubles:
    """[..., D] to length one."""
    length = np.sqrt(np.einsum("...d,...d->...", vectors, vectors))
    return vectors / np.maximum(length, 1e-12)[..., None]


def _carried(tangents: Doubles) -> Doubles:
    """[N, 3] directions across a path, with no twist between neighbours."""
    most = np.abs(tangents).max(0)
    if most.min() < 0.9:
        return np.broadcast_to(np.eye(3)[most.argmin()], tangents.shape)
    across = np.empty_like(tangents)
    last = np.eye(3)[np.abs(tangents[0]).argmin()]
    for index, tangent in enumerate(tangents):
        last = across[index] = unit(last - tangent * (last @ tangent))
    return across


class Hull:
    """The convex hull of points, as the distance of its surface in any direction."""

    _count = 640

    def __init__(self, points: Floats, centre: ArrayLike) -> None:
        """points: [N, 3]; centre: [3] inside of them."""
        self.centre = np.asarray(centre, np.float64)
        index = np.arange(self._count) + 0.5
        y, turn = 1 - 2 * index / self._count, index * np.pi * (1 + 5**0.5)
        flat = np.sqrt(1 - y * y)
        normals = np.stack([flat * np.cos(turn), y, flat * np.sin(turn)], 1)
        reach = ((points - self.centre.astype(np.float32)) @ normals.T.astype(np.float32)).max(0)
        self._over_reach = (normals / np.maximum(reach, 1e-3)[:, None]).astype(np.float32)

    def radius(self, directions: Doubles) -> Doubles:
        """[..., 3] unit directions from the centre -> [...] distances of the surface."""
        flat = directions.reshape(-1, 3).astype(np.float32)
        most = (flat @ self._over_reach.T).max(1)
        return (1 / np.maximum(most, 1e-3)).reshape(directions.shape[:-1]).astype(np.float64)
