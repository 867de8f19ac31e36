"""The expression of one face, shaped by sliders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from hyperreenact_core.errors import InputError, NoFaceError
from hyperreenact_core.heads.expression import ACTIONS, action_index
from hyperreenact_core.host import LocalHost
from hyperreenact_core.models.sets import LoadedSet
from hyperreenact_core.networks.reader_regions import LEFT_EYE, LIDS, MOUTH, RIGHT_EYE
from hyperreenact_core.reenact.detail.head_model import load_head_model
from hyperreenact_core.reenact.detail.performance import HeadState
from hyperreenact_core.reenact.editor import FaceEditor, expression_track, open_editor
from hyperreenact_core.reenact.expression import AT_REST, Expression
from hyperreenact_core.reenact.files import load_poses, save_poses
from hyperreenact_core.reenact.sliders import (
    PAIRS,
    PRESETS,
    SLIDERS,
    added,
    checked_values,
    linked,
    parsed_values,
    text_of_values,
)
from tests.core.reenact.tiny import picture, save_tiny_set

HOST = LocalHost(device="cpu")
_PARTS = {
    "right eye": LEFT_EYE[:LIDS],  # points have the viewer's sides, sliders the person's
    "left eye": RIGHT_EYE[:LIDS],
    "right brow": LEFT_EYE[LIDS:],
    "left brow": RIGHT_EYE[LIDS:],
    "mouth": MOUTH,
}
_TURNS = ("yaw", "pitch", "roll")
_EYES = ("gaze_x", "gaze_y", "blink_left", "blink_right", "squint")
_BROWS = ("brow_left", "brow_right", "furrow")
_ELSEWHERE = ("sneer", "puff", "tongue", "jaw_x")
"""Sliders of the nose, the cheeks and what points of the mesh do not show well."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> LoadedSet:
    return LoadedSet(save_tiny_set(tmp_path_factory.mktemp("models") / "told", told_states=True))


@pytest.fixture(scope="module")
def editor(models: LoadedSet) -> FaceEditor:
    return open_editor(picture(width=300, height=280, seed=7), models, HOST)


def some_state() -> HeadState:
    coefficients = np.random.default_rng(3).uniform(0, 0.6, len(ACTIONS))
    turned = Expression({"yaw": 12.0, "roll": 5.0}).state(AT_REST).rotation
    return HeadState(turned, coefficients)


def moved(values: dict[str, float]) -> dict[str, float]:
    """How far each part of a resting head moves, decimetres."""
    model = load_head_model()
    flat = np.zeros(len(model.shapes))
    state = Expression.of(values).state(AT_REST)
    step = model.points(flat, state.coefficients) - model.points(flat, AT_REST.coefficients)
    return {n: float(np.linalg.norm(step[list(at)], axis=1).max()) for n, at in _PARTS.items()}


def test_all_sliders_at_0_leave_the_state_as_it_is():
    own = some_state()
    for state in (
        Expression().state(own),
        Expression.of(dict.fromkeys(SLIDERS, 0)).state(own),
    ):
        assert np.array_equal(state.rotation, own.rotation)
        assert np.array_equal(state.coefficients, own.coefficients)


def test_a_small_move_of_a_slider_is_a_small_change():
    own = some_state()
    for slider in SLIDERS.values():
        state = Expression.of({slider.name: slider.high / 1000}).state(own)
        assert np.abs(state.rotation - own.rotation).max() < 1e-3, slider.name
        assert np.abs(state.coefficients - own.coefficients).max() < 3e-3, slider.name


def test_turns_are_on_top_of_the_heads_own():
    own = some_state()
    turn = Expression.of({"yaw": 15}).state(own).rotation @ own.rotation.T
    assert np.allclose(turn[:, 2], (np.sin(np.radians(15)), 0, np.cos(np.radians(15))), atol=1e-6)


@pytest.mark.parametrize("name", [n for n in SLIDERS if n not in (*_TURNS, *_ELSEWHERE)])
def test_a_slider_moves_the_part_it_names(name: str):
    value = SLIDERS[name].high
    far = moved({name: value})
    eyes = max(far["left eye"], far["right eye"])
    brows = max(far["left brow"], far["right brow"])
    if name.startswith("gaze"):
        looks = Expression.of({name: value}).state(AT_REST).coefficients
        assert {ACTIONS[k][:7] for k in np.flatnonzero(looks)} == {"eyeLook"}
    elif name in _EYES:
        assert eyes > 3 * far["mouth"]
    elif name in _BROWS:
        assert brows > max(far["mouth"], 0.02)
    else:
        assert far["mouth"] > 3 * max(eyes, brows)


@pytest.mark.parametrize("name", ["blink", "brow"])
def test_a_slider_of_one_side_leaves_the_other(name: str):
    part = "eye" if name == "blink" else "brow"
    for side, other in (("left", "right"), ("right", "left")):
        far = moved({f"{name}_{side}": 1.0})
        assert far[f"{side} {part}"] > 2 * far[f"{other} {part}"]


