"""Figures: each a person of one's own, that moves as faces and heads do."""

from dataclasses import replace

import numpy as np
import pytest

from hyperreenact_core.heads.expression import coefficients
from hyperreenact_core.heads.figure import Figure, Posed, PosedPart, make_figure, pose_figure
from hyperreenact_core.heads.gaze import rotation_matrix
from hyperreenact_core.heads.meshes import Floats
from hyperreenact_core.heads.parts import Label, Material
from hyperreenact_core.heads.people import face_changes, sample_person
from hyperreenact_core.heads.performance import sample_performance
from hyperreenact_core.heads.person import Person
from hyperreenact_core.heads.presets import PRESETS
from hyperreenact_core.heads.wardrobe import Wardrobe

STILL = np.eye(3, dtype=np.float32)
TURNS = [(60, 0, 0), (0, -30, 0), (0, 0, 25), (-45, 20, -15)]
PAIRS = [(33, 263), (133, 362), (61, 291), (234, 454), (105, 334), (50, 280), (172, 397), (98, 327)]
UPPER_LIDS = [[161, 160, 159, 158, 157], [388, 387, 386, 385, 384]]
LOWER_LIDS = [[163, 144, 145, 153, 154], [390, 373, 374, 380, 381]]


def person(seed: int, wardrobe: Wardrobe) -> Person:
    return replace(sample_person(seed, wardrobe), hat=None, glasses=None, mask=None)


@pytest.fixture(scope="module")
def figures(wardrobe: Wardrobe) -> list[Figure]:
    """A woman and a man, the man with a beard."""
    return [make_figure(person(seed, wardrobe), wardrobe) for seed in (0, 1)]


