"""Pose tracks edited and mixed by commands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from hyperreenact_core.cli.main import main
from hyperreenact_core.heads.expression import action_index
from hyperreenact_core.reenact.detail.performance import Performance
from hyperreenact_core.reenact.detail.portrait import Portrait
from hyperreenact_core.reenact.files import load_poses, save_identity, save_poses
from hyperreenact_core.reenact.posetrack import PoseTrack, track_of
from hyperreenact_core.reenact.stages import InvertedFace
from hyperreenact_core.types import DrivingPose, SourceIdentity
from hyperreenact_core.video.pictures import read_image
from tests.core.reenact.detail.heads import Sitter, sitter
from tests.core.reenact.detail.test_stage import reading_of
from tests.core.reenact.motion.performances import performance


@pytest.fixture
def tracks(tmp_path: Path) -> tuple[Path, Path]:
    first, second = tmp_path / "first.safetensors", tmp_path / "second.csv"
    save_poses(first, track_of(performance(20, yaw=20)))
    save_poses(second, track_of(performance(12, yaw=-30, noise=0.02)))
    return first, second


def test_an_edited_track_is_written_with_its_report(
    tracks: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    out, plot = tracks[0].with_name("out.safetensors"), tracks[0].with_name("out.png")
    person = sitter(3, yaw_deg=15)
    identity = saved_identity(tracks[0].with_name("me.safetensors"), person)
    line = ("--relative", "first", "--head", "0", "--expression", "0.5", "--speed", "2")
    assert run("edit", tracks[0], "-o", out, "--source", identity, "--plot", plot, *line) == 0
    after = told(out)
    assert len(after) == 11
    own = torch.from_numpy(person.truth.rotation).float().expand(11, 3, 3)
    assert torch.allclose(after.rotation, own, atol=0.05)
    assert "20 frames -> 11 frames" in capsys.readouterr().out
    assert read_image(plot).size


def test_expression_leaves_the_parts_that_are_named(tracks: tuple[Path, Path]) -> None:
    out = tracks[0].with_name("out.csv")
    assert run("edit", tracks[0], "-o", out, "--expression", "0", "--jaw", "1") == 0
    jaw, smile = action_index("jawOpen"), action_index("mouthSmileLeft")
    before, after = told(tracks[0]).coefficients, told(out).coefficients
    assert torch.allclose(after[:, jaw], before[:, jaw], atol=1e-4)
    assert after[:, smile].abs().max() < 1e-6


def test_two_tracks_are_mixed_over_time(tracks: tuple[Path, Path]) -> None:
    out, keys = tracks[0].with_name("out.safetensors"), tracks[0].with_name("keys.txt")
    keys.write_text("0: all=0\n11: jaw=1\n", "utf-8")
    line = ("--keyframes", keys, "--length", "shortest", "--head", "1")
    assert run("mix", *tracks, "-o", out, *line) == 0
    first, second, mixed = told(tracks[0]), told(tracks[1]), told(out)
    jaw = action_index("jawOpen")
    assert len(mixed) == 12
    assert torch.allclose(mixed.coefficients[0, jaw], first.coefficients[0, jaw], atol=1e-5)
    assert torch.allclose(mixed.coefficients[-1, jaw], second.coefficients[-1, jaw], atol=1e-5)


def test_refusals_name_the_file_and_what_to_do(
    tracks: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    unread = tracks[0].with_name("unread.safetensors")
    blank = DrivingPose(torch.zeros(2, 1, 7, 7), *torch.zeros(3, 2), torch.zeros(2, 50))
    save_poses(unread, PoseTrack(blank, "tiny"))
    assert run("edit", unread, "-o", tracks[0].with_name("out.safetensors")) == 2
    assert "unread.safetensors holds no states of the head" in capsys.readouterr().err
    assert run("edit", tracks[0], "-o", tracks[0]) == 2
    assert "is also an input" in capsys.readouterr().err


def saved_identity(path: Path, person: Sitter) -> Path:
    """An identity file that keeps a picture of a person, of which nothing but the reading is."""
    picture = np.zeros((256, 256, 3), np.uint8)
    codes = SourceIdentity(torch.zeros(1, 2, 4), torch.zeros(1, 4, 2, 2), torch.zeros(1, 4))
    portrait = Portrait(picture, reading_of(person), None)
    save_identity(path, InvertedFace(codes, torch.zeros(3, 8, 8), "tiny", portrait))
    return path


def run(*line: str | Path) -> int:
    return main(["motion", *map(str, line)])


def told(path: Path) -> Performance:
    performance = load_poses(path).performance
    assert performance is not None
    return performance
