"""Clips: smooth, independent of the frame rate, and alive as people are."""

from functools import lru_cache
from itertools import islice

import numpy as np
import pytest

from hyperreenact_core.errors import InputError
from hyperreenact_core.heads.expression import ACTIONS, action_index, columns
from hyperreenact_core.heads.motion import MotionKind, sample_motion

_REST = [i for i, name in enumerate(ACTIONS) if not name.startswith("eye")]


@lru_cache
def _clip(seed: int, kind: MotionKind | None, frames: int, fps: float) -> np.ndarray:
    """[T, 55]: the actions, yaw, pitch, roll."""
    motion = sample_motion(np.random.default_rng(seed), frames=frames, fps=fps, kind=kind)
    return np.array([[*p.expression, p.yaw_deg, p.pitch_deg, p.roll_deg] for p in motion])


def _column(clip: np.ndarray, name: str) -> np.ndarray:
    return clip[:, action_index(name)]


def _starts(mask: np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.diff(mask.astype(int)) == 1)


@pytest.mark.parametrize("kind", ["talk", "react", "turn", "exercise", None])
def test_the_frame_rate_and_the_length_change_nothing_else(kind: MotionKind | None):
    slow, fast = _clip(3, kind, 150, 25), _clip(3, kind, 400, 50)
    np.testing.assert_allclose(slow, fast[:300:2], atol=1e-4)
    np.testing.assert_array_equal(_clip(3, kind, 40, 25), slow[:40])


def test_kinds_and_actors_differ():
    talk = _clip(3, "talk", 100, 25)
    assert np.abs(talk - _clip(3, "react", 100, 25)).max() > 0.1
    assert np.abs(talk - _clip(4, "talk", 100, 25)).max() > 0.1


@pytest.mark.parametrize("kind", ["talk", "react", "turn", "exercise"])
def test_all_is_in_range_and_smooth(kind: MotionKind):
    clip = np.concatenate([_clip(seed, kind, 1000, 50) for seed in range(3)])
    faces, head = clip[:, :52], clip[:, 52:]
    assert faces.min() >= 0
    assert faces.max() <= 1
    assert (_column(clip, "mouthClose") <= _column(clip, "jawOpen")).all()
    assert (np.abs(head).max(0) <= [80, 40, 35]).all()
    for start in (0, 1000, 2000):
        steps = np.abs(np.diff(clip[start : start + 1000], axis=0))
        assert steps[:, _REST].max() < 0.3
        assert steps[:, columns("eyeBlink")].max() < 0.6
        assert steps[:, 52:].max() < 5


def test_eyes_agree_while_they_move():
    clip = _clip(1, "turn", 1000, 50)
    left = _column(clip, "eyeLookOutLeft") - _column(clip, "eyeLookInLeft")
    right = _column(clip, "eyeLookInRight") - _column(clip, "eyeLookOutRight")
    assert np.ptp(left) > 1
    assert np.abs(left - right).max() < 0.1


def test_lids_close_every_few_seconds_and_faster_than_they_open():
    lengths: list[float] = []
    for seed in range(2):
        clip = _clip(seed, "talk", 4000, 100)
        # Looking down is a part of a blink already.
        lids = _column(clip, "eyeBlinkLeft") + 0.4 * _column(clip, "eyeLookDownLeft")
        starts = _starts(lids > 0.9)
        assert 7 < len(starts) < 30  # in 40 seconds
        for start in starts:
            near = lids[max(start - 15, 0) : start + 40]
            base = np.median(lids)
            before, after = np.arange(len(near)) < 15, np.arange(len(near)) > 15
            closing = ((near > base + 0.1) & (near < 0.85) & before).sum()
            opening = ((near > base + 0.1) & (near < 0.85) & after).sum()
            lengths.append(float(closing) / max(float(opening), 1.0))
        assert lids.max() > 0.97
    assert np.median(lengths) < 0.8


def test_m_b_and_p_close_the_lips():
    closures = 0
    for seed in (2, 5):
        clip = _clip(seed, "talk", 3000, 50)
        gap = _column(clip, "jawOpen") - _column(clip, "mouthClose")
        for name in ("mouthUpperUp", "mouthLowerDown", "mouthFunnel"):
            gap = gap + 0.5 * clip[:, columns(name)].max(1)
        pressed = clip[:, columns("mouthPress")].max(1) + _column(clip, "mouthRollLower") > 0.45
        for start in _starts(pressed & (gap < 0.02)):
            # Open a moment before or after: a sound of speech, not a closed mouth at rest.
            closures += int(gap[max(start - 15, 0) : start + 20].max() > 0.1)
    assert closures > 90


def test_speech_has_syllables_and_pauses():
    clip = _clip(2, "talk", 3000, 50)
    jaw = _column(clip, "jawOpen")
    peaks = (jaw[1:-1] > jaw[:-2]) & (jaw[1:-1] >= jaw[2:]) & (jaw[1:-1] > 0.04)
    assert 2 < peaks.sum() / 60 < 7
    assert (jaw < 0.03).mean() > 0.08
    assert 0.2 < np.quantile(jaw, 0.98) < 0.75


def test_lips_round_more_slowly_than_the_jaw_opens():
    clip = _clip(2, "talk", 3000, 50)
    pucker, jaw = _column(clip, "mouthPucker"), _column(clip, "jawOpen")
    speed = [np.abs(np.diff(c)).max() / np.ptp(c) for c in (pucker, jaw)]
    assert speed[0] < speed[1]


def test_eyes_hold_still_and_jump():
    clip = _clip(5, "talk", 3000, 200)
    look = _column(clip, "eyeLookOutLeft") - _column(clip, "eyeLookInLeft")
    speed = np.abs(np.diff(look)) * 200 * 27  # degrees a second
    assert np.median(speed) < 8
    assert speed.max() > 150


def test_eyes_stay_on_the_camera_while_the_head_moves_a_little():
    clip = _clip(5, "talk", 3000, 50)
    look = 27 * (_column(clip, "eyeLookOutLeft") - _column(clip, "eyeLookInLeft"))
    small = np.abs(clip[:, 52]) < 20
    assert np.corrcoef(look[small], clip[small, 52])[0, 1] < -0.3


def test_large_turns_reach_far_to_both_sides():
    yaw = np.concatenate([_clip(seed, "turn", 1500, 25)[:, 52] for seed in range(3)])
    assert yaw.max() > 62
    assert yaw.min() < -62


def test_exercise_shows_every_action():
    tops = _clip(0, "exercise", 1000, 12.5)[:, :52].max(0)
    assert [name for name, top in zip(ACTIONS, tops, strict=True) if top < 0.5] == []


def test_frames_are_made_when_they_are_asked_for():
    motion = sample_motion(np.random.default_rng(0), frames=10**9, fps=25)
    assert len(list(islice(motion, 40))) == 40


def test_mistakes_are_explained_at_once():
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="talk"):
        sample_motion(rng, frames=5, fps=25, kind="sing")  # pyright: ignore[reportArgumentType]
    with pytest.raises(InputError):
        sample_motion(rng, frames=0, fps=25)
    with pytest.raises(InputError):
        sample_motion(rng, frames=5, fps=0)
