"""Thinning: fewer triangles over vertices that stay where they are."""

import numpy as np

from hyperreenact_core.heads.meshes import Floats, Indices, Topology
from hyperreenact_core.heads.shapes import ellipsoid
from hyperreenact_core.heads.thinning import thinned

ROWS = 15


def bumpy_sheet() -> tuple[Floats, Indices]:
    """A flat grid with a bump on one side."""
    x, y = np.meshgrid(np.linspace(-1, 1, ROWS), np.linspace(-1, 1, ROWS))
    z = 0.5 * np.exp(-((x - 0.5) ** 2 + y**2) / 0.05)
    at = np.arange(ROWS * ROWS).reshape(ROWS, ROWS)
    a, b, c, d = (
        at[i : ROWS - 1 + i, j : ROWS - 1 + j].ravel() for i, j in ((0, 0), (0, 1), (1, 1), (1, 0))
    )
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    return np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32), faces.astype(np.int32)


SHEET, FACES = bumpy_sheet()
BORDER = (np.abs(SHEET[:, :2]) == 1).any(1)
EVEN = np.ones(len(SHEET), np.float32)


def area(faces: Indices) -> float:
    a, b, c = (SHEET[faces[:, corner], :2] for corner in range(3))
    first, second = b - a, c - a
    return float((first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]).sum() / 2)


def test_about_so_many_vertices_stay() -> None:
    assert len(np.unique(thinned(SHEET, FACES, EVEN, keep=120))) == 120


def test_the_surface_stays_whole() -> None:
    faces = thinned(SHEET, FACES, EVEN, keep=110)
    assert abs(area(faces) - 4) < 1e-4
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), 1)
    _, counts = np.unique(edges, axis=0, return_counts=True)
    assert counts.max() == 2
    assert (counts == 1).sum() == 4 * (ROWS - 1)


def test_borders_and_what_is_of_infinite_worth_stay() -> None:
    worth = EVEN.copy()
    worth[[100, 101, 102]] = np.inf
    kept = np.unique(thinned(SHEET, FACES, worth, keep=1))
    assert {100, 101, 102} <= set(kept.tolist())
    assert set(np.nonzero(BORDER)[0].tolist()) <= set(kept.tolist())


def test_flat_places_lose_more_than_bumps() -> None:
    kept = np.unique(thinned(SHEET, FACES, EVEN, keep=130))
    inner = ~BORDER
    bump = inner & (SHEET[:, 2] > 0.02)
    share = [np.isin(np.nonzero(part)[0], kept).mean() for part in (bump, inner & ~bump)]
    assert share[0] > share[1] + 0.2


def test_what_is_worth_little_goes_first() -> None:
    worth = np.where(SHEET[:, 1] > 0, 1e-4, 1.0).astype(np.float32)
    kept = np.unique(thinned(SHEET, FACES, worth, keep=150))
    inner = ~BORDER
    cheap, dear = (inner & side for side in (SHEET[:, 1] > 0, SHEET[:, 1] <= 0))
    assert np.isin(np.nonzero(cheap)[0], kept).mean() < 0.5
    assert np.isin(np.nonzero(dear)[0], kept).mean() > 0.9


def test_a_ball_stays_a_ball() -> None:
    ball = ellipsoid(1.0, rows=13, sides=18)
    corners = np.unique(ball.vertices.round(5), axis=0, return_inverse=True)
    vertices, faces = corners[0], corners[1].reshape(-1)[ball.topology.faces].astype(np.int32)
    faces = faces[(faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2])]
    faces = faces[faces[:, 0] != faces[:, 2]]
    few = thinned(vertices, faces, np.ones(len(vertices), np.float32), keep=90)
    topology = Topology(few, np.zeros((1, 2), np.float32), np.zeros_like(few))
    used = np.unique(few)
    outward = (topology.normals(vertices)[used] * vertices[used]).sum(1)
    assert outward.min() > 0.8


def test_the_same_again() -> None:
    first, second = (thinned(SHEET, FACES, EVEN, keep=120) for _ in range(2))
    np.testing.assert_array_equal(first, second)