def test_opposites_give_way():
    smiling = HeadState(np.eye(3), Expression({"smile": 1.0}).state(AT_REST).coefficients)
    kissing = Expression.of({"pucker": 1}).state(smiling).coefficients
    assert kissing[action_index("mouthPucker")] > 0.5
    assert kissing[action_index("mouthSmileLeft")] < 0.6
    serious = Expression.of({"smile": -1}).state(smiling).coefficients
    assert serious.max() == 0


def test_full_sliders_pose_the_head_beyond_what_the_saved_coefficients_say():
    own = some_state()
    state, posed = (
        e(own) for e in (Expression.of({"puff": 1}).state, Expression.of({"puff": 1}).posed)
    )
    puff, smile = action_index("cheekPuff"), action_index("mouthSmileLeft")
    assert state.coefficients.max() <= 1 < posed.coefficients[puff]
    assert posed.coefficients[smile] == state.coefficients[smile]
    assert np.array_equal(posed.rotation, state.rotation)
    assert np.array_equal(Expression().posed(own).coefficients, own.coefficients)
    assert Expression.of({"gaze_x": -1, "gaze_y": -1}).posed(own).coefficients.min() >= 0


def test_presets_are_in_range_and_no_two_are_alike():
    assert PRESETS["neutral"] == {}
    faces = [Expression.of(dict(values)).state(AT_REST) for values in PRESETS.values()]
    for at, face in enumerate(faces):
        for other in faces[:at]:
            assert np.abs(face.coefficients - other.coefficients).max() > 0.2


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"smlie": 1}, "did you mean smile"),
        ({"smile": 1.5}, r"smile must lie in -1\.\.1, it is 1\.5"),
        ({"yaw": float("nan")}, "yaw must lie"),
        ({"yaw": "5"}, "yaw must lie"),
        ({"yaw": None}, "yaw must lie"),
        ({"yaw": 10**400}, "yaw must lie"),
    ],
)
def test_bad_values_are_refused(values: dict[str, object], message: str):
    with pytest.raises(InputError, match=message):
        checked_values(values)


def test_values_are_read_as_they_are_written():
    values = {"yaw": -15.0, "smile": 0.8}
    assert text_of_values({**values, "jaw": 0.0}) == "yaw=-15 smile=0.8"
    assert parsed_values(text_of_values(values).split()) == values
    for text in ("smile", "smile=", "smile=much", "=1"):
        with pytest.raises(InputError, match=r"write NAME=NUMBER|no slider"):
            parsed_values([text])


def test_values_on_top_of_a_preset_stay_in_range():
    assert added({"smile": 0.8}, {"smile": 0.6, "yaw": 3}) == {"yaw": 3, "smile": 1}
    assert added({"smile": 0.8, "yaw": 4}, {}, amount=0.5) == {"yaw": 2, "smile": 0.4}


def test_linked_sides_follow_the_left():
    assert linked({"blink_left": 0.4, "blink_right": 1, "yaw": 2}) == {
        "blink_left": 0.4,
        "blink_right": 0.4,
        "brow_right": 0.0,
        "yaw": 2,
    }
    assert set(PAIRS.values()) <= set(SLIDERS)


def test_a_face_without_an_expression_is_the_pictures_own(editor: FaceEditor):
    own = editor.draw(Expression(), size=128)
    assert own.picture.shape == (128, 128, 3)
    assert own.kept == 1
    whole = editor.pasted(editor.draw(Expression(), size=editor.side)).astype(int)
    assert np.abs(whole - editor.picture).mean() < 4


def test_an_expression_changes_the_face(editor: FaceEditor):
    own, smiling = (
        editor.draw(e, size=128) for e in (Expression(), Expression.of({"smile": 1, "jaw": 0.5}))
    )
    assert torch.isfinite(smiling.face).all()
    assert float((own.face - smiling.face).abs().max()) > 0.05
    assert editor.pasted(smiling).shape == editor.picture.shape


def test_an_expression_is_a_track_of_one_frame(
    editor: FaceEditor, models: LoadedSet, tmp_path: Path
):
    expression = Expression.of({"jaw": 0.8, "yaw": -15})
    track = expression_track(editor, expression, models, HOST)
    save_poses(tmp_path / "e.safetensors", track)
    back = load_poses(tmp_path / "e.safetensors")
    assert len(back) == 1
    assert back.note == "yaw=-15 jaw=0.8"
    assert back.performance is not None
    own = expression_track(editor, Expression(), models, HOST)
    jaw = action_index("jawOpen")
    assert own.performance is not None
    assert float(back.performance.coefficients[0, jaw] - own.performance.coefficients[0, jaw]) > 0.1
    assert float(own.pose.yaw_deg - back.pose.yaw_deg) == pytest.approx(15, abs=3)


def test_a_set_with_a_pose_encoder_looks_at_the_edited_face(tmp_path: Path):
    models = LoadedSet(save_tiny_set(tmp_path / "seen"))
    editor = open_editor(picture(width=80, height=100, seed=7), models, HOST)
    track = expression_track(editor, Expression.of({"smile": 1}), models, HOST)
    assert len(track) == 1
    assert track.performance is not None


def test_a_picture_without_a_face_is_named(models: LoadedSet):
    with pytest.raises(NoFaceError, match=r"me\.png shows no face"):
        open_editor(picture(0), models, HOST, name="me.png")
