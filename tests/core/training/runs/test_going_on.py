"""A stage that begins with finished weights, and stages that a profile takes over."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from hyperreenact_core.errors import ModelError, TrainingError
from hyperreenact_core.models.kinds import NetworkKind
from hyperreenact_core.networks.arcface import ArcFace
from hyperreenact_core.training.data.drawn_heads import RenderedHeads
from hyperreenact_core.training.runs.going_on import go_on_from
from hyperreenact_core.training.runs.profiles import Profile
from hyperreenact_core.training.runs.starter import STAGES, StarterRun
from hyperreenact_core.training.runs.starter_networks import starter_networks
from hyperreenact_core.training.stages.appearance import AppearanceStage
from tests.core.training.small_runs import profile_of

PROFILE = profile_of(1, style_steps=1, cross_steps=1)
_NOTHING_BUT_JUDGE_POSE = replace(profile_of(0), judge_pose_steps=1)


def run_in(out: Path, profile: Profile, start: Path | None = None) -> StarterRun:
    """A run; one that goes on from a set uses the pictures rendered for that."""
    if start is not None and (data := start.parent / "data").is_dir():
        shutil.copytree(data, out / "data")
    return StarterRun(profile=profile, out=out, device=torch.device("cpu"), workers=1, start=start)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a set trained for a step a network."""
    out = tmp_path_factory.mktemp("finished")
    run_in(out, PROFILE).train_all()
    return out / "set"


def test_what_a_profile_does_not_train_is_taken_over(tmp_path: Path, finished: Path) -> None:
    run = run_in(tmp_path, _NOTHING_BUT_JUDGE_POSE, finished)
    run.train_all()
    same = {
        kind: run.weights(kind).read_bytes() == (finished / f"{kind}.safetensors").read_bytes()
        for kind in STAGES
    }
    assert same == {kind: kind != "judge_pose" for kind in STAGES}
    assert sorted(p.name for p in (tmp_path / "set").iterdir()) == sorted(
        p.name for p in finished.iterdir()
    )


def test_without_a_set_there_is_nothing_to_take_over(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="does not train generator: name a finished set"):
        run_in(tmp_path, _NOTHING_BUT_JUDGE_POSE).train_stage("generator")


def test_a_set_that_lacks_the_network_is_named(tmp_path: Path) -> None:
    run = run_in(tmp_path / "run", _NOTHING_BUT_JUDGE_POSE, tmp_path / "empty")
    with pytest.raises(ModelError, match="generator"):
        run.train_stage("generator")
    assert not run.weights("generator").exists()


@pytest.mark.parametrize("kind", ["generator", "pose", "e4e", "hypernetwork"])
def test_a_stage_begins_with_the_weights(tmp_path: Path, finished: Path, kind: NetworkKind) -> None:
    run = run_in(tmp_path, PROFILE, finished)
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    maker, _ = run._stages()[kind]  # pyright: ignore[reportPrivateUsage]
    stage = maker()
    go_on_from(stage, run.weights(kind), kind)
    stored = load_file(run.weights(kind))
    filled = [
        network
        for network in stage.networks().values()
        if stored.keys() <= network.state_dict().keys()
    ]
    assert len(filled) == (2 if kind in ("generator", "hypernetwork") else 1)
    for network in filled:
        state = network.state_dict()
        assert all(torch.equal(state[name], value.float()) for name, value in stored.items())


def test_other_sizes_are_refused(tmp_path: Path, finished: Path) -> None:
    other = starter_networks(
        generator_channels=(32, 32, 32, 16, 16),
        body_widths=(8, 8, 16, 32),
        pose_widths=(8, 16, 24, 32),
        judge_widths=(8, 8, 16, 32),
    )
    run = run_in(tmp_path, replace(PROFILE, networks=other), finished)
    with pytest.raises(TrainingError, match="other sizes than the profile's judge_appearance"):
        run.train_stage("judge_appearance")


def test_class_centres_lie_where_the_network_sees_the_people(
    tmp_path: Path, finished: Path
) -> None:
    run = run_in(tmp_path, PROFILE, finished)
    maker, _ = run._stages()["judge_appearance"]  # pyright: ignore[reportPrivateUsage]
    stage = maker()
    assert isinstance(stage, AppearanceStage)
    go_on_from(stage, finished / "judge_appearance.safetensors", "judge_appearance")
    heads: RenderedHeads = run.crops[0]
    network = stage.networks()["network"].eval()
    assert isinstance(network, ArcFace)
    with torch.no_grad():
        seen = network(stage._face(heads, torch.arange(len(heads)))).embedding  # pyright: ignore[reportPrivateUsage]
        own = stage.margin(seen).gather(1, heads.identity[:, None])
        others = stage.margin(seen).mean(1, keepdim=True)
    assert bool((own >= others).float().mean() > 0.9)
