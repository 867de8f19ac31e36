"""The parts the node graph joins: puppet motion, files, plots, trimming and queue settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from hyperreenact_core.charts import Pen
from hyperreenact_core.errors import InputError
from hyperreenact_core.heads.expression import ACTIONS, action_index
from hyperreenact_core.reenact import plots
from hyperreenact_core.reenact.detail.performance import Performance
from hyperreenact_core.reenact.detail.portrait import Portrait
from hyperreenact_core.reenact.files import load_identity, load_poses, save_identity, save_poses
from hyperreenact_core.reenact.plots import plot_poses
from hyperreenact_core.reenact.posetrack import PoseTrack, track_of
from hyperreenact_core.reenact.puppet import (
    PuppetPose,
    parse_keyframes,
    puppet_motion,
    with_curve,
)
from hyperreenact_core.reenact.stages import InvertedFace
from hyperreenact_core.types import DrivingPose, FaceReading, SourceIdentity
from hyperreenact_core.video.sources import AudioSource, FrameSource
from hyperreenact_core.video.trim import trimmed


def track(frames: int = 4) -> PoseTrack:
    angles = torch.linspace(-20, 20, frames)
    pose = DrivingPose(
        features=torch.rand(frames, 3, 7, 7),
        yaw_deg=angles,
        pitch_deg=-angles,
        roll_deg=0 * angles,
        expression=torch.rand(frames, 5),
    )
    return PoseTrack(pose, "starter")


def test_keyframes_ease_and_rest_outside():
    keys = parse_keyframes("# a turn\n2: yaw=-10\n6: yaw=10, smile=1")
    motion = puppet_motion(PuppetPose(jaw=0.3), keys, frames=9)
    assert [pose.yaw for pose in motion[:3]] == [-10.0, -10.0, -10.0]
    assert motion[4].yaw == pytest.approx(0.0)
    assert -10 < motion[3].yaw < -5, "it starts slowly"
    assert [pose.yaw for pose in motion[6:]] == [10.0, 10.0, 10.0]
    assert {pose.smile for pose in motion} == {1.0}, "one key alone holds everywhere"
    assert {pose.jaw for pose in motion} == {0.3}


def test_a_curve_moves_its_slider_over_all_frames_and_leaves_the_others():
    keys = parse_keyframes("0: yaw=-10 smile=1\n9: yaw=50")
    keys = with_curve(keys, "yaw", lambda at: 2 * at - 0.25, frames=5)
    motion = puppet_motion(PuppetPose(jaw=0.3), keys, frames=5)
    assert [pose.yaw for pose in motion] == [-75.0, -37.5, 37.5, 75.0, 75.0], "held within it"
    assert {(pose.smile, pose.jaw) for pose in motion} == {(1.0, 0.3)}
    (one,) = puppet_motion(PuppetPose(), with_curve({}, "jaw", lambda at: 0.5, frames=1), frames=1)
    assert one.jaw == 0.5
    with pytest.raises(InputError, match="not 'ears'"):
        with_curve({}, "ears", lambda at: 0.0, frames=1)


@pytest.mark.parametrize("text", ["yaw=1", "1 yaw=1", "1: yaw", "1: yaw=x", "1: smile=2", "1:"])
def test_keyframes_that_cannot_be_read_name_their_line(text: str):
    with pytest.raises(InputError, match="line 2"):
        parse_keyframes("0: yaw=0\n" + text)


def test_a_pose_track_keeps_the_states_of_the_head(tmp_path: Path):
    performance = Performance(torch.eye(3).repeat(4, 1, 1), torch.rand(4, 52))
    save_poses(tmp_path / "poses.safetensors", replace(track(), performance=performance))
    back = load_poses(tmp_path / "poses.safetensors").performance
    assert back is not None
    assert torch.equal(back.coefficients, performance.coefficients)
    assert len(back[1:3]) == 2
    save_poses(tmp_path / "without.safetensors", track())
    assert load_poses(tmp_path / "without.safetensors").performance is None


def test_an_identity_keeps_what_detail_needs(tmp_path: Path):
    reading = FaceReading(
        points=torch.rand(468, 2),
        spread=torch.rand(468),
        rotation=torch.eye(3),
        coefficients=torch.rand(52),
        gaze=torch.rand(2, 3),
        score=0.75,
    )
    image = np.random.default_rng(0).integers(0, 255, (40, 40, 3)).astype(np.uint8)
    portrait = Portrait(image, reading, torch.rand(3, 8, 8))
    identity = SourceIdentity(torch.rand(1, 4, 8), torch.rand(1, 8, 7, 7), torch.rand(1, 8))
    given = InvertedFace(identity, torch.rand(3, 8, 8), "starter", portrait)
    save_identity(tmp_path / "one.safetensors", given)
    back = load_identity(tmp_path / "one.safetensors").portrait
    assert back is not None
    assert (back.image == image).all()
    assert back.image.dtype == np.uint8
    assert back.reading.score == 0.75
    assert torch.equal(back.reading.points, reading.points)
    save_identity(tmp_path / "plain.safetensors", replace(given, portrait=None))
    assert load_identity(tmp_path / "plain.safetensors").portrait is None


def test_sliders_are_states_of_a_head():
    state = PuppetPose(yaw=30, smile=0.5, brows=-0.2, gaze_x=0.4).state
    assert np.allclose(state.rotation[:, 2], (np.sin(np.pi / 6), 0, np.cos(np.pi / 6)), atol=1e-6)
    named = {name: state.coefficients[action_index(name)] for name in ("mouthSmileLeft",)}
    assert named["mouthSmileLeft"] == pytest.approx(0.5)
    assert state.coefficients[action_index("browDownRight")] == pytest.approx(0.2)
    assert state.coefficients[action_index("eyeLookOutLeft")] == pytest.approx(0.4)
    assert state.coefficients[action_index("eyeLookInLeft")] == 0


def test_pose_files_are_checked(tmp_path: Path):
    path = tmp_path / "poses.safetensors"
    given = track()
    assert given.pose is not None
    save_poses(path, given)
    assert torch.equal(load_poses(path).pose.features, given.pose.features)
    assert [p.name for p in tmp_path.iterdir()] == ["poses.safetensors"]
    with pytest.raises(InputError, match="not hyperreenact-identity/1"):
        load_identity(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="is damaged"):
        load_poses(path)
    broken = replace(given.pose, yaw_deg=torch.full((4,), torch.nan))
    save_poses(path, replace(given, pose=broken))
    with pytest.raises(InputError, match="NaN"):
        load_poses(path)
    short = Performance(torch.eye(3).repeat(3, 1, 1), torch.zeros(3, 52))
    save_poses(path, replace(given, performance=short))
    with pytest.raises(InputError, match="do not fit together"):
        load_poses(path)
    with pytest.raises(InputError, match="holds no states"):
        save_poses(path.with_suffix(".csv"), given)


def test_pose_files_of_before_are_filled_in(tmp_path: Path):
    path = tmp_path / "poses.safetensors"
    pose = track().pose
    assert pose is not None
    old = {"head.rotation": torch.eye(3).repeat(4, 1, 1), "head.coefficients": torch.zeros(4, 52)}
    old["head.coefficients"][:, action_index("eyeLookUpLeft")] = 1
    about = {"format": "hyperreenact-poses/1", "model_set": "starter"}
    save_file(vars(pose) | old, path, metadata=about)
    read = load_poses(path).performance
    assert read is not None
    torch.testing.assert_close(read.time, torch.arange(4) / 25)
    assert read.gaze[0, 1, 1] > 0.2 > read.gaze[0, 0, 1], "the left eye looks up"


@pytest.mark.parametrize("frames", [1, 2, 50])
def test_a_plot_shows_the_curves(frames: int):
    picture = plot_poses(track(frames))
    assert picture.shape == (400, 720, 3)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 5


def test_a_plot_names_what_moves_in_the_face(monkeypatch: pytest.MonkeyPatch):
    written: list[str] = []
    write = Pen.write

    def noted(pen: Pen, place: tuple[float, float], text: str, **how: Any) -> float:
        written.append(text)
        return write(pen, place, text, **how)

    monkeypatch.setattr(Pen, "write", noted)
    coefficients = torch.zeros(4, 52)
    coefficients[:, ACTIONS.index("jawOpen")] = torch.linspace(0, 1, 4)
    read = Performance(torch.eye(3).expand(4, 3, 3), coefficients)
    picture = plot_poses(replace(track(4), performance=read))
    assert {"yaw", "pitch", "roll", "aside", "smile", "jawOpen", "0.12 s"} <= set(written)
    assert not {"mouthPucker", "cheekPuff"} & set(written), "what does not move has no row"
    still = Performance(
        read.rotation, 0 * coefficients + 0.3, confidence=torch.tensor([1.0, 0, 1, 1])
    )
    both = plot_poses(track_of(read), track_of(still))
    assert both.shape == picture.shape
    assert (both != picture).any(), "what was there before is drawn behind"
    grey = plot_poses(track_of(still))
    assert (grey == plots._UNSEEN).all(-1).any(), "no face was seen there"
    written.clear()
    plot_poses(replace(track(4), performance=None))
    assert "the set's unnamed expression coefficients that change most" in written
    assert not set(ACTIONS) & set(written)


@dataclass
class Reading:
    """Counts how far a clip was read."""

    frames: int = 0


def clip(reading: Reading) -> FrameSource:
    def read():
        for index in range(100):
            reading.frames += 1
            yield np.full((16, 16, 3), index, np.uint8)

    return FrameSource(
        path=Path("clip.mp4"),
        rate=Fraction(25),
        frame_count=100,
        width=16,
        height=16,
        read_frames=read,
        name_frame="frame {}".format,
        audio=AudioSource(Path("clip.mp4"), offset=Fraction(1, 10)),
    )


def test_a_stretch_of_a_clip_keeps_sound_and_numbers():
    reading = Reading()
    cut = trimmed(clip(reading), start=Fraction(2), duration=Fraction(1, 5))
    assert [int(frame[0, 0, 0]) for frame in cut] == [50, 51, 52, 53, 54]
    assert reading.frames == 55, "not read further than needed"
    assert cut.frame_count == 5
    assert cut.name_of(0) == "frame 50"
    assert cut.audio is not None
    assert cut.audio.offset == Fraction(21, 10)
    assert len(list(trimmed(clip(reading), start=Fraction(3), duration=None))) == 25
    with pytest.raises(InputError, match="holds no frame"):
        trimmed(clip(reading), start=Fraction(0), duration=Fraction(1, 100))
