"""Training of the detail network: losses, steps, and runs that go on after a kill."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from hyperreenact_core.errors import InputError
from hyperreenact_core.models.checkpoints import load_network
from hyperreenact_core.networks.detail import DetailNetwork, DetailPlan
from hyperreenact_core.training.detail.figures import figures, held_out
from hyperreenact_core.training.detail.learner import DetailLearner
from hyperreenact_core.training.detail.losses import Features, Weights, detail_losses
from hyperreenact_core.training.detail.pairs import pair_shelf
from hyperreenact_core.training.detail.run import train_detail
from hyperreenact_core.training.detail.smoke import SMOKE, SMOKE_CONFIG
from hyperreenact_core.training.detail.stream import Batch, Stream

from .drawn_pairs import write_pairs


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pairs")
    write_pairs(folder / "train/people-0.safetensors", first=0)
    write_pairs(folder / "held/people-100.safetensors", first=100, pairs=6)
    return folder


def batch(data: Path, number: int = 1) -> Batch:
    return Stream(pair_shelf([data / "train"]), SMOKE.stream, seed=0).batch(number, 4)


def truth(batch: Batch) -> DetailPlan:
    background = (batch.shows == 0).float() * batch.seen
    layers = [batch.seen - background, background, 1 - batch.seen]
    return DetailPlan(batch.offset, torch.cat(layers, 1) * 20, batch.target)


def test_the_truth_costs_little_and_every_error_costs_more(data: Path) -> None:
    known = batch(data)
    torch.manual_seed(0)
    features = Features().eval()
    exact = truth(known)
    losses = detail_losses(exact, known, features, Weights())
    for name in ("flow", "layers", "ghosts", "painted"):
        assert float(losses[name]) < 0.01, name
    worse = {
        "flow": replace(exact, offset=exact.offset + 0.1),
        "picture": replace(exact, offset=exact.offset + 0.1),
        "features": replace(exact, offset=exact.offset + 0.1),
        "painted": replace(exact, painted=-exact.painted),
        "ghosts": replace(exact, logits=exact.logits * 0),
        "layers": replace(exact, logits=exact.logits.roll(1, 1)),
    }
    for name, plan in worse.items():
        found = detail_losses(plan, known, features, Weights())
        assert float(found[name]) > 1.3 * float(losses[name]), name


def test_steps_lower_the_loss(data: Path) -> None:
    known = batch(data)
    recipe = replace(SMOKE.recipe, warm_up=5, rate=2e-3)
    learner = DetailLearner(SMOKE_CONFIG, recipe)
    losses = [learner.learn(known, progress=0.0)["total"] for _ in range(25)]
    # What lies off the face is not learned: there the loss stays.
    assert sum(losses[-5:]) < 0.9 * sum(losses[:5])


def test_figures_of_a_fresh_network_are_those_of_the_coarse_flow(data: Path) -> None:
    tests = held_out(pair_shelf([data / "held"]), SMOKE.stream, count=4)
    found = figures(DetailNetwork(SMOKE_CONFIG), tests)
    assert found["flow_result"] == pytest.approx(found["flow_coarse"])
    assert found["psnr_all_true"] > found["psnr_all_unmoved"]
    assert found["psnr_hidden_true"] == 50
    assert found["still"] > 0.25  # walls beside a head that turns are stretched


def test_a_killed_run_goes_on_as_if_nothing_had_been(data: Path, tmp_path: Path) -> None:
    whole = replace(SMOKE, minutes=600.0, recipe=replace(SMOKE.recipe, settled=0.999))

    def weights(name: str, steps: int) -> dict[str, torch.Tensor]:
        settings = replace(whole, steps=steps)
        folders = [data / "train"], data / "held", tmp_path / name
        return load_file(train_detail(*folders, settings, config=SMOKE_CONFIG))

    through = weights("through", 4)
    weights("stopped", 2)
    torch.testing.assert_close(weights("stopped", 4), through, atol=0, rtol=0)
    with (tmp_path / "stopped/log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert float(rows[-1]["held_out_psnr_all_result"]) > 0
    assert list((tmp_path / "stopped").glob("sheet-*.jpg"))


def test_the_weights_of_a_run_are_those_of_a_set(data: Path, tmp_path: Path) -> None:
    path = train_detail([data / "train"], data / "held", tmp_path, SMOKE, config=SMOKE_CONFIG)
    assert load_network(path, "detail").config == SMOKE_CONFIG


def test_people_must_not_be_trained_on_and_held_out(data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="both trained on and held out"):
        train_detail([data / "train"], data / "train", tmp_path, SMOKE, config=SMOKE_CONFIG)


def test_other_weights_are_no_measure(data: Path) -> None:
    learner = DetailLearner(SMOKE_CONFIG, SMOKE.recipe)
    with pytest.raises(InputError, match="weights of the body"):
        learner.compare_by({"stem.0.weight": torch.zeros(1)})
