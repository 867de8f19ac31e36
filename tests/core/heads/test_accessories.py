from dataclasses import replace

import numpy as np
import pytest

from hyperreenact_core.errors import InputError
from hyperreenact_core.heads.earrings import EARRING_KINDS, earrings_pieces, sample_earrings
from hyperreenact_core.heads.glasses import LENS_SHAPES, sample_glasses
from hyperreenact_core.heads.glasses_fit import glasses_pieces
from hyperreenact_core.heads.hats import HAT_KINDS, hair_line, hat_pieces, sample_hat
from hyperreenact_core.heads.pieces import MATERIALS, head_frame
from hyperreenact_core.heads.shapes import (
    UV_PER_DM,
    Hull,
    circle,
    ellipsoid,
    extruded,
    lathe,
    moved,
    rounded_box,
    tube,
    turned,
)

SIZE = np.array([0.78, 1.2, 0.95])
PLACES = {
    **{
        9: (0, 0.3),
        66: (-0.25, 0.3),
        296: (0.25, 0.3),
        151: (0, 0.5),
        13: (0, -0.55),
        14: (0, -0.6),
    },
    **{33: (-0.5, 0), 133: (-0.2, 0), 362: (0.2, 0), 263: (0.5, 0), 61: (-0.25, -0.58)},
    **{159: (-0.35, 0.05), 145: (-0.35, -0.05), 386: (0.35, 0.05), 374: (0.35, -0.05)},
    **{158: (-0.3, 0.05), 385: (0.3, 0.05), 168: (0, 0.05), 4: (0, -0.25)},
}
OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)


def on_face(x, y):
    """[..., 3] points of an egg of a head."""
    z = SIZE[2] * np.sqrt(np.maximum(1 - (x / SIZE[0]) ** 2 - (y / SIZE[1]) ** 2, 0.01))
    return np.stack(np.broadcast_arrays(x, y, z), -1)


def make_head():
    """Points and skin of an egg with two ears, on a neck and a chest."""
    points = np.tile(on_face(0.0, -0.3), (468, 1))
    for index, (x, y) in PLACES.items():
        points[index] = on_face(x, y)
    angle = np.arange(36) * np.pi / 18
    points[list(OVAL)] = on_face(0.765 * np.sin(angle), 0.95 * np.cos(angle) - 0.1)
    head = ellipsoid(SIZE, rows=40, sides=60).vertices
    ear = ellipsoid((0.1, 0.33, 0.2), rows=11, sides=16).vertices
    ears = [ear + np.array([x, -0.1, -0.1]) for x in (-0.85, 0.85)]
    neck = lathe([(1.8, -2.4), (1.7, -2.0), (0.55, -1.6), (0.5, -0.9)], sides=40).vertices
    body = np.concatenate([head, *ears, neck])
    return points.astype(np.float32), body.astype(np.float32)


FRAME = head_frame(*make_head())


def volume(mesh):
    a, b, c = (mesh.vertices[mesh.topology.faces[:, k]].astype(np.float64) for k in range(3))
    return (np.cross(a, b) * c).sum() / 6


def check(pieces):
    for piece in pieces:
        topology = piece.mesh.topology
        assert np.isfinite(piece.mesh.vertices).all()
        assert topology.faces.max() < len(piece.mesh.vertices)
        assert topology.uv_faces.max() < len(topology.uv)
        assert piece.material in MATERIALS
        assert 0 < piece.opacity <= 1
        assert min(piece.colour) >= 0


@pytest.mark.parametrize(
    ("mesh", "expected"),
    [
        (ellipsoid((1, 2, 3), rows=40, sides=60), 8 * np.pi),
        (rounded_box((1, 2, 3), 0.05), 6),
        (
            tube([[0, 0, 0], [0, 1, 2], [0, 2, 4]], 0.5, sides=60, caps="flat"),
            0.25 * np.pi * 20**0.5,
        ),
        (tube(np.insert(circle(80), 1, 0, axis=1), 0.1, sides=30, closed=True), 0.02 * np.pi**2),
        (lathe([(0, 0), (1, 0), (1, 2), (0, 2)], sides=60), 2 * np.pi),
        (extruded(circle(60), 0.3), 0.3 * np.pi),
    ],
)
def test_closed_blocks_enclose_their_volume_and_look_outwards(mesh, expected):
    assert volume(mesh) == pytest.approx(expected, rel=0.03)
    assert volume(moved(mesh, np.diag([-1, 1, 1]), (5, 0, 0))) == pytest.approx(expected, rel=0.03)


def test_cloth_is_laid_out_at_one_scale():
    mesh = tube([[0, 0, 0], [0, 0, 1], [0, 0, 2]], 0.5, sides=40, caps="none")
    assert mesh.topology.uv.max(0) == pytest.approx([np.pi * UV_PER_DM, 2 * UV_PER_DM], rel=0.01)


def test_rotations_turn_as_named():
    assert turned(x_deg=90) @ [0, 1, 0] == pytest.approx([0, 0, 1])
    assert turned(y_deg=90) @ [0, 0, 1] == pytest.approx([1, 0, 0])


