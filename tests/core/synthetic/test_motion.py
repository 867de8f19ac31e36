"""Performances are smooth, independent of the frame rate, and heard as they are seen."""

import numpy as np

from hyperreenact_core.synthetic.motion import Performance, driving_motion
from hyperreenact_core.synthetic.sound import voice_track


def _poses(seed: int, *, frames: int, fps: float) -> np.ndarray:
    motion = driving_motion(seed, frames=frames, fps=fps)
    return np.array([[pose.yaw_deg, pose.pitch_deg, pose.roll_deg] for pose, _ in motion])


def _expressions(seed: int, *, frames: int, fps: float) -> np.ndarray:
    motion = driving_motion(seed, frames=frames, fps=fps)
    return np.stack([expression.as_array() for _, expression in motion])


def test_frame_rate_changes_nothing_but_the_sampling():
    slow, fast = (_poses(3, frames=n, fps=fps) for n, fps in ((100, 25), (200, 50)))
    np.testing.assert_allclose(slow, fast[::2], atol=1e-9)
    slow, fast = (_expressions(3, frames=n, fps=fps) for n, fps in ((100, 25), (400, 100)))
    np.testing.assert_allclose(slow, fast[::4], atol=1e-6)


def test_length_does_not_change_the_beginning():
    np.testing.assert_array_equal(
        _expressions(1, frames=50, fps=25), _expressions(1, frames=300, fps=25)[:50]
    )


def test_the_head_sweeps_wide_and_smoothly():
    for seed in range(4):
        poses = _poses(seed, frames=400, fps=25)
        assert poses[:, 0].max() > 58
        assert poses[:, 0].min() < -58
        assert np.abs(poses[:, 0]).max() <= 75
        assert np.abs(poses[:, 1:]).max() < 35
        assert np.ptp(poses[:, 1]) > 15
        assert np.ptp(poses[:, 2]) > 10
        assert np.abs(np.diff(poses, axis=0)).max() < 5  # degrees a frame
        assert np.abs(np.diff(poses, 2, axis=0)).max() < 1.6


def test_the_face_does_everything_within_range():
    rows = np.concatenate([_expressions(seed, frames=600, fps=25) for seed in range(4)])
    assert rows.max() <= 1.4
    assert (np.ptp(rows, axis=0) > 0.25).all()
    jaw, blink = rows[:, 0], rows[:, 7]
    assert jaw.min() >= 0
    assert jaw.max() > 0.6
    assert (jaw < 0.02).mean() > 0.1  # pauses
    assert blink.max() == 1
    assert 0.02 < (blink > 0.1).mean() < 0.2


def test_actors_differ():
    assert np.abs(_poses(0, frames=50, fps=25) - _poses(1, frames=50, fps=25)).max() > 5


def test_the_voice_is_soft_and_follows_the_jaw():
    rate, seconds = 16_000, 6.0
    voice = voice_track(2, seconds=seconds, sample_rate=rate)
    assert voice.dtype == np.float32
    assert len(voice) == rate * seconds
    assert 0.1 < np.abs(voice).max() < 0.5
    window = rate // 25
    loudness = np.sqrt((voice.reshape(-1, window) ** 2).mean(1))
    jaw = Performance(2).jaw((np.arange(len(loudness)) + 0.5) / 25)
    assert np.corrcoef(loudness, jaw)[0, 1] > 0.8
    np.testing.assert_array_equal(voice, voice_track(2, seconds=seconds, sample_rate=rate))