def turned(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Floats:
    return rotation_matrix(yaw_deg, pitch_deg, roll_deg).astype(np.float32)


def pose(figure: Figure, turn: Floats = STILL, /, **actions: float) -> Posed:
    return pose_figure(figure, coefficients(actions), turn)


def part(posed: Posed, material: Material) -> PosedPart:
    return next(one for one in posed.parts if one.part.material == material)


def angles(gaze: np.ndarray) -> np.ndarray:
    """[2, 2] yaw and pitch of each eye in degrees."""
    return np.degrees([np.arctan2(gaze[:, 0], gaze[:, 2]), np.arcsin(gaze[:, 1])]).T


def test_the_same_seed_gives_the_same_figure(wardrobe: Wardrobe, figures: list[Figure]) -> None:
    again = make_figure(person(1, wardrobe), wardrobe)
    np.testing.assert_array_equal(again.points, figures[1].points)
    assert len(again.parts) == len(figures[1].parts)
    for one, other in zip(again.parts, figures[1].parts, strict=True):
        np.testing.assert_array_equal(one.rest, other.rest)
        np.testing.assert_array_equal(one.texture.pixels, other.texture.pixels)


def test_people_differ_in_shape_and_skin(figures: list[Figure]) -> None:
    shapes = [figure.points - figure.points.mean(0) for figure in figures]
    assert 0.02 < np.linalg.norm(shapes[0] - shapes[1], axis=1).mean() < 0.3
    first, second = (figure.parts[0].texture.pixels[..., :3] for figure in figures)
    assert np.abs(first.astype(int) - second).mean() > 3


def test_faces_are_a_little_asymmetric(figures: list[Figure]) -> None:
    for figure in figures:
        left, right = (figure.points[list(side)] for side in zip(*PAIRS, strict=True))
        apart = np.abs(left * [-1, 1, 1] - right)
        assert 0.003 < apart.max() < 0.15


def test_the_body_model_changes_every_part_of_the_face() -> None:
    pytest.importorskip("anny", reason="needs the extra heads")
    parts = {label.removeprefix("l-").split("-")[0] for label in face_changes()}
    assert {"head", "eye", "nose", "mouth", "chin", "cheek", "ear", "forehead"} <= parts
    assert not any(label.startswith("r-") for label in face_changes())


def test_everything_that_is_posed_is_whole(figures: list[Figure]) -> None:
    rng = np.random.default_rng(0)
    for figure in figures:
        performance = sample_performance(rng)
        posed = pose_figure(figure, performance.expression, turned(30, 10, 5))
        labels = {one.part.label for one in posed.parts}
        assert labels >= {Label.SKIN, Label.EYES, Label.HAIR, Label.CLOTHES}
        for one in posed.parts:
            count = len(one.part.rest)
            assert one.vertices.shape == one.normals.shape == (count, 3)
            assert one.shade.shape == (count,)
            assert np.isfinite(one.vertices).all()
            assert one.part.topology.faces.max() < count
            length = np.linalg.norm(one.normals[np.unique(one.part.topology.faces)], axis=1)
            assert np.median(length) == pytest.approx(1, abs=1e-4)
            assert one.shade.min() >= 0


def test_posing_leaves_the_figure_as_it_was(figures: list[Figure]) -> None:
    first = pose(figures[0])
    pose(figures[0], turned(40, 20, 10), jawOpen=1.0, eyeLookUp=1.0, eyeBlink=1.0)
    again = pose(figures[0])
    np.testing.assert_array_equal(again.points, first.points)
    for one, other in zip(again.parts, first.parts, strict=True):
        np.testing.assert_array_equal(one.vertices, other.vertices)


@pytest.mark.parametrize("angles_deg", TURNS)
def test_the_head_turns_as_one(
    figures: list[Figure], angles_deg: tuple[float, float, float]
) -> None:
    turn = turned(*angles_deg)
    for figure in figures:
        still, moved = (pose(figure, one, mouthSmile=0.7) for one in (STILL, turn))
        expected = still.points @ moved.rotation.T + moved.translation
        np.testing.assert_allclose(moved.points, expected, atol=1e-4)
        np.testing.assert_allclose(moved.rotation, turn, atol=1e-6)
        for before, after in zip(still.parts, moved.parts, strict=True):
            head = before.part.grip == 1
            expected = before.vertices[head] @ moved.rotation.T + moved.translation
            np.testing.assert_allclose(after.vertices[head], expected, atol=2e-4)
        np.testing.assert_allclose(moved.gaze, still.gaze @ turn.T, atol=1e-3)


def test_the_chest_nods_with_nobody_and_follows_a_turn_in_part(figures: list[Figure]) -> None:
    still, nod, turn = (
        part(pose(figures[0], turned(*one)), Material.SKIN)
        for one in ((0, 0, 0), (0, 35, 0), (70, 0, 0))
    )
    chest = still.part.grip == 0
    assert chest.sum() > 100
    np.testing.assert_allclose(nod.vertices[chest], still.vertices[chest], atol=1e-4)
    shoulders = still.vertices[chest] - still.vertices[chest].mean(0)
    moved = turn.vertices[chest] - turn.vertices[chest].mean(0)
    cosine = (shoulders[:, [0, 2]] * moved[:, [0, 2]]).sum() / (shoulders[:, [0, 2]] ** 2).sum()
    assert 15 < np.degrees(np.arccos(cosine)) < 50


def test_mesh_points_stay_on_the_skin(figures: list[Figure]) -> None:
    for name in ("neutral", "broad_smile", "surprise", "blink", "kiss"):
        posed = pose_figure(figures[0], coefficients(PRESETS[name]), turned(25, 10, 5))
        skin = part(posed, Material.SKIN).vertices
        away = [np.linalg.norm(skin - point, axis=1).min() for point in posed.points]
        assert max(away) < 0.12, name


def test_actions_move_what_they_are_named_after(figures: list[Figure]) -> None:
    for figure in figures:
        rest = pose(figure).points
        jaw, smile = pose(figure, jawOpen=1.0).points, pose(figure, mouthSmile=1.0).points
        brows, blink = pose(figure, browInnerUp=1.0).points, pose(figure, eyeBlink=1.0).points
        assert jaw[152, 1] < rest[152, 1] - 0.15
        assert (smile[[61, 291], 1] > rest[[61, 291], 1] + 0.03).all()
        assert (brows[[55, 285], 1] > rest[[55, 285], 1] + 0.03).all()
        for upper, lower in zip(UPPER_LIDS, LOWER_LIDS, strict=True):
            open_, shut = (float((at[upper, 1] - at[lower, 1]).mean()) for at in (rest, blink))
            assert open_ > 0.04
            assert shut < 0.1 * open_


def test_closed_lips_hide_the_teeth(figures: list[Figure]) -> None:
    shown: list[bool] = []
    for name, preset in PRESETS.items():
        posed = pose_figure(figures[1], coefficients(preset), STILL)
        gap = float(np.linalg.norm(posed.points[13] - posed.points[14]))
        mouth = any(one.part.label == Label.MOUTH for one in posed.parts)
        assert mouth == (gap >= 0.012), name
        shown.append(mouth)
    assert 2 < shown.count(False) < len(shown) / 2
    assert any(one.part.label == Label.MOUTH for one in pose(figures[1], jawOpen=0.3).parts)


def test_lids_lie_before_the_eyeballs(figures: list[Figure]) -> None:
    rng = np.random.default_rng(0)
    for index in range(50):
        figure = figures[index % 2]
        posed = pose_figure(figure, sample_performance(rng).expression, STILL)
        skin = part(posed, Material.SKIN)
        assert skin.part.face is not None
        face = skin.vertices[skin.part.face > 0]
        for ball, upper, lower in zip(figure.eyes.spins, UPPER_LIDS, LOWER_LIDS, strict=True):
            away = face - ball.centre
            before = away[:, 2] > 0
            assert np.linalg.norm(away[before], axis=1).min() > ball.radius + 0.01
            lids = posed.points[[*upper, *lower]] - ball.centre
            assert np.linalg.norm(lids, axis=1).min() > ball.radius + 0.01


def test_eyeballs_turn_about_their_centres_and_keep_their_shape(figures: list[Figure]) -> None:
    figure = figures[0]
    for actions in ({"eyeLookUp": 1.0}, {"eyeLookInLeft": 0.8, "eyeLookOutRight": 0.8}):
        eyes = part(pose(figure, **actions), Material.EYE).vertices
        for spin in figure.eyes.spins:
            before, after = (at[spin.vertices] for at in (figure.eyes.rest, eyes))
            u, _, vt = np.linalg.svd((before - spin.centre).T @ (after - spin.centre))
            turn = (u @ vt).T
            assert np.linalg.det(turn) == pytest.approx(1, abs=1e-3)
            np.testing.assert_allclose(
                after, (before - spin.centre) @ turn.T + spin.centre, atol=1e-3
            )
            assert np.abs(after - before).max() > 0.02


@pytest.mark.parametrize(
    ("name", "eye", "axis", "sign"),
    [
        ("eyeLookOutLeft", 1, 0, 1),
        ("eyeLookInLeft", 1, 0, -1),
        ("eyeLookInRight", 0, 0, 1),
        ("eyeLookOutRight", 0, 0, -1),
        ("eyeLookUpLeft", 1, 1, 1),
        ("eyeLookDownRight", 0, 1, -1),
    ],
)
def test_eyes_look_where_the_actions_say(
    figures: list[Figure], name: str, eye: int, axis: int, sign: int
) -> None:
    for figure in figures:
        rest, half, full = (angles(pose(figure, **{name: value}).gaze) for value in (0.0, 0.5, 1.0))
        # The person's left eye lies to the viewer's right, and comes second.
        moved = sign * (full - rest)[eye, axis]
        assert 8 < moved < 30
        assert sign * (half - rest)[eye, axis] == pytest.approx(moved / 2, rel=0.15)
        np.testing.assert_allclose(full[1 - eye], rest[1 - eye], atol=0.01)


def test_a_resting_gaze_is_ahead_and_the_same_for_both_eyes(figures: list[Figure]) -> None:
    for figure in figures:
        posed = pose(figure)
        gaze = angles(posed.gaze)
        assert np.abs(gaze).max() < 5
        assert gaze[0, 0] == pytest.approx(-gaze[1, 0], abs=1)
        assert gaze[0, 1] == pytest.approx(gaze[1, 1], abs=1)
        assert posed.irises[0, 0] < 0 < posed.irises[1, 0]
        np.testing.assert_allclose(np.linalg.norm(posed.gaze, axis=1), 1, atol=1e-5)


def test_teeth_and_tongue_are_seen_as_in_an_open_mouth(figures: list[Figure]) -> None:
    for figure in figures:
        posed = pose(figure, jawOpen=0.6)
        teeth, tongue = (p.vertices for p in posed.parts if p.part.label == Label.MOUTH)
        upper, lower = posed.points[13, 1], posed.points[14, 1]
        front = teeth[teeth[:, 2] > teeth[:, 2].max() - 0.1]
        above = front[front[:, 1] > (upper + lower) / 2]
        assert lower < above[:, 1].min() < upper, "some of the upper teeth show"
        assert above[:, 1].min() > upper - 0.4 * (upper - lower), "and not more than some"
        assert tongue[:, 1].max() < upper
