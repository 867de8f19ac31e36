"""Pictures and their truths agree with each other, and the same chance gives the same picture."""

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest

from hyperreenact_core.heads.camera import Framing
from hyperreenact_core.heads.expression import coefficients
from hyperreenact_core.heads.figure import Figure
from hyperreenact_core.heads.light import DAYLIGHT, sample_light
from hyperreenact_core.heads.parts import Label
from hyperreenact_core.heads.performance import Performance, sample_performance
from hyperreenact_core.heads.picture import Picture, Scene, clip_of, develop, sample_scene, shoot
from hyperreenact_core.heads.stage import Stage

Cast = Callable[..., Figure]
SCENE = Scene(framing=Framing(1.8))


def frontal(yaw_deg: float = 0.0, **actions: float) -> Performance:
    return Performance(coefficients(actions), yaw_deg=yaw_deg, pitch_deg=0.0, roll_deg=0.0)


def taken(stage: Stage, figure: Figure, moment: Performance, scene: Scene = SCENE) -> Picture:
    (shot,) = clip_of(figure, [moment], scene)
    return develop(stage, shot, scene, np.random.default_rng(0))[0]


@pytest.mark.parametrize("seed", [7, 40])
def test_labels_depth_and_coverage_show_the_same_figure(cast: Cast, stage: Stage, seed: int):
    picture = taken(stage, cast(seed), frontal())
    figure = picture.labels != Label.BACKGROUND
    np.testing.assert_array_equal(figure, np.isfinite(picture.depth))
    assert picture.coverage[figure].mean() > 245
    assert picture.coverage[~figure].mean() < 12
    face = picture.labels == Label.FACE
    assert face.mean() > 0.08
    # The lens is ten decimetres from the eyes.
    assert 8.5 < np.median(picture.depth[face]) < 11
    assert set(np.unique(picture.labels)) <= {int(label) for label in Label}


def test_labels_are_where_the_mesh_points_say(cast: Cast, stage: Stage):
    picture = taken(stage, cast(7, bare=True), frontal(jawOpen=0.7))
    columns, rows = np.floor(picture.points[:, :2]).astype(int).T
    under = picture.labels[rows, columns]
    assert (under[[4, 50, 280, 9, 200, 5]] == Label.FACE).all()
    eyes = np.floor(picture.irises).astype(int)
    assert (picture.labels[eyes[:, 1], eyes[:, 0]] == Label.EYES).all()
    lips = picture.points[[13, 14], :2].mean(0).astype(int)
    # Between open lips there is the mouth's inside: teeth, tongue or dark skin.
    assert picture.labels[lips[1], lips[0]] in (Label.MOUTH, Label.SKIN, Label.FACE)
    assert (picture.labels == Label.MOUTH).any()


def test_what_is_worn_and_held_has_its_label(cast: Cast, stage: Stage):
    with_glasses = taken(stage, cast(11, glasses=True), frontal())
    assert (with_glasses.labels == Label.GLASSES).sum() > 20
    assert (taken(stage, cast(11, bare=True), frontal()).labels != Label.GLASSES).all()
    figure = cast(11, hair="long01")
    rng = np.random.default_rng(5)
    scene = sample_scene(rng, figure, Framing(2.4), occluded=True)
    picture = taken(stage, figure, frontal(), scene)
    assert (picture.labels == Label.OTHER).any()
    assert (picture.labels == Label.HAIR).sum() > 1000
    assert scene.occluder_kind


def test_points_of_a_turned_face_are_hidden_on_its_far_side(cast: Cast, stage: Stage):
    figure = cast(7, bare=True)
    ahead, aside = (taken(stage, figure, frontal(yaw)) for yaw in (0, 65))
    # The face turns to the viewer's right, which hides the outline there.
    near, far = [234, 93, 132, 58, 172, 50], [454, 323, 361, 288, 397, 280]
    assert aside.visible[near].all()
    assert not aside.visible[far].any()
    assert ahead.visible.mean() > 0.95
    mirrored = taken(stage, figure, frontal(-65))
    assert mirrored.visible[far].all()
    assert not mirrored.visible[near].any()


def test_the_pose_takes_the_resting_head_to_where_it_is(cast: Cast, stage: Stage):
    figure = cast(7)
    moment = Performance(coefficients({}), yaw_deg=-40.0, pitch_deg=12.0, roll_deg=9.0)
    (shot,) = clip_of(figure, [moment], SCENE)
    picture, _ = develop(stage, shot, SCENE, np.random.default_rng(0))
    world = figure.points @ picture.rotation.T + picture.translation
    np.testing.assert_allclose(world, shot.posed.points, atol=2e-4)
    clip = np.c_[world, np.ones(468)] @ picture.camera.T
    xy = (clip[:, :2] / clip[:, 3:] * [1, -1] + 1) / 2 * stage.size
    np.testing.assert_allclose(xy, picture.points[:, :2], atol=0.01)
    # x of the points is that of the viewer, and so is their depth: the nose is nearest.
    assert picture.points[4, 2] < picture.points[[234, 454], 2].min()
    np.testing.assert_allclose(np.linalg.norm(picture.gaze, axis=1), 1, atol=1e-5)


def test_eyes_look_to_the_side_that_they_are_told(cast: Cast, stage: Stage):
    figure = cast(7, bare=True)
    left = taken(stage, figure, frontal(eyeLookOutLeft=1.0, eyeLookInRight=1.0))
    right = taken(stage, figure, frontal(eyeLookInLeft=1.0, eyeLookOutRight=1.0))
    assert (left.gaze[:, 0] - right.gaze[:, 0] > 0.4).all()
    assert (left.irises[:, 0] - right.irises[:, 0] > 2).all()


def test_the_same_chance_gives_the_same_picture(cast: Cast, stage: Stage):
    def draw(seed: int) -> Picture:
        figure, rng = cast(40), np.random.default_rng(seed)
        scene = sample_scene(rng, figure, Framing(2.0))
        (shot,) = clip_of(figure, [sample_performance(rng)], scene)
        return develop(stage, shot, scene, rng)[0]

    one, again, other = draw(3), draw(3), draw(4)
    for field in fields(Picture):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(again, field.name))
    assert (one.image != other.image).mean() > 0.5


def test_pictures_are_drawn_anew_without_light_too(cast: Cast, drawable: None):
    # Mesa once moved what the first picture was drawn on, and showed it for ever.
    stage, figure = Stage(64), cast(40)
    shots = clip_of(figure, [frontal(0), frontal(50)], SCENE)
    first, second = (stage.draw(shot.parts, shot.camera, DAYLIGHT, unlit=True) for shot in shots)
    assert np.abs(first - second).mean() > 0.01


def test_no_light_leaves_holes(cast: Cast, stage: Stage):
    rng = np.random.default_rng(1)
    for seed in (7, 11, 40):
        for yaw in (0, -50):
            shot = shoot(cast(seed), frontal(yaw), replace(SCENE, framing=Framing(2.6)))
            drawn = stage.draw(shot.parts, shot.camera, sample_light(rng))
            assert np.isfinite(drawn).all()
            assert drawn.min() >= 0
            assert drawn[..., 3].max() <= 1.01
