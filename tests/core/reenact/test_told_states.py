"""Sets whose hypernetwork is told the state of a face: no pose encoder, poses from anywhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from hyperreenact_core.errors import InputError
from hyperreenact_core.host import LocalHost
from hyperreenact_core.models.sets import LoadedSet
from hyperreenact_core.models.store import missing_files
from hyperreenact_core.networks.pose_state import gaze_of
from hyperreenact_core.networks.rotation import matrix_from_euler
from hyperreenact_core.reenact.compose import PasteOptions
from hyperreenact_core.reenact.detail.head_model import load_head_model
from hyperreenact_core.reenact.detail.performance import Performance
from hyperreenact_core.reenact.options import ReenactOptions
from hyperreenact_core.reenact.pipeline import Reenactor
from hyperreenact_core.reenact.pose import poses_of_performance
from hyperreenact_core.reenact.posetrack import extract_poses
from hyperreenact_core.reenact.puppet import (
    PuppetPose,
    parse_keyframes,
    puppet_motion,
    puppet_track,
)
from hyperreenact_core.reenact.source import SourceFace, analyse_source
from hyperreenact_core.types import FaceReading
from tests.core.reenact.tiny import SIZE, frames, picture, save_tiny_set

HOST = LocalHost(device="cpu")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> LoadedSet:
    return LoadedSet(save_tiny_set(tmp_path_factory.mktemp("models") / "told", told_states=True))


@pytest.fixture(scope="module")
def source(models: LoadedSet) -> SourceFace:
    return analyse_source(picture(width=80, height=100, seed=7), models, HOST)


def performed(*yaws: float) -> Performance:
    turn = torch.tensor(yaws)
    coefficients = torch.zeros(len(yaws), 52)
    coefficients[:, 24] = torch.linspace(0, 1, len(yaws))
    return Performance(matrix_from_euler(turn, 0 * turn, 0 * turn), coefficients)


def read(performance: Performance, row: int) -> FaceReading:
    points = torch.from_numpy(load_head_model().point_mean).float() @ performance.rotation[row].T
    return FaceReading(
        points=points[:, :2] * torch.tensor([8.0, -8.0]) + SIZE / 2,
        spread=torch.ones(468),
        rotation=performance.rotation[row],
        coefficients=performance.coefficients[row],
        gaze=gaze_of(performance.rotation, performance.coefficients)[row],
        score=1.0,
    )


def test_a_set_that_is_told_states_is_complete_without_a_pose_encoder(models: LoadedSet) -> None:
    assert not (models.folder / "pose.safetensors").exists()
    assert missing_files(models.folder) == ()


def test_without_settings_a_pose_encoder_is_asked_for(tmp_path: Path) -> None:
    assert "pose.safetensors" in missing_files(tmp_path)


def test_a_clip_drives_by_what_is_read_in_it(models: LoadedSet, source: SourceFace) -> None:
    reenactor = Reenactor(models, HOST, options=ReenactOptions(detail=0, batch_size=2))
    results = list(reenactor.reenact(source, frames("fff")))
    assert [result.image.shape for result in results] == [(SIZE, SIZE, 3)] * 3
    assert all(result.driving_crop.reading for result in results if result.driving_crop)
    assert (results[0].image != results[1].image).any()


def test_a_performance_drives_as_readings_of_it_do(models: LoadedSet, source: SourceFace) -> None:
    performance = performed(-20, 5, 30)
    pose = poses_of_performance(performance)
    torch.testing.assert_close(pose.yaw_deg, torch.tensor([-20.0, 5, 30]), atol=1e-3, rtol=0)
    crops = [replace(source.crop, reading=read(performance, row)) for row in range(3)]
    track = extract_poses(crops, models, HOST, batch_size=2)
    torch.testing.assert_close(track.pose.features, pose.features, atol=1e-5, rtol=0)
    drawn = Reenactor(models, HOST, options=ReenactOptions(detail=0)).draw(source.identity, pose)
    assert drawn.shape == (3, 3, SIZE, SIZE)


def test_sliders_tell_the_state_themselves(models: LoadedSet) -> None:
    poses = [PuppetPose(), PuppetPose(yaw=25, jaw=0.6, gaze_x=0.5)]
    told: list[tuple[int, int | None]] = []
    host = LocalHost(device="cpu", on_progress=lambda done, total: told.append((done, total)))
    track, pictures = puppet_track(poses, models, host, batch_size=2)
    assert len(pictures) == 2
    assert told[-1] == (2, 2), "the count ends when the work does"
    assert track.performance is not None
    torch.testing.assert_close(track.pose.yaw_deg, torch.tensor([0.0, 25]), atol=1e-3, rtol=0)
    assert track.pose.expression[1, 24] == pytest.approx(0.6), "the jaw is open"
    looks = gaze_of(track.performance.rotation, track.performance.coefficients)
    assert (looks[1] - track.performance.rotation[1, :, 2])[:, 0].min() > 0.1, "to the right"


def test_a_face_that_was_not_read_cannot_drive(models: LoadedSet, source: SourceFace) -> None:
    with pytest.raises(InputError, match="not read"):
        extract_poses([replace(source.crop, reading=None)], models, HOST, batch_size=1)


def test_sliders_that_are_no_numbers_or_out_of_range_are_refused() -> None:
    for yaw in (float("nan"), float("inf"), 76.0):
        with pytest.raises(InputError, match=r"yaw must lie in -75..75"):
            puppet_motion(PuppetPose(yaw=yaw), {}, frames=2)
    with pytest.raises(InputError, match="line 1: yaw is a number"):
        parse_keyframes("0: yaw=left")
    with pytest.raises(InputError, match=r"feather must lie in 0..1"):
        PasteOptions(feather=float("nan"))
