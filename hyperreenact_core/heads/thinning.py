"""Fewer triangles: vertices that a surface hardly needs are merged into a neighbour.

Source: quadric error metrics (Garland and Heckbert, 1997), where an edge shrinks to one of its
ends, so that the vertices that stay keep their number and whatever is known of them.
"""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from .meshes import Floats, Indices

_LEAST_TURN = 0.2
"""Cosine of the most that a triangle may turn when a corner moves."""
_LEAST_QUALITY = 0.12
"""Of a triangle that a merger makes: 1 where its sides are equal, 0 where it is flat."""


def thinned(vertices: Floats, faces: Indices, worth: Floats, *, keep: int) -> Indices:
    """[V, 3] and triangles [F, 3] -> fewer triangles [G, 3], over about `keep` of the vertices.

    worth: [V] factor of what it costs to lose a vertex; those of infinite worth and those on a
    border stay.
    """
    mesh = _Mesh(vertices.astype(np.float64), faces, worth)
    heap = [entry for v in range(len(vertices)) if (entry := mesh.cheapest(v)) is not None]
    heapq.heapify(heap)
    left = len(np.unique(faces))
    while heap and left > keep:
        cost, v, u = heapq.heappop(heap)
        current = mesh.cheapest(v)
        if current is None:
            continue
        if current != (cost, v, u):  # a merger beside it changed what it costs
            heapq.heappush(heap, current)
            continue
        mesh.merge(v, u)
        left -= 1
    return np.array([mesh.faces[f] for f in sorted(mesh.faces)], np.int32)


class _Mesh:
    """Triangles by number, the triangles at each vertex, and each vertex's quadric [4, 4]."""

    def __init__(self, vertices: NDArray[np.float64], faces: Indices, worth: Floats) -> None:
        self.vertices, self.worth = vertices, worth
        self.faces = {f: (int(a), int(b), int(c)) for f, (a, b, c) in enumerate(faces)}
        self.around: dict[int, set[int]] = {v: set() for v in range(len(vertices))}
        for f, corners in self.faces.items():
            for v in corners:
                self.around[v].add(f)
        a, b, c = (vertices[faces[:, corner]] for corner in range(3))
        normals = np.cross(b - a, c - a)
        area = np.linalg.norm(normals, axis=1, keepdims=True)
        planes = np.c_[normals, -(normals * a).sum(1)] / np.maximum(area, 1e-12)
        quadrics = planes[:, :, None] * planes[:, None] * (area[..., None] / 2)
        self.quadrics = np.zeros((len(vertices), 4, 4))
        for corner in range(3):
            np.add.at(self.quadrics, faces[:, corner], quadrics)

    def neighbours(self, v: int) -> set[int]:
        return {u for f in self.around[v] for u in self.faces[f]} - {v}

    def cheapest(self, v: int) -> tuple[float, int, int] | None:
        """(cost, v, the neighbour to merge it into), None where it must stay."""
        ring = self.neighbours(v)
        # Inside of a surface there is a triangle for every neighbour.
        if not ring or not np.isfinite(self.worth[v]) or len(ring) != len(self.around[v]):
            return None
        order = sorted(ring)
        ends = np.c_[self.vertices[order], np.ones(len(order))]
        error = np.einsum("ni,ij,nj->n", ends, self.quadrics[v], ends)
        length = ((self.vertices[order] - self.vertices[v]) ** 2).sum(1)
        costs = self.worth[v] * (error.clip(0) + 1e-4 * length)
        for index in np.argsort(costs, kind="stable").tolist():
            if self._allowed(v, order[index], ring):
                return float(costs[index]), v, order[index]
        return None

    def _allowed(self, v: int, u: int, ring: set[int]) -> bool:
        """The surface stays a surface, and no triangle folds over or becomes a needle."""
        if len(ring & self.neighbours(u)) != 2:
            return False
        kept = [self.faces[f] for f in self.around[v] if u not in self.faces[f]]
        old = self.vertices[np.array(kept)]
        new = np.where((np.array(kept) == v)[..., None], self.vertices[u], old)
        before, after = (np.cross(t[:, 1] - t[:, 0], t[:, 2] - t[:, 0]) for t in (old, new))
        sides = ((new - np.roll(new, 1, axis=1)) ** 2).sum((1, 2))
        sizes = np.linalg.norm(before, axis=1), np.linalg.norm(after, axis=1)
        turn = (before * after).sum(1) / np.maximum(sizes[0] * sizes[1], 1e-18)
        quality = 2 * np.sqrt(3) * sizes[1] / np.maximum(sides, 1e-18)
        return bool((turn > _LEAST_TURN).all() and (quality > _LEAST_QUALITY).all())

    def merge(self, v: int, u: int) -> None:
        self.quadrics[u] += self.quadrics[v]
        for f in self.around.pop(v):
            corners = self.faces[f]
            if u in corners:
                del self.faces[f]
                for w in corners:
                    if w != v:
                        self.around[w].discard(f)
            else:
                a, b, c = (u if w == v else w for w in corners)
                self.faces[f] = (a, b, c)
                self.around[u].add(f)
        self.around[v] = set()
