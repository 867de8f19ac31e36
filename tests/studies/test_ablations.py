"""Ablations of the hypernetwork: what differs, what does not, and that they resume."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from hyperreenact_core.errors import TrainingError
from hyperreenact_core.models.checkpoints import save_network
from hyperreenact_core.models.kinds import NETWORKS, NetworkKind
from hyperreenact_core.models.variants import load_variant
from hyperreenact_core.training.runs.profiles import PROFILES
from hyperreenact_core.training.stages.hypernetwork import HypernetworkTraining
from studies.ablation_run import AblationRun
from studies.ablations import EXIT_ERROR, main
from studies.variants import VARIANTS
from tests.core.training.exact import in_float64

PROFILE = replace(PROFILES["smoke"], identities=5)
TRAINING = HypernetworkTraining(
    style_steps=100, inversion_steps=10, self_steps=20, cross_steps=30, gaze_weight=2.0
)


def run_in(out: Path, *, share: float = 1.0, seed: int = 0) -> AblationRun:
    return AblationRun(
        profile=PROFILE, out=out, device=torch.device("cpu"), workers=1, share=share, seed=seed
    )


def frozen_networks(out: Path) -> Path:
    """A run whose frozen networks are "finished": they are as they begin."""
    torch.manual_seed(0)
    kinds: tuple[NetworkKind, ...] = ("generator", "e4e", "appearance", "pose")
    for kind in kinds:
        config = getattr(PROFILE.networks, kind)
        network = NETWORKS[kind].module(config)
        save_network(out / f"{kind}.safetensors", network, kind=kind, config=config)
    return out


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = frozen_networks(tmp_path_factory.mktemp("run"))
    run_in(out).train_stage("hypernetwork")
    return out


def test_with_nothing_left_out_it_is_the_method_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To rounding, of which eight steps make less than 1e-14; a loss that weighs a millionth more
    is another method."""
    monkeypatch.setitem(VARIANTS, "heavier", VARIANTS["full"])
    weight = PROFILE.hypernetwork.gaze_weight
    losses = replace(PROFILE.hypernetwork, gaze_weight=weight * (1 + 1e-6))
    with in_float64():
        run = run_in(frozen_networks(tmp_path))
        run.train_stage("hypernetwork")
        theirs = load_file(tmp_path / "hypernetwork.safetensors")
        mine = load_file(run.train_variant("full"))
        other = replace(run, profile=replace(PROFILE, hypernetwork=losses))
        heavier = load_file(other.train_variant("heavier"))
    assert mine.keys() == theirs.keys()
    assert {value.dtype for value in mine.values()} == {torch.float64}
    assert max(float((mine[n] - theirs[n]).abs().max()) for n in mine) < 1e-13
    assert max(float((heavier[n] - theirs[n]).abs().max()) for n in mine) > 1e-12


@pytest.mark.parametrize(
    ("name", "condition", "width"), [("refine", "reconstruction", 32), ("w_code", "code", None)]
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
    # The frozen networks and what they said of the frames are used, not made again.
    before = path.stat().st_mtime_ns
    assert run_in(out).train_variant(name).stat().st_mtime_ns == before


def test_fusion_and_losses_are_those_of_the_variant(out: Path) -> None:
    full, other = (
        load_variant(run_in(out).train_variant(name), out)[0] for name in ("full", "hadamard")
    )
    assert (full.config.fusion, other.config.fusion) == ("matmul", "hadamard")
    assert replace(other.config, fusion="matmul") == full.config


def test_every_variant_differs_in_one_thing_and_takes_as_many_steps() -> None:
    full = VARIANTS["full"].training(TRAINING, 1.0)
    assert full == TRAINING
    drawn = {
        name: variant.training(TRAINING, 1.0).steps - variant.training(TRAINING, 1.0).style_steps
        for name, variant in VARIANTS.items()
    }
    assert set(drawn.values()) == {60}
    all_at_once = VARIANTS["no_curriculum"].training(TRAINING, 1.0)
    assert all_at_once == replace(TRAINING, inversion_steps=0, self_steps=0, cross_steps=60)
    no_cross = VARIANTS["no_cross"].training(TRAINING, 1.0)
    assert no_cross == replace(TRAINING, self_steps=50, cross_steps=0)
    assert VARIANTS["no_gaze"].training(TRAINING, 1.0) == replace(TRAINING, gaze_weight=0.0)
    no_warm_up = VARIANTS["no_warm_up"].training(TRAINING, 1.0)
    assert no_warm_up == replace(TRAINING, style_steps=0, style_weight=0.0)
    refine = VARIANTS["refine"].training(TRAINING, 1.0)
    assert refine == replace(TRAINING, inversion_steps=60, self_steps=0, cross_steps=0)


def test_a_share_shortens_every_phase() -> None:
    short = VARIANTS["full"].training(TRAINING, 0.5)
    assert short == replace(
        TRAINING, style_steps=50, inversion_steps=5, self_steps=10, cross_steps=15
    )


@pytest.mark.parametrize("name", ["no_cross", "refine", "full"])
def test_who_drives(out: Path, name: str) -> None:
    run = run_in(out)
    stage = run._stage(VARIANTS[name], out / "unused")  # pyright: ignore[reportPrivateUsage]
    heads, _ = run.crops
    source = torch.arange(len(heads))
    for phase in ("style", "self"):
        drivers = stage._drivers(  # pyright: ignore[reportPrivateUsage]
            source, phase, torch.Generator().manual_seed(0)
        )
        people = heads.identity[drivers.frame] == heads.identity[source]
        assert bool(drivers.cross.any()) == (name == "full" and phase == "style")
        assert bool(people.all()) or name == "full"
        assert torch.equal(drivers.frame, source) == (name == "refine")


def test_a_folder_begun_with_other_settings_is_refused(out: Path) -> None:
    run_in(out).train_variant("full")
    with pytest.raises(TrainingError, match="other frozen networks, steps or seed"):
        run_in(out, share=0.5).train_variant("full")
    with pytest.raises(TrainingError, match="other frozen networks, steps or seed"):
        run_in(out, seed=3).train_variant("full")


def test_runs_without_networks_and_unknown_names_are_refused(out: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="lacks generator, appearance, pose, e4e"):
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
