import numpy as np
import pytest

from hyperreenact_core.heads.hands import HAND_POSES, hand
from hyperreenact_core.heads.masks import Mask, mask_pieces, sample_mask
from hyperreenact_core.heads.occluders import OCCLUDER_KINDS, sample_occluder
from hyperreenact_core.heads.pieces import MATERIALS, HeadFrame
from hyperreenact_core.heads.shapes import ellipsoid

RIGHT = (338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377)
LEFT = (109, 67, 103, 54, 21, 162, 127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148)
CHEEKS = {116: 0.65, 117: 0.55, 118: 0.45, 119: 0.35, 120: 0.25}


def make_frame():
    """The points that things are placed about, on an egg of a head with two ears."""
    places = {n: (0.6 * np.sin(2.4 * n), 0.6 * np.cos(1.7 * n) - 0.3) for n in range(468)}
    places |= {13: (0, -0.6), 14: (0, -0.65), 2: (0, -0.4), 4: (0, -0.25), 168: (0, 0.05)}
    places |= {33: (-0.5, 0), 133: (-0.2, 0), 362: (0.2, 0), 263: (0.5, 0), 61: (-0.25, -0.63)}
    places |= {50: (-0.45, -0.35), 197: (0, -0.08), 152: (0, -1.05), 10: (0, 0.85)}
    for step, (right, left) in enumerate(zip(RIGHT, LEFT, strict=True)):
        angle = (step + 1) * np.pi / 18
        x, y = 0.72 * np.sin(angle), 0.95 * np.cos(angle) - 0.1
        places |= {right: (x, y), left: (-x, y)}
    for index, x in CHEEKS.items():
        places |= {index: (-x, -0.15), index + 229: (x, -0.15)}
    xy = np.array([places[index] for index in range(468)])
    z = 0.95 * np.sqrt(np.maximum(1 - ((xy / [0.78, 1.2]) ** 2).sum(1), 0.01))
    skin = ellipsoid((0.78, 1.2, 0.95), rows=40, sides=60).vertices
    ear = ellipsoid((0.1, 0.33, 0.2), rows=11, sides=16).vertices
    ears = np.concatenate([ear + np.array([x, -0.1, -0.1]) for x in (-0.85, 0.85)])
    points = np.column_stack([xy, z]).astype(np.float32)
    return HeadFrame(points, skin[skin[:, 1] > 0.3], ears.astype(np.float32), skin)


FRAME = make_frame()


def volume(mesh):
    a, b, c = (mesh.vertices[mesh.topology.faces[:, k]].astype(np.float64) for k in range(3))
    return (np.cross(a, b) * c).sum() / 6


def vertices(pieces):
    return np.concatenate([piece.mesh.vertices for piece in pieces])


@pytest.mark.parametrize("pose", HAND_POSES.values(), ids=list(HAND_POSES))
def test_a_hand_is_a_body_of_its_size(pose):
    shape = hand(pose)
    assert 0.25 < volume(shape.skin) < 0.6
    assert volume(shape.nails) > 0
    assert shape.skin.vertices[:, 1].max() < 2.05
    assert np.ptp(shape.skin.vertices[:, 0]) < 1.5


def test_fingers_bend_to_the_palm():
    flat, fist, point = (hand(HAND_POSES[name]).tips for name in ("flat", "fist", "point"))
    assert (flat[1:, 1] > 1.4).all()
    assert (fist[1:, 1] < 1.0).all()
    assert (fist[1:, 2] > 0.02).all()
    assert point[1] == pytest.approx(flat[1], abs=0.1)
    assert point[2:] == pytest.approx(fist[2:], abs=0.1)


def test_the_thumb_of_a_right_hand_is_at_the_right_of_its_palm():
    tips = hand(HAND_POSES["wave"]).tips
    assert (np.diff(tips[:, 0]) < 0).all()


@pytest.mark.parametrize("kind", OCCLUDER_KINDS)
def test_things_are_whole_and_near_the_face(kind):
    for seed in range(8):
        pieces = sample_occluder(np.random.default_rng(seed), FRAME, kind=kind)
        for piece in pieces:
            topology = piece.mesh.topology
            assert np.isfinite(piece.mesh.vertices).all()
            assert topology.faces.max() < len(piece.mesh.vertices)
            assert topology.uv_faces.max() < len(topology.uv)
            assert piece.material in MATERIALS
            assert 0 < piece.opacity <= 1
        near = vertices(pieces)
        assert np.linalg.norm(near[:, :2], axis=1).min() < 2.2
        assert near[:, 2].max() > 0.2


@pytest.mark.parametrize("kind", ["microphone", "studio_microphone", "cup", "snack"])
def test_things_at_the_mouth_lie_before_it(kind):
    for seed in range(6):
        near = vertices(sample_occluder(np.random.default_rng(seed), FRAME, kind=kind))
        away = np.abs(near[:, :2] - FRAME.points[14, :2]).max(1)
        assert near[away < 0.9, 2].max() > FRAME.points[14, 2]


def test_hands_come_from_both_sides_in_the_given_skin():
    sides: set[bool] = set()
    for seed in range(12):
        rng = np.random.default_rng(seed)
        pieces = sample_occluder(rng, FRAME, skin=(0.1, 0.04, 0.02), kind="hand")
        assert [piece.name for piece in pieces] == ["hand", "nails", "sleeve"]
        assert pieces[0].colour == (0.1, 0.04, 0.02)
        assert pieces[0].material == "skin"
        assert volume(pieces[0].mesh) > 0.3
        sides.add(bool(pieces[2].mesh.vertices[:, 0].mean() > 0))
    assert sides == {False, True}


def test_the_same_seed_gives_the_same_thing():
    first, again, other = (
        vertices(sample_occluder(np.random.default_rng(seed), FRAME, kind="hand"))
        for seed in (3, 3, 4)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first[:100], other[:100])


@pytest.mark.parametrize("kind", ["surgical", "cloth", "shell"])
def test_a_mask_covers_mouth_and_nose_and_leaves_the_eyes(kind):
    cloth, loops = mask_pieces(Mask(kind, (0.3, 0.5, 0.7)), FRAME)
    mask = cloth.mesh.vertices
    for index in (4, 13):
        point = FRAME.points[index]
        near = np.hypot(*(mask[:, :2] - point[:2]).T) < 0.15
        assert near.any()
        assert mask[near, 2].max() > point[2] + 0.02
    assert mask[:, 1].max() < -0.05
    above_chin = mask[mask[:, 1] > -0.8]
    assert (np.linalg.norm(above_chin / [0.78, 1.2, 0.95], axis=1) > 0.98).all()
    assert loops.mesh.vertices[:, 2].min() < FRAME.ears[:, 2].mean()


def test_a_mask_pulled_down_is_lower():
    high, low = (vertices(mask_pieces(Mask("cloth", (1, 1, 1), low), FRAME)[:1]) for low in (0, 1))
    assert low[:, 1].max() < high[:, 1].max() - 0.2


def test_masks_vary():
    rng = np.random.default_rng(0)
    assert {sample_mask(rng).kind for _ in range(40)} == {"surgical", "cloth", "shell"}
