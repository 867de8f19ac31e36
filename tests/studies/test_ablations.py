"""Ablations of the hypernetwork: what differs, what does not, and that they resume."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from hyperreenact_core.errors import TrainingError
from hyperreenact_core.models.variants import load_variant
from hyperreenact_core.training.heads.hypernetwork_stage import HeadsHypernetworkTraining
from hyperreenact_core.training.heads.profiles import PROFILES
from studies.ablation_run import AblationRun
from studies.ablations import EXIT_ERROR, main
from studies.variants import VARIANTS
from tests.core.training.heads.small import save_tiny_reader, write_shards_of

PROFILE = PROFILES["smoke"]
TRAINING = HeadsHypernetworkTraining(style_steps=100, picture_steps=60)


def run_in(out: Path, *, share: float = 1.0, seed: int = 0) -> AblationRun:
    shards = out.parent / "shards"
    return AblationRun(
        profile=PROFILE,
        out=out,
        device=torch.device("cpu"),
        data=[shards / "train"],
        held_out=[shards / "held"],
        share=share,
        seed=seed,
    )


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("studies")
    write_shards_of(folder / "shards")
    save_tiny_reader(folder / "run")
    for kind in ("generator", "e4e", "hypernetwork"):
        run_in(folder / "run").train_stage(kind)
    return folder / "run"


def test_with_nothing_left_out_it_is_the_method_itself(out: Path) -> None:
    theirs = load_file(out / "hypernetwork.safetensors")
    mine = load_file(run_in(out).train_variant("full"))
    assert mine.keys() == theirs.keys()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)


@pytest.mark.parametrize(
    ("name", "condition", "width"), [("refine", "reconstruction", 16), ("w_code", "code", None)]
)
def test_refiners_are_told_another_map(
    out: Path, name: str, condition: str, width: int | None
) -> None:
    path = run_in(out).train_variant(name)
    network, noted = load_variant(path, out)
    generator = PROFILE.networks.generator
    assert noted == condition
    assert network.config.pose_channels == (width or generator.n_latent * generator.latent_dim)
    assert (path.parent / "hypernetwork.csv").is_file()
    before = path.stat().st_mtime_ns
    assert run_in(out).train_variant(name).stat().st_mtime_ns == before


def test_fusion_is_that_of_the_variant() -> None:
    networks = PROFILE.networks
    full, other = (
        VARIANTS[name].config(networks.hypernetwork, networks.generator)
        for name in ("full", "matmul")
    )
    assert (full.fusion, other.fusion) == ("hadamard", "matmul")
    assert replace(other, fusion="hadamard") == full


def test_every_variant_differs_in_one_thing_and_draws_as_many_steps() -> None:
    trainings = {name: variant.training(TRAINING, 1.0) for name, variant in VARIANTS.items()}
    assert trainings["full"] == TRAINING
    assert {training.picture_steps for training in trainings.values()} == {60}
    assert trainings["no_cross"] == replace(TRAINING, strangers=0.0)
    assert trainings["no_state"] == replace(TRAINING, state_weight=0.0)
    assert trainings["no_warm_up"] == replace(TRAINING, style_steps=0, style_weight=0.0)
    assert trainings["refine"] == replace(TRAINING, strangers=0.0, own=1.0)


def test_a_share_shortens_every_phase() -> None:
    short = VARIANTS["full"].training(TRAINING, 0.5)
    assert short == replace(TRAINING, style_steps=50, picture_steps=30)


@pytest.mark.parametrize("name", ["no_cross", "refine", "full"])
def test_who_drives(out: Path, name: str) -> None:
    run = run_in(out)
    stage = run.maker_of(name, out / "unused")()
    heads, _ = run.crops
    source = torch.arange(len(heads))
    driving, cross = stage._drivers(  # pyright: ignore[reportPrivateUsage]
        source, torch.Generator().manual_seed(0)
    )
    assert bool(cross.any()) == (name == "full")
    assert bool((heads.identity[driving] == heads.identity[source]).all()) == (name != "full")
    assert torch.equal(driving, source) == (name == "refine")


def test_a_folder_begun_with_other_settings_is_refused(out: Path) -> None:
    run_in(out).train_variant("full")
    with pytest.raises(TrainingError, match="other frozen networks, steps or seed"):
        run_in(out, share=0.5).train_variant("full")
    with pytest.raises(TrainingError, match="other frozen networks, steps or seed"):
        run_in(out, seed=3).train_variant("full")


def test_runs_without_networks_and_unknown_names_are_refused(out: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="lacks generator, appearance, e4e"):
        run_in(tmp_path).train_variant("full")
    assert not (tmp_path / "ablations").exists()
    with pytest.raises(TrainingError, match="no ablation 'nonsense'; there are full"):
        run_in(out).train_variant("nonsense")
    with pytest.raises(TrainingError, match="share of the steps"):
        run_in(out, share=0.0)


@pytest.mark.parametrize("device", ["warp", "cuda:9", "meta"])
def test_a_device_that_is_not_there_stops_before_any_work(
    device: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert main(["all", f"--out={out}", f"--device={device}"]) == EXIT_ERROR
    said = capsys.readouterr().err
    assert said.startswith(f"error: --device {device} cannot be used here")
    assert "this machine has cpu" in said
    assert said.count("\n") == 1
    assert not out.exists()