def test_a_hull_encloses_its_points():
    points = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    hull = Hull(points, (0, 0, 0))
    length = np.linalg.norm(points, axis=1)
    assert (hull.radius(points / length[:, None]) >= length * 0.999).all()


def test_ears_and_scalp_are_found():
    assert np.abs(FRAME.ears[:, 0]).min() > 0.7
    assert FRAME.ear(1)[:, 1].max() == pytest.approx(0.23, abs=0.05)
    assert FRAME.skull[:, 1].max() == pytest.approx(1.2, abs=0.01)
    assert FRAME.skull[FRAME.skull[:, 2] > 0.2, 1].min() > 0.2


def test_a_body_in_metres_is_refused():
    points, body = make_head()
    with pytest.raises(InputError, match="decimetres"):
        head_frame(points / 10, body / 10 * [0.1, 1, 1])


def test_the_same_seed_gives_the_same_accessories():
    for sample in (sample_glasses, sample_hat, sample_earrings):
        assert sample(np.random.default_rng(4)) == sample(np.random.default_rng(4))
        assert sample(np.random.default_rng(4)) != sample(np.random.default_rng(5))


@pytest.mark.parametrize("shape", LENS_SHAPES)
@pytest.mark.parametrize("rim", ["full", "half", "none"])
def test_glasses_stand_before_the_eyes_and_reach_behind_the_ears(shape, rim):
    glasses = sample_glasses(np.random.default_rng(1))
    glasses = replace(glasses, shape=shape, rim=rim, slide=0.1, width=0.95, metal=rim != "full")
    pieces = glasses_pieces(glasses, FRAME)
    check(pieces)
    by_name = {piece.name: piece.mesh.vertices for piece in pieces}
    for name, x in (("left lens", -0.35), ("right lens", 0.35)):
        lens = by_name[name]
        near = np.hypot(lens[:, 0] - x, lens[:, 1]) < 0.15
        assert near.any()
        assert lens[near, 2].min() > on_face(x, 0.0)[2] + 0.1
    temples = by_name["glasses temples"]
    assert temples[:, 2].min() < FRAME.ears[:, 2].mean()
    assert (np.linalg.norm(temples[temples[:, 2] > 0.2] / SIZE, axis=1) > 1).all()


def test_sun_glasses_are_darker_than_others():
    rng = np.random.default_rng(0)
    opacity = np.array([sample_glasses(rng).lens_opacity for _ in range(200)])
    assert ((opacity < 0.16) | (opacity > 0.49)).all()
    assert 0.2 < (opacity > 0.49).mean() < 0.5


@pytest.mark.parametrize("kind", HAT_KINDS)
def test_a_hat_lies_outside_the_skull(kind):
    for seed in range(3):
        hat = replace(sample_hat(np.random.default_rng(seed), kind), tilt_deg=0.0, low=0.2)
        pieces = hat_pieces(hat, FRAME)
        check(pieces)
        vertices = np.concatenate([piece.mesh.vertices for piece in pieces])
        above = vertices[vertices[:, 1] > (0.62 if kind != "headphones" else 0.9)]
        assert len(above) > 10
        assert (np.linalg.norm(above / SIZE, axis=1) > 0.995).all()


def test_a_hat_covers_all_hair_above_its_line():
    for kind in HAT_KINDS:
        hat = sample_hat(np.random.default_rng(2), kind)
        line = hair_line(hat, FRAME)
        assert (line is None) == (not hat.covers_hair or hat.covers_ears)
        if line is not None:
            assert line.normal[1] > 0.8
            assert 0 < line.point[1] < 0.6


def test_a_cap_turned_round_has_its_peak_behind():
    hat = replace(sample_hat(np.random.default_rng(0), "cap"), turned=False)
    front = hat_pieces(hat, FRAME)[1].mesh.vertices
    back = hat_pieces(replace(hat, turned=True), FRAME)[1].mesh.vertices
    assert front[:, 2].max() > 1.3
    assert back[:, 2].min() < -1.3


def test_hair_that_shows_lifts_a_headband():
    hat = sample_hat(np.random.default_rng(0), "headband")
    flat = hat_pieces(hat, FRAME)[0].mesh.vertices
    lifted = hat_pieces(hat, replace(FRAME, hair=0.2))[0].mesh.vertices
    assert np.ptp(lifted[:, 0]) > np.ptp(flat[:, 0]) + 0.3


@pytest.mark.parametrize("kind", EARRING_KINDS)
def test_earrings_hang_at_the_lobes(kind):
    earrings = replace(sample_earrings(np.random.default_rng(0)), kind=kind, sides=(1,))
    pieces = earrings_pieces(earrings, FRAME)
    check(pieces)
    vertices = np.concatenate([piece.mesh.vertices for piece in pieces])
    lobe = FRAME.ear(1)[:, 1].min()
    assert vertices[:, 0].min() > 0.5
    assert lobe - 0.1 < vertices[:, 1].max() < lobe + 0.2
