"""The measures of one person, to which all parts are fitted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from .body import Body, load_body
from .expression import coefficients
from .meshes import Floats, Indices, Proxy, Topology
from .neck import Neck, neck_of
from .parts import Label, Material, Moves, Part, Texture
from .person import Person
from .wardrobe import Wardrobe

_STILL = 1e-4
"""Vertices that no action moves by more than this (in decimetres) do not move."""


@dataclass(frozen=True, eq=False)
class Fitting:
    """vertices: [V, 3] the neutral body; points: [468, 3] its mesh points."""

    person: Person
    wardrobe: Wardrobe
    body: Body
    vertices: Floats
    points: Floats
    neck: Neck


def measure(person: Person, wardrobe: Wardrobe) -> Fitting:
    """Take a person's measures."""
    body = load_body()
    vertices = body.vertices(person.traits, person.changes)
    at_rest = coefficients(person.resting)
    active = np.nonzero(at_rest)[0]
    vertices += np.tensordot(at_rest[active], body.actions[active], 1)
    points = body.points(vertices)
    return Fitting(person, wardrobe, body, vertices, points, neck_of(points))


def fitted_part(
    fit: Fitting,
    name: str,
    label: Label,
    material: Material,
    texture: Texture,
    *,
    moving: bool = True,
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> Part:
    """The proxy `name` fitted to a person."""
    proxy = fit.wardrobe.proxy(name)
    rest = proxy.fit(fit.vertices).astype(np.float32)
    moves = proxy_moves(proxy) if moving else None
    grip = fit.neck.grip(rest)
    part = Part(name, label, material, proxy.topology, rest, grip, texture, tint, moves=moves)
    return replace(part, grip=np.ones_like(grip)) if moving else part


@lru_cache(None)
def proxy_moves(proxy: Proxy) -> Moves:
    """What the facial actions do to a proxy's vertices."""
    return moves_of(load_body().proxy_actions(proxy))


def moves_of(actions: Floats) -> Moves:
    """[52, V, 3] -> only the vertices that move."""
    moved = np.nonzero(np.abs(actions).max((0, 2)) > _STILL)[0].astype(np.int32)
    return Moves(moved, np.ascontiguousarray(actions[:, moved]))


def concavity(vertices: Floats, topology: Topology, rounds: int) -> Floats:
    """[V] how far the surface, smoothed so many times, lies outside each vertex, in decimetres."""
    smooth = vertices
    first = topology.faces.ravel()
    second = np.roll(topology.faces, 1, axis=1).ravel()
    count = np.maximum(np.bincount(first, minlength=len(vertices)), 1)
    for _ in range(rounds):
        means = [
            np.bincount(first, smooth[second, axis], len(vertices)) / count for axis in range(3)
        ]
        smooth = np.stack(means, 1).astype(np.float32)
    return ((smooth - vertices) * topology.normals(vertices)).sum(1)


def indices(mask: np.ndarray) -> Indices:
    """The numbers where a mask is true."""
    return np.nonzero(mask)[0].astype(np.int32)
