"""What is wrong with clips is said before anything is trained, with what to do about it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from hyperreenact_core.errors import HyperReenactError, ModelError, TrainingError
from hyperreenact_core.training.data.clip_checks import hold_out
from hyperreenact_core.training.data.clips import load_clips
from hyperreenact_core.training.engine.compute import OneDevice
from hyperreenact_core.training.runs.clip_run import prepare_stage
from tests.core.reenact.tiny import save_tiny_set
from tests.core.training.small_runs import run_of, write_clips

COMPUTE = OneDevice(torch.device("cpu"))


def empty(folder: Path) -> None:
    folder.mkdir()


def one_person(folder: Path) -> None:
    write_clips(folder, people=1, clips=3)


def single_frames(folder: Path) -> None:
    write_clips(folder, clips=2, frames=1)


def other_size(folder: Path) -> None:
    write_clips(folder, size=48)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (empty, "no shards here"),
        (one_person, "only one identity .* two people or more"),
        (single_frames, "single frame.* more frames"),
        (other_size, "48 px wide, the model set draws 32 px.* again"),
    ],
)
def test_clips_that_will_not_do_are_refused(
    tmp_path: Path, wrong: Callable[[Path], None], message: str
) -> None:
    data, out = tmp_path / "data", tmp_path / "run"
    wrong(data)
    run = run_of("hypernetwork", data, save_tiny_set(tmp_path / "base"), out)
    with pytest.raises(TrainingError, match=message):
        prepare_stage(run, COMPUTE)
    assert not out.exists(), "nothing may be written for clips that are refused"


def test_clips_cut_for_another_set_are_refused(tmp_path: Path) -> None:
    """The tiny set's scale is 0.85."""
    data = write_clips(tmp_path / "data", scale=1.0)
    run = run_of("e4e", data, save_tiny_set(tmp_path / "base"), tmp_path / "run")
    with pytest.raises(TrainingError, match=r"cut at scale 1\.0, the model set's at 0\.85"):
        prepare_stage(run, COMPUTE)


def test_one_person_is_enough_for_an_encoder(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one_person(tmp_path / "data")
    run = run_of("e4e", tmp_path / "data", save_tiny_set(tmp_path / "base"), tmp_path / "run")
    with caplog.at_level(logging.WARNING):
        prepare_stage(run, COMPUTE)
    assert "too few to hold any out" in caplog.text


def test_some_single_frames_are_worth_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (shard,) = write_clips(tmp_path / "data").glob("*.safetensors")
    tensors = load_file(shard)
    tensors["clip"][-1] = 7
    save_file(tensors, shard)
    run = run_of(
        "hypernetwork", tmp_path / "data", save_tiny_set(tmp_path / "base"), tmp_path / "run"
    )
    with caplog.at_level(logging.WARNING):
        prepare_stage(run, COMPUTE)
    assert "1 of 5 clips have a single frame" in caplog.text


@pytest.mark.parametrize(("people", "expected"), [(3, 0), (4, 2), (60, 3)])
def test_people_held_out(tmp_path: Path, people: int, expected: int) -> None:
    clips = load_clips(write_clips(tmp_path, people=people, frames=2))
    training, held_out = hold_out(clips, None)
    if expected == 0:
        assert training is clips
        assert held_out is clips
    else:
        assert len(torch.unique(held_out.identity)) == expected
        assert not set(training.identity.tolist()) & set(held_out.identity.tolist())


@pytest.mark.parametrize("wanted", [1, 3, 9])
def test_people_that_cannot_be_held_out(tmp_path: Path, wanted: int) -> None:
    with pytest.raises(TrainingError, match="--held-out"):
        hold_out(load_clips(write_clips(tmp_path)), wanted)


def test_a_set_without_the_network_says_how_to_begin(tmp_path: Path) -> None:
    base = save_tiny_set(tmp_path / "base")
    (base / "hypernetwork.safetensors").unlink()
    run = run_of("hypernetwork", write_clips(tmp_path / "data"), base, tmp_path / "run")
    with pytest.raises(ModelError, match="--from-scratch"):
        prepare_stage(run, COMPUTE)


def test_a_network_that_is_trained_against_others_needs_them(tmp_path: Path) -> None:
    base = save_tiny_set(tmp_path / "base")
    (base / "e4e.safetensors").unlink()
    run = run_of("hypernetwork", write_clips(tmp_path / "data"), base, tmp_path / "run")
    with pytest.raises(HyperReenactError, match=r"trained against e4e, which .* lacks"):
        prepare_stage(run, COMPUTE)
