"""The starter set from heads, end to end at toy size: all stages, a set that loads."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from hyperreenact_core.errors import InputError
from hyperreenact_core.models.sets import LoadedSet
from hyperreenact_core.networks.pose_state import STATE, state_map
from hyperreenact_core.training.heads.portrait import load_portrait
from hyperreenact_core.training.heads.profiles import HEADS_PROFILES
from hyperreenact_core.training.heads.run import HeadsRun
from tests.core.training.heads.small import save_tiny_reader, write_heads


def run_in(folder: Path) -> HeadsRun:
    return HeadsRun(
        profile=HEADS_PROFILES["smoke"],
        data=[write_heads(folder / "train")],
        held_out=[write_heads(folder / "held", first=100)],
        out=folder / "out",
        device=torch.device("cpu"),
        checkpoint_every=1,
    )


def test_the_whole_set_from_shards_and_again(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    save_tiny_reader(run.out)
    run.train_all()
    models = LoadedSet(run.out / "set")
    assert models.settings.pose_input == "state"
    w_plus = models.e4e(torch.zeros(1, 3, 128, 128))
    appearance = models.appearance(torch.zeros(1, 3, 112, 112)).map
    deltas = models.hypernetwork(appearance, state_map(torch.zeros(1, STATE)))
    image = models.generator(w_plus, deltas)
    assert image.shape == (1, 3, 128, 128)
    assert bool(image.isfinite().all())

    portrait = load_portrait(run.out)
    seen = portrait.look(torch.zeros(1, 3, 128, 128))
    w = portrait.w(portrait.code(seen.map), torch.zeros(1, STATE))
    assert w.shape == (1, models.generator.config.latent_dim)

    before = {path: path.stat().st_mtime_ns for path in run.out.glob("*.safetensors")}
    run_in(tmp_path).train_all()
    assert before == {path: path.stat().st_mtime_ns for path in run.out.glob("*.safetensors")}


def test_people_trained_on_may_not_be_held_out(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    save_tiny_reader(run.out)
    write_heads(tmp_path / "held", first=0)
    with pytest.raises(InputError, match="both trained on and held out"):
        run.train_stage("generator")
