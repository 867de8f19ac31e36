"""Every network can be trained on clips: it learns, shows itself, and ends as part of a set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from hyperreenact_core.errors import TrainingError
from hyperreenact_core.models.checkpoints import load_network
from hyperreenact_core.models.sets import load_set
from hyperreenact_core.models.settings import SetSettings, save_settings
from hyperreenact_core.networks.hypernetwork import Hypernetwork
from hyperreenact_core.networks.pose_state import STATE_CHANNELS
from hyperreenact_core.training.engine.checkpoint import load_checkpoint
from hyperreenact_core.training.engine.compute import OneDevice
from hyperreenact_core.training.engine.recipes import RECIPES, ClipKind
from hyperreenact_core.training.runs.clip_run import prepare_stage, train_on_clips
from hyperreenact_core.training.stages.clip_hypernetwork import ClipHypernetworkTraining
from tests.core.reenact.tiny import SIZE, save_tiny_set
from tests.core.training.heads.small import save_tiny_reader
from tests.core.training.small_runs import RECIPE, rows_of, run_of, write_clips

COMPUTE = OneDevice(torch.device("cpu"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_clips(tmp_path / "data")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return save_tiny_set(tmp_path / "base")


@pytest.mark.parametrize("kind", RECIPES)
def test_a_run_leaves_log_samples_and_network(
    tmp_path: Path, data: Path, base: Path, kind: ClipKind
) -> None:
    run = run_of(kind, data, base, tmp_path / "run")
    path = train_on_clips(run, COMPUTE)
    assert path == tmp_path / "run" / f"{kind}.safetensors"
    load_network(path, kind)
    rows = rows_of(run.out / f"{kind}.csv")
    assert [row["step"] for row in rows] == [str(step) for step in range(1, 7)]
    with Image.open(run.out / f"{kind}.png") as grid:
        assert grid.width > 8 * SIZE
    assert list((run.out / "tensorboard" / kind).glob("events.out.tfevents.*"))

    written = path.stat().st_mtime_ns
    assert train_on_clips(run, COMPUTE) == path
    assert path.stat().st_mtime_ns == written, "a finished network must be left alone"


@pytest.mark.parametrize(("kind", "loss"), [("e4e", "pixel"), ("hypernetwork", "pixel")])
def test_losses_fall(tmp_path: Path, data: Path, base: Path, kind: ClipKind, loss: str) -> None:
    run = run_of(kind, data, base, tmp_path / "run", learning_rate=3e-3)
    if isinstance(run.training, ClipHypernetworkTraining):
        run = replace(run, training=replace(run.training, inversion_steps=16))
    stage, random = prepare_stage(run, COMPUTE), torch.Generator().manual_seed(0)
    losses = [float(stage.step(step, random)[loss]) for step in range(16)]
    assert sum(losses[-5:]) < 0.95 * sum(losses[:5])


def test_each_phase_has_the_losses_of_the_paper(tmp_path: Path, data: Path, base: Path) -> None:
    stage = prepare_stage(run_of("hypernetwork", data, base, tmp_path / "run"), COMPUTE)
    random = torch.Generator().manual_seed(0)
    inversion, _, same, _, cross = (set(stage.step(step, random)) for step in range(5))
    assert inversion == {"pixel", "perceptual", "identity", "gradient"}
    assert same == cross == inversion | {"shape"}
    assert stage.optimisers()["network"].param_groups[0]["lr"] == RECIPE.learning_rate / 2


def test_a_cross_only_share_has_no_loss_against_a_picture(
    tmp_path: Path, data: Path, base: Path
) -> None:
    """Of a batch of one the only frame is self-reenacted; with two processes one has a stranger."""
    run = run_of("hypernetwork", data, base, tmp_path / "run", batch_size=1)

    class SecondOfTwo(OneDevice):
        rank, processes = 1, 2

    (tmp_path / "run").mkdir()
    prepare_stage(run, COMPUTE)  # the first process fills the folder
    stage = prepare_stage(run, SecondOfTwo(COMPUTE.device))
    losses = stage.step(5, torch.Generator().manual_seed(0))
    assert float(losses["pixel"]) == float(losses["perceptual"]) == 0
    assert float(losses["identity"]) > 0
    assert float(losses["shape"]) > 0


def test_the_published_kind_of_set_is_trained_with_its_own_crops(
    tmp_path: Path, base: Path
) -> None:
    data = write_clips(tmp_path / "data", scale=1.0)
    save_settings(base, SetSettings(SIZE, 1.0, True, "five_point", "deca_crop", 0.7))
    run = run_of("hypernetwork", data, base, tmp_path / "run")
    assert train_on_clips(replace(run, from_scratch=True), COMPUTE).is_file()


@pytest.mark.parametrize("fresh", [False, True])
def test_a_set_that_is_told_states_is_trained_by_what_its_reader_sees(
    tmp_path: Path, data: Path, fresh: bool
) -> None:
    base = save_tiny_set(tmp_path / "told", told_states=True)
    save_tiny_reader(base)
    run = replace(run_of("hypernetwork", data, base, tmp_path / "run"), from_scratch=fresh)
    path = train_on_clips(run, COMPUTE)
    network = load_network(path, "hypernetwork")
    assert isinstance(network, Hypernetwork)
    assert network.config.pose_channels == STATE_CHANNELS
    assert float(rows_of(run.out / "hypernetwork.csv")[-1]["shape"]) > 0


@pytest.mark.parametrize("fresh", [False, True])
def test_a_set_grows_network_by_network(
    tmp_path: Path, data: Path, base: Path, fresh: bool
) -> None:
    """Generator, encoder, hypernetwork, each against the one before; then the set is complete."""
    out = tmp_path / "sets" / "mine"
    for kind in ("generator", "e4e", "hypernetwork"):
        run = run_of(kind, data, base, out)
        train_on_clips(replace(run, from_scratch=fresh), COMPUTE)
    models = load_set("mine", [tmp_path / "sets"])
    face = torch.zeros(1, 3, SIZE, SIZE)
    view = torch.zeros(1, 3, 112, 112)
    deltas = models.hypernetwork(models.appearance(view).map, models.pose.pose_map(view))
    assert models.generator(models.e4e(face), deltas).shape == (1, 3, SIZE, SIZE)
    assert float(models.latent_avg.abs().sum()) > 0
    for kind in ("generator", "e4e", "hypernetwork"):
        mine, theirs = (load_file(f / f"{kind}.safetensors") for f in (out, base))
        assert any(not torch.equal(mine[name], theirs[name].to(mine[name])) for name in mine)


@pytest.mark.parametrize("kind", RECIPES)
def test_a_rate_far_too_high_stops_the_run_and_keeps_the_last_good_state(
    tmp_path: Path, data: Path, base: Path, kind: ClipKind
) -> None:
    good = run_of(kind, data, base, tmp_path / "run", steps=3)
    stage = prepare_stage(good, COMPUTE)
    train_on_clips(good, COMPUTE)
    (good.out / f"{kind}.safetensors").unlink()  # as if it were to go on to sixty steps
    wild = run_of(kind, data, base, tmp_path / "run", steps=60, learning_rate=1e30, clip_norm=0.0)
    with pytest.raises(TrainingError, match=r"not a number .*\.ckpt: lower the learning rate"):
        train_on_clips(replace(wild, checkpoint_every=1), COMPUTE)
    step = load_checkpoint(
        good.out / f"{kind}.ckpt",
        networks=stage.networks(),
        optimisers=stage.optimisers(),
        random=torch.Generator(),
    )
    assert step == 3
    for network in stage.networks().values():
        assert all(bool(weight.isfinite().all()) for weight in network.parameters())
    assert not (good.out / f"{kind}.safetensors").exists()
