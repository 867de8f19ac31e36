"""OBJ files, MakeHuman's proxies, and what a topology knows about its triangles."""

from pathlib import Path

import numpy as np
import pytest

from hyperreenact_core.errors import InputError
from hyperreenact_core.heads.meshes import Topology, read_obj, read_proxy

SQUARE = """# a square and a triangle on it
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
v 0.5 2 0.25
vt 0 0
vt 1 0
vt 1 1
vt 0 1
vt 0.5 1
vn 0 0 1
f 1/1/1 2/2/1 3/3/1 4/4/1
f 4/4 3/3 5/5
"""

FIT = """# a proxy
name thing
obj_file thing.obj
x_scale 0 1 2.0
z_scale 0 2 4.0
verts 0
0 1 2 0.5 0.25 0.25 0.1 0.2 0.3
1
2 3 4 0 0 1 0 0 0
0 0 0 1 0 0 0 0 -1
3

delete_verts
3 7 - 9 12
20 - 21
"""
BODY = np.array([[0, 0, 0], [4, 0, 0], [0, 8, 2], [1, 1, 1], [5, 5, 5]], np.float32)


@pytest.fixture
def square(tmp_path: Path) -> Path:
    path = tmp_path / "thing.obj"
    path.write_text(SQUARE)
    return path


@pytest.fixture
def fit(square: Path) -> Path:
    path = square.with_suffix(".mhclo")
    path.write_text(FIT)
    return path


def flat() -> Topology:
    """Two triangles of a square, and a third one, far off, which uses vertices 6 to 8."""
    faces = np.array([[0, 1, 2], [0, 2, 3], [6, 7, 8]], np.int32)
    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0.5, 0.5]], np.float32)
    corners = np.array([[0, 1, 2], [4, 2, 3], [0, 1, 2]], np.int32)
    return Topology(faces, uv, corners)


def test_polygons_become_fans_of_triangles(square: Path) -> None:
    mesh = read_obj(square)
    assert mesh.vertices.dtype == np.float32
    np.testing.assert_array_equal(mesh.vertices[4], [0.5, 2, 0.25])
    np.testing.assert_array_equal(mesh.topology.faces, [[0, 1, 2], [0, 2, 3], [3, 2, 4]])
    np.testing.assert_array_equal(mesh.topology.uv_faces, [[0, 1, 2], [0, 2, 3], [3, 2, 4]])
    np.testing.assert_array_equal(mesh.topology.uv[2], [1, 1])


@pytest.mark.parametrize("corner", ["{0}", "{0}//{0}"])
def test_corners_without_a_texture_get_one_coordinate(tmp_path: Path, corner: str) -> None:
    path = tmp_path / "plain.obj"
    face = " ".join(corner.format(index) for index in (1, 2, 3))
    path.write_text(f"v 0 0 0\nv 1 0 0\nv 0 1 0\nf {face}\n")
    topology = read_obj(path).topology
    np.testing.assert_array_equal(topology.faces, [[0, 1, 2]])
    np.testing.assert_array_equal(topology.uv, [[0, 0]])
    np.testing.assert_array_equal(topology.uv_faces, [[0, 0, 0]])


def test_files_without_triangles_or_without_a_place_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.obj"
    path.write_text("v 0 0 0\n")
    with pytest.raises(InputError, match="no triangles"):
        read_obj(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_obj(tmp_path / "missing.obj")


def test_a_proxy_s_vertices_are_mixed_moved_and_scaled(fit: Path) -> None:
    fitted = read_proxy(fit)
    # x is twice as long as the reference, z half as long; y has none.
    np.testing.assert_allclose(fitted.scale(BODY), [2, 1, 0.5])
    np.testing.assert_allclose(
        fitted.fit(BODY),
        [[1.2, 2.2, 0.65], BODY[1], BODY[4], [0, 0, -0.5], BODY[3]],
        rtol=1e-6,
    )


def test_a_line_of_one_vertex_is_that_vertex(fit: Path) -> None:
    fitted = read_proxy(fit)
    np.testing.assert_array_equal(fitted.anchors[1], [1, 1, 1])
    np.testing.assert_array_equal(fitted.weights[1], [1, 0, 0])
    np.testing.assert_array_equal(fitted.offsets[1], 0)


def test_what_a_proxy_covers_is_given_by_numbers_and_ranges(fit: Path) -> None:
    assert read_proxy(fit).hides.tolist() == [3, 7, 8, 9, 12, 20, 21]


def test_a_proxy_that_covers_nothing_and_has_no_scale_is_read(fit: Path) -> None:
    text = FIT.partition("delete_verts")[0]
    fit.write_text("\n".join(line for line in text.split("\n") if "_scale" not in line))
    fitted = read_proxy(fit)
    assert fitted.hides.size == 0
    np.testing.assert_array_equal(fitted.scale(BODY), 1)


def test_a_proxy_with_too_few_vertices_is_refused(fit: Path) -> None:
    fit.write_text(FIT.replace("2 3 4 0 0 1 0 0 0\n", ""))
    with pytest.raises(InputError, match="4 of the 5 vertices"):
        read_proxy(fit)


def test_corners_are_the_distinct_pairs_of_vertex_and_texture() -> None:
    topology = flat()
    vertices, uv, triangles = topology.corners
    # Vertex 0 lies at two places of the texture, and the others at one each.
    assert sorted(vertices.tolist()) == [0, 0, 1, 2, 3, 6, 7, 8]
    np.testing.assert_array_equal(vertices[triangles], topology.faces)
    np.testing.assert_array_equal(uv[triangles], topology.uv[topology.uv_faces])


def test_normals_are_of_length_one_and_lean_to_the_larger_triangle() -> None:
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    vertices = np.array([[0, 0, 0], [3, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    normals = Topology(faces, np.zeros((1, 2), np.float32), 0 * faces).normals(vertices)
    np.testing.assert_allclose(normals[1], [0, 0, 1], atol=1e-6)  # counter-clockwise from outside
    np.testing.assert_allclose(normals[3], [1, 0, 0], atol=1e-6)
    np.testing.assert_allclose(normals[0], np.array([1, 0, 3]) / 10**0.5, atol=1e-6)


def test_vertices_without_triangles_have_no_normal() -> None:
    vertices = np.random.default_rng(0).random((9, 3)).astype(np.float32)
    np.testing.assert_array_equal(flat().normals(vertices)[4:6], 0)


def test_a_compact_mesh_has_the_same_triangles() -> None:
    used, compact = flat().compact()
    assert used.tolist() == [0, 1, 2, 3, 6, 7, 8]
    np.testing.assert_array_equal(used[compact.faces], flat().faces)
    np.testing.assert_array_equal(compact.uv_faces, flat().uv_faces)


def test_a_part_keeps_the_numbers_of_its_vertices() -> None:
    some = flat().part(np.array([False, True, True]))
    np.testing.assert_array_equal(some.faces, [[0, 2, 3], [6, 7, 8]])
    np.testing.assert_array_equal(some.uv_faces, [[4, 2, 3], [0, 1, 2]])
    np.testing.assert_array_equal(some.uv, flat().uv)
