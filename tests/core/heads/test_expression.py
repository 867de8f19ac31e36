"""Names, mirror and the rules that keep an expression possible."""

import numpy as np
import pytest

from hyperreenact_core.errors import InputError
from hyperreenact_core.heads.expression import (
    ACTIONS,
    MIRROR,
    action_index,
    coefficients,
    columns,
    settled,
)
from hyperreenact_core.heads.presets import EMOTIONS, PRESETS, VISEMES


def _value(expression: np.ndarray, name: str) -> float:
    return float(expression[action_index(name)])


def test_the_52_names_are_in_alphabetical_order():
    assert len(set(ACTIONS)) == 52
    assert sorted(ACTIONS) == list(ACTIONS)


def test_coefficients_by_name_and_for_both_sides():
    face = coefficients({"jawOpen": 0.5, "mouthSmile": 0.25, "mouthLeft": 0.75})
    assert face.shape == (52,)
    assert face.dtype == np.float32
    assert _value(face, "jawOpen") == 0.5
    assert _value(face, "mouthSmileLeft") == _value(face, "mouthSmileRight") == 0.25
    assert _value(face, "mouthLeft") == 0.75
    assert np.count_nonzero(face) == 4


@pytest.mark.parametrize("values", [{"jawOpne": 0.5}, {"jaw": 0.5}, {"jawOpen": 1.5}])
def test_mistakes_are_explained(values: dict[str, float]):
    with pytest.raises(InputError):
        coefficients(values)


def test_an_unknown_name_gets_a_suggestion():
    with pytest.raises(InputError, match="jawOpen"):
        action_index("jawopen")


def test_the_mirror_swaps_sides_and_is_its_own_inverse():
    order = np.array(MIRROR)
    np.testing.assert_array_equal(order[order], np.arange(52))
    for one, other in (
        ("eyeLookInLeft", "eyeLookInRight"),
        ("jawLeft", "jawRight"),
        ("mouthLeft", "mouthRight"),
        ("mouthSmileLeft", "mouthSmileRight"),
        ("jawOpen", "jawOpen"),
    ):
        assert ACTIONS[MIRROR[action_index(one)]] == other
    assert (order != np.arange(52)).sum() == sum(n.endswith(("Left", "Right")) for n in ACTIONS)


def test_presets_are_valid_and_already_possible():
    assert set(EMOTIONS) | set(VISEMES) < set(PRESETS)
    for name, values in PRESETS.items():
        assert set(values) <= set(ACTIONS)
        face = coefficients(values)
        assert np.abs(settled(face) - face).max() < 0.3, name
    assert set().union(*(set(values) for values in PRESETS.values())) >= {
        name for name in ACTIONS if not name.startswith("eyeLook")
    }


@pytest.mark.parametrize(
    ("strong", "weak"),
    [
        ("mouthSmileLeft", "mouthFrownLeft"),
        ("mouthPucker", "mouthStretchRight"),
        ("browDownLeft", "browOuterUpLeft"),
        ("eyeBlinkRight", "eyeWideRight"),
        ("jawLeft", "jawRight"),
    ],
)
def test_the_weaker_of_two_opposites_gives_way(strong: str, weak: str):
    face = settled(coefficients({strong: 1.0, weak: 0.6}))
    assert _value(face, strong) > 0.9
    assert _value(face, weak) < 0.15


def test_rules_leave_common_faces_alone():
    face = coefficients({"mouthSmile": 0.6, "jawOpen": 0.3, "cheekSquint": 0.5, "browInnerUp": 0.4})
    np.testing.assert_array_equal(settled(face), face)


def test_lips_and_tongue_depend_on_the_jaw():
    rng = np.random.default_rng(0)
    faces = settled(rng.random((500, 52)))
    jaw, close, tongue = (faces[:, action_index(n)] for n in ("jawOpen", "mouthClose", "tongueOut"))
    assert (close <= jaw).all()
    assert (tongue <= 4.001 * jaw).all()
    assert faces.min() >= 0
    assert faces.max() <= 1


def test_lids_do_not_overlap_below_a_lowered_gaze():
    face = settled(coefficients({"eyeBlink": 1.0, "eyeLookDown": 1.0, "eyeSquint": 1.0}))
    assert _value(face, "eyeBlinkLeft") == pytest.approx(0.6)
    assert _value(face, "eyeSquintLeft") < 0.5


def test_rules_are_continuous():
    rng = np.random.default_rng(1)
    start, stop = rng.random((2, 40, 52))
    path = start + (stop - start) * np.linspace(0, 1, 401)[:, None, None]
    assert np.abs(np.diff(settled(path), axis=0)).max() < 0.03


def test_rules_treat_both_sides_alike():
    faces = np.random.default_rng(2).random((50, 52)).astype(np.float32)
    mirror = list(MIRROR)
    np.testing.assert_allclose(settled(faces)[:, mirror], settled(faces[:, mirror]), atol=1e-5)


def test_both_sides_of_a_pair_are_found():
    assert [ACTIONS[i] for i in columns("eyeBlink")] == ["eyeBlinkLeft", "eyeBlinkRight"]
    assert [ACTIONS[i] for i in columns("jawLeft")] == ["jawLeft"]
