"""A mesh in the memory of the graphics driver."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .figure import PosedPart
from .meshes import Floats, Topology
from .parts import Material


class GpuMesh:
    """A mesh in the driver's memory, drawn by three programs."""

    def __init__(
        self, gl: Any, topology: Topology, colour: Sequence[Any], shadow: Any, truth: Any
    ) -> None:
        self._gl, self._programs = gl, colour
        self._corners, uv, triangles = topology.corners
        count = len(self._corners)
        self._buffer = gl.buffer(reserve=count * 36, dynamic=True)
        self._other = gl.buffer(reserve=count * 12, dynamic=True)
        self._uv, self._index = gl.buffer(uv.astype("f4").tobytes()), gl.buffer(triangles.tobytes())
        self._drawn: dict[Material, Any] = {}
        place = (self._buffer, "3f 24x", "position")
        self.shadow = gl.vertex_array(shadow, [place, (self._uv, "2f", "uv")], self._index)
        known = (self._buffer, "3f 12x 3f", "position", "surface")
        other = (self._other, "3f", "other")
        self.truth = gl.vertex_array(truth, [known, other, (self._uv, "2f", "uv")], self._index)

    def colour(self, material: Material) -> Any:
        """The mesh bound to the program of a material."""
        if material not in self._drawn:
            full = (self._buffer, "3f 3f 3f", "position", "normal", "surface")
            bound = [full, (self._uv, "2f", "uv")]
            program = self._programs[material]
            made = self._gl.vertex_array(program, bound, self._index, skip_errors=True)
            self._drawn[material] = made
        return self._drawn[material]

    def place(self, posed: PosedPart, other: Floats | None) -> None:
        """Take the vertices of a pose, and those of another picture."""
        part, count = posed.part, len(posed.vertices)
        data = np.empty((count, 9), np.float32)
        data[:, :3], data[:, 3:6], data[:, 6] = posed.vertices, posed.normals, posed.shade
        data[:, 7] = 1 if part.cover is None else part.cover
        data[:, 8] = 0 if part.face is None else part.face
        self._buffer.write(data[self._corners].tobytes())
        if other is not None:
            self._other.write(other[self._corners].astype("f4").tobytes())
