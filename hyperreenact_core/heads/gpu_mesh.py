"""A mesh in the memory of the graphics driver."""

from __future__ import annotations

from typing import Any

import numpy as np

from .figure import PosedPart
from .meshes import Floats, Topology


class GpuMesh:
    """A mesh in the driver's memory, drawn by any program that takes its attributes or some."""

    def __init__(self, gl: Any, topology: Topology) -> None:
        self._gl = gl
        self._corners, uv, triangles = topology.corners
        count = len(self._corners)
        self._buffer = gl.buffer(reserve=count * 36, dynamic=True)
        self._other = gl.buffer(reserve=count * 12, dynamic=True)
        self._uv, self._index = gl.buffer(uv.astype("f4").tobytes()), gl.buffer(triangles.tobytes())
        self._bound: dict[Any, Any] = {}

    def draw(self, program: Any) -> None:
        """Draw with a program whose uniforms are set."""
        if program not in self._bound:
            attributes = [
                (self._buffer, "3f 3f 3f", "position", "normal", "surface"),
                (self._other, "3f", "other"),
                (self._uv, "2f", "uv"),
            ]
            made = self._gl.vertex_array(program, attributes, self._index, skip_errors=True)
            self._bound[program] = made
        self._bound[program].render()

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
