"""`hyperreenact train`: which options go together, and one run on clips from end to end."""

from __future__ import annotations

import errno
import re
from pathlib import Path

import pytest

from hyperreenact_core.cli.main import EXIT_ERROR, build_parser, main
from hyperreenact_core.training.engine.recipes import RECIPES, ClipKind
from tests.core.reenact.tiny import save_tiny_set
from tests.core.training.heads.small import write_shards_of
from tests.core.training.small_runs import write_clips


def command(tmp_path: Path, kind: str, *options: str) -> list[str]:
    return [
        "train",
        kind,
        f"--data={tmp_path / 'data'}",
        "--model-set=tiny",
        f"--model-path={tmp_path / 'models'}",
        f"--out={tmp_path / 'mine'}",
        "--device=cpu",
        *options,
    ]


def test_a_run_on_clips_says_how_to_use_what_it_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_clips(tmp_path / "data")
    save_tiny_set(tmp_path / "models" / "tiny")
    options = ["--steps=4", "--batch-size=2", "--accumulate=2", "--precision=bf16"]
    options += ["--clip-norm=0.5", "--learning-rate=1e-4", "--validate-every=2", "--held-out=2"]
    options += ["--inversion-steps=1", "--self-steps=1", "--checkpoint-every=2", "--seed=3"]
    assert main(command(tmp_path, "hypernetwork", *options)) == 0
    out = tmp_path / "mine"
    said = capsys.readouterr().out
    assert f"--model-path {tmp_path} --model-set mine" in said
    names = {"hypernetwork.safetensors", "hypernetwork.csv", "hypernetwork.png", "set.json"}
    assert names <= {path.name for path in out.iterdir()}


def test_a_first_network_says_which_are_still_to_come(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_clips(tmp_path / "data")
    save_tiny_set(tmp_path / "models" / "tiny")
    options = ["--steps=1", "--batch-size=2", "--no-augment", "--r1-weight=1", "--path-weight=2"]
    assert main(command(tmp_path, "generator", *options)) == 0
    assert "still to be trained: e4e.safetensors, hypernetwork" in capsys.readouterr().out


def test_clips_that_will_not_do_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_clips(tmp_path / "data", people=1)
    save_tiny_set(tmp_path / "models" / "tiny")
    assert main(command(tmp_path, "hypernetwork")) == EXIT_ERROR
    assert "only one identity" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--data=clips", "--profile=cpu"], "--profile is for rendered heads"),
        (["--data=clips", "--held-out-heads=x"], "--held-out-heads is for rendered heads"),
        (["--steps=5", "--from-scratch"], "--from-scratch, --steps: to train on clips"),
        (["--model-path=sets"], "--model-path: to train on clips"),
    ],
)
def test_options_of_two_kinds_of_training_do_not_mix(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "e4e", f"--out={tmp_path / 'run'}", *options]) == EXIT_ERROR
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("option", ["--steps=0", "--batch-size=-1", "--learning-rate=nan"])
def test_numbers_that_make_no_sense_are_refused(option: str) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args(["train", "e4e", "--out=run", "--data=clips", option])


@pytest.mark.parametrize("kind", RECIPES)
def test_the_help_states_the_defaults(kind: ClipKind, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args(["train", kind, "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert f"updates of the weights (default: {RECIPES[kind].steps})" in text
    assert f"default: {RECIPES[kind].learning_rate}" in text


def test_rendered_heads_need_no_clips(tmp_path: Path) -> None:
    args = build_parser().parse_args(["train", "e4e", f"--out={tmp_path}"])
    assert args.profile is None
    assert args.data is None


@pytest.mark.parametrize("target", ["starter", "detail"])
@pytest.mark.parametrize("device", ["warp", "cuda:9", "meta"])
def test_a_device_that_is_not_there_stops_before_any_work(
    target: str, device: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert main(["train", target, f"--out={out}", f"--device={device}"]) == EXIT_ERROR
    said = capsys.readouterr().err
    assert said.startswith(f"error: --device {device} cannot be used here")
    assert "this machine has cpu" in said
    assert said.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("e4e", "e4e is trained against generator, which .* lacks"),
        ("hypernetwork", "hypernetwork is trained against generator, which .* lacks"),
    ],
)
def test_what_a_stage_lacks_is_said_before_any_work(
    target: str,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "run"
    assert main(["train", target, f"--out={out}"]) == EXIT_ERROR
    assert re.search(said, capsys.readouterr().err)
    assert not out.exists()


def test_a_full_disk_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    train, held = write_shards_of(tmp_path)
    options = ["--heads", str(train), "--held-out-heads", str(held), "--profile=smoke"]
    assert main(["train", "judge_pose", f"--out={tmp_path / 'run'}", *options]) == EXIT_ERROR
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("error: ")
    assert said.endswith(
        "cannot be written (No space left on device); choose another place or make room"
    )
