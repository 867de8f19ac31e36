"""Triangle meshes: what is drawn, and how the parts of a wardrobe are fitted to a body."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]

_AXES = ("x", "y", "z")


@dataclass(frozen=True, eq=False)
class Topology:
    """How vertices make triangles, and where each corner lies in a texture; drawn parts share it.

    faces: [F, 3] vertices of each triangle, counter-clockwise from outside.
    uv: [T, 2] texture coordinates, v up.
    uv_faces: [F, 3] texture coordinates of each triangle's corners.
    """

    faces: Indices
    uv: Floats
    uv_faces: Indices

    @cached_property
    def corners(self) -> tuple[Indices, Floats, Indices]:
        """[C] vertices, [C, 2] uv and [F, 3] triangles of the distinct pairs of vertex and uv."""
        count = len(self.uv) + 1
        key = self.faces.astype(np.int64).ravel() * count + self.uv_faces.ravel()
        distinct, inverse = np.unique(key, return_inverse=True)
        return (
            (distinct // count).astype(np.int32),
            self.uv[distinct % count],
            inverse.reshape(-1, 3).astype(np.int32),
        )

    def normals(self, vertices: Floats) -> Floats:
        """[V, 3] -> [V, 3] unit normals, each the mean of its triangles' by area."""
        a, b, c = (vertices[self.faces[:, corner]] for corner in range(3))
        first, second = b - a, c - a
        normals = np.empty((len(vertices), 3), np.float32)
        for axis in range(3):
            # An axis of the cross product at a time; numpy's own takes three times as long.
            y, z = (axis + 1) % 3, (axis + 2) % 3
            of_faces = first[:, y] * second[:, z] - first[:, z] * second[:, y]
            weights = np.repeat(of_faces, 3)
            normals[:, axis] = np.bincount(self.faces.ravel(), weights, len(vertices))
        return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)

    def compact(self) -> tuple[Indices, Topology]:
        """[V] the vertices that triangles use, and the same triangles numbered among those."""
        used, faces = np.unique(self.faces, return_inverse=True)
        faces = faces.reshape(-1, 3).astype(np.int32)
        return used.astype(np.int32), Topology(faces, self.uv, self.uv_faces)

    def part(self, triangles: NDArray[np.bool_]) -> Topology:
        """Only some of the triangles; vertices keep their numbers. triangles: [F]."""
        return Topology(self.faces[triangles], self.uv, self.uv_faces[triangles])


@dataclass(frozen=True, eq=False)
class Mesh:
    """A shape in decimetres: vertices [V, 3] and how they are joined."""

    vertices: Floats
    topology: Topology


def read_obj(path: Path) -> Mesh:
    """Read a Wavefront OBJ file; polygons become fans of triangles.

    Raises InputError where the file holds no triangles.
    """
    vertices: list[list[float]] = []
    uv: list[list[float]] = []
    faces: list[list[int]] = []
    uv_faces: list[list[int]] = []
    for words in _lines(path):
        if words[0] == "v":
            vertices.append([float(word) for word in words[1:4]])
        elif words[0] == "vt":
            uv.append([float(word) for word in words[1:3]])
        elif words[0] == "f":
            corners = [word.split("/") for word in words[1:]]
            at = [int(corner[0]) - 1 for corner in corners]
            at_uv = [
                int(corner[1]) - 1 if len(corner) > 1 and corner[1] else 0 for corner in corners
            ]
            for index in range(1, len(at) - 1):
                faces.append([at[0], at[index], at[index + 1]])
                uv_faces.append([at_uv[0], at_uv[index], at_uv[index + 1]])
    if not faces:
        raise InputError(f"{path}: no triangles in this OBJ file; fetch it again")
    topology = Topology(
        np.array(faces, np.int32),
        np.array(uv or [[0.0, 0.0]], np.float32),
        np.array(uv_faces, np.int32),
    )
    return Mesh(np.array(vertices, np.float32), topology)


@dataclass(frozen=True, eq=False)
class Proxy:
    """A mesh that follows a body: every vertex a mix of three of the body's, and an offset.

    anchors: [V, 3] vertices of the body; weights: [V, 3]; offsets: [V, 3], scaled for each axis by
    the distance along it of two vertices of the body over a reference length.
    hides: [N] vertices of the body that it covers.
    """

    topology: Topology
    anchors: Indices
    weights: Floats
    offsets: Floats
    scales: tuple[tuple[int, int, float] | None, ...]
    hides: Indices

    def fit(self, body: Floats) -> Floats:
        """[B, 3] vertices of the body -> [V, 3] vertices of the proxy."""
        mixed = np.einsum("vac,va->vc", body[self.anchors], self.weights)
        return mixed + self.offsets * self.scale(body)

    def scale(self, body: Floats) -> Floats:
        """[3] how much larger the body is along x, y and z than the one the proxy was made on."""
        scale = np.ones(3, np.float32)
        for axis, reference in enumerate(self.scales):
            if reference is not None:
                first, second, length = reference
                scale[axis] = abs(body[first, axis] - body[second, axis]) / length
        return scale


def read_proxy(path: Path) -> Proxy:
    """Read an `.mhclo` file and the OBJ file it names.

    Source: the format of MakeHuman's proxies, a line a vertex: three vertices, three weights and an
    offset, or one vertex alone. Raises InputError where it does not fit its OBJ file.
    """
    rows: list[tuple[list[int], list[float], list[float]]] = []
    hides: list[int] = []
    scales: dict[str, tuple[int, int, float]] = {}
    obj, section = "", ""
    for words in _lines(path):
        if words[0] == "obj_file":
            obj = words[1]
        elif words[0].endswith("_scale") and words[0][0] in _AXES:
            scales[words[0][0]] = (int(words[1]), int(words[2]), float(words[3]))
        elif words[0] in ("verts", "delete_verts", "weights"):
            section = words[0]
        elif section == "verts" and words[0].isdigit():
            rows.append(_anchored(words))
        elif section == "delete_verts":
            hides.extend(_ranges(words))
    mesh = read_obj(path.parent / obj)
    if len(rows) < len(mesh.vertices):
        raise InputError(f"{path}: fits {len(rows)} of the {len(mesh.vertices)} vertices of {obj}")
    rows = rows[: len(mesh.vertices)]
    return Proxy(
        mesh.topology,
        np.array([row[0] for row in rows], np.int32),
        np.array([row[1] for row in rows], np.float32),
        np.array([row[2] for row in rows], np.float32),
        tuple(scales.get(axis) for axis in _AXES),
        np.array(hides, np.int32),
    )


def _anchored(words: list[str]) -> tuple[list[int], list[float], list[float]]:
    """The vertices, weights and offset of one line."""
    if len(words) < 9:
        return [int(words[0])] * 3, [1.0, 0.0, 0.0], [0.0] * 3
    numbers = [float(word) for word in words[3:9]]
    return [int(word) for word in words[:3]], numbers[:3], numbers[3:]


def _ranges(words: list[str]) -> list[int]:
    """`3 7 - 9` -> 3, 7, 8, 9."""
    numbers: list[int] = []
    for index, word in enumerate(words):
        if word.isdigit():
            ranged = index > 1 and words[index - 1] == "-"
            numbers.extend(range(numbers[-1] + 1 if ranged else int(word), int(word) + 1))
    return numbers


def _lines(path: Path) -> Iterator[list[str]]:
    """The words of every line that says something. Raises InputError where there is no file."""
    try:
        text = path.read_text(errors="replace")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    for line in text.splitlines():
        words = line.split()
        if words and not words[0].startswith("#"):
            yield words
