"""The starter set end to end at toy size: all stages, a set that loads, runs that go on."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from hyperreenact_core.errors import InputError, TrainingError
from hyperreenact_core.models.kinds import NetworkKind
from hyperreenact_core.models.sets import LoadedSet
from hyperreenact_core.models.store import missing_files
from hyperreenact_core.networks.pose_state import STATE, state_map
from hyperreenact_core.training.heads.portrait import CODE_FILE, load_portrait
from hyperreenact_core.training.heads.run import STAGES
from tests.core.training.heads.small import run_in, write_shards_of
from tests.core.training.small_runs import killed, rows_of, train_stage_until_killed

BY_STEPS: tuple[NetworkKind, ...] = STAGES[STAGES.index("generator") :]
OFTEN = {"validate_every": 1, "checkpoint_every": 2}


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_shards_of(tmp_path_factory.mktemp("shards"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, shards: tuple[Path, Path]) -> Path:
    """A run that nobody disturbed."""
    out = tmp_path_factory.mktemp("whole")
    run_in(out, shards, **OFTEN).train_all()
    return out


def test_the_whole_set_and_again(whole: Path, shards: tuple[Path, Path]) -> None:
    made = whole / "set"
    kinds = ("appearance", *STAGES)
    assert {path.name for path in made.iterdir()} == {
        "set.json",
        *(f"{kind}.safetensors" for kind in kinds),
    }
    assert missing_files(made) == ()
    models = LoadedSet(made)
    assert models.settings.pose_input == "state"
    assert models.judge_pose.config.codes.expression == 52
    w_plus = models.e4e(torch.zeros(1, 3, 128, 128))
    appearance = models.appearance(torch.zeros(1, 3, 112, 112)).map
    deltas = models.hypernetwork(appearance, state_map(torch.zeros(1, STATE)))
    image = models.generator(w_plus, deltas)
    assert image.shape == (1, 3, 128, 128)
    assert bool(image.isfinite().all())

    portrait = load_portrait(whole)
    seen = portrait.look(torch.zeros(1, 3, 128, 128))
    w = portrait.w(portrait.code(seen.map), torch.zeros(1, STATE))
    assert w.shape == (1, models.generator.config.latent_dim)

    before = {path: path.stat().st_mtime_ns for path in whole.glob("*.safetensors")}
    run_in(whole, shards).train_all()
    assert before == {path: path.stat().st_mtime_ns for path in whole.glob("*.safetensors")}


@pytest.mark.slow
@pytest.mark.parametrize("kind", BY_STEPS)
def test_a_killed_stage_ends_in_the_same_weights(
    tmp_path: Path, whole: Path, shards: tuple[Path, Path], kind: NetworkKind
) -> None:
    earlier = STAGES[: STAGES.index(kind)]
    names = [f"{one}.safetensors" for one in earlier] + ["set.json"]
    if "generator" in earlier:
        names += ["appearance.safetensors", CODE_FILE]
    for name in names:
        shutil.copyfile(whole / name, tmp_path / name)
    run = run_in(tmp_path, shards, **OFTEN)

    assert killed(train_stage_until_killed, run, kind, 2) == -signal.SIGKILL
    run.train_stage(kind)
    mine, theirs = (load_file(out / f"{kind}.safetensors") for out in (tmp_path, whole))
    assert mine.keys() == theirs.keys()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    log = "portrait" if kind == "generator" else kind
    assert rows_of(tmp_path / f"{log}.csv") == rows_of(whole / f"{log}.csv")


def test_what_a_stage_lacks_is_said(tmp_path: Path, shards: tuple[Path, Path]) -> None:
    with pytest.raises(TrainingError, match=r"e4e is trained against generator, which .* lacks"):
        run_in(tmp_path, shards).train_stage("e4e")


@pytest.mark.parametrize("kind", ["reader", "detector", "detail", "generator"])
def test_people_trained_on_may_not_be_held_out(
    tmp_path: Path, shards: tuple[Path, Path], kind: NetworkKind
) -> None:
    run = run_in(tmp_path, (shards[0], shards[0]))
    with pytest.raises(InputError, match="both trained on and held out"):
        run.train_stage(kind)
