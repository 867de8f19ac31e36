import numpy as np
import pytest

from hyperreenact_core.errors import InputError
from hyperreenact_core.reenact.detail.performance import HeadState
from hyperreenact_core.reenact.motion.edit import MotionEdit, edit_motion
from hyperreenact_core.reenact.motion.live import LiveMotion, MotionStream
from tests.core.reenact.motion.performances import performance


@pytest.mark.parametrize("mode", ["absolute", "relative"])
def test_frame_by_frame_is_the_same_as_the_track_at_once(mode: str) -> None:
    given, source = performance(12, yaw=30), performance(30, yaw=40).take([9])
    stream = MotionStream(LiveMotion(mode, expression=0.5, head=1.5), source[:][0])
    live = [stream(state) for state in given[:]]
    regions = dict.fromkeys(("eyes", "brows", "mouth", "jaw", "gaze"), 0.5)
    relative = "first" if mode == "relative" else "off"
    edit = MotionEdit(relative=relative, head=1.5, **regions)
    for mine, theirs in zip(live, edit_motion(given, edit, source=source)[:], strict=True):
        assert np.allclose(mine.rotation, theirs.rotation, atol=1e-5)
        assert np.allclose(mine.coefficients, theirs.coefficients, atol=1e-5)


def test_a_stream_that_changes_nothing_hands_on_what_it_is_given() -> None:
    states: list[HeadState] = performance(3)[:]
    stream = MotionStream(LiveMotion(), states[0])
    assert all(stream(state) is state for state in states)


def test_relative_motion_begins_anew_behind_a_cut() -> None:
    first, second = performance(2, yaw=30)[:], performance(2, yaw=-40)[:]
    rest = performance(1)[:][0]
    stream = MotionStream(LiveMotion("relative"), rest)
    for scene, states in enumerate((first, second)):
        shown = [stream(state, scene=scene) for state in states]
        assert np.allclose(shown[0].rotation, rest.rotation)
        assert np.allclose(shown[0].coefficients, rest.coefficients)


def test_live_motion_out_of_range_says_why() -> None:
    with pytest.raises(InputError, match="expression must lie"):
        LiveMotion(expression=-1)
    with pytest.raises(InputError, match="absolute, relative"):
        LiveMotion("first")
