"""`hyperreenact train TARGET` on rendered heads."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyperreenact_core.cli.main import EXIT_ERROR, main
from tests.core.training.heads.small import write_shards_of


def options(tmp_path: Path) -> list[str]:
    train, held = write_shards_of(tmp_path)
    return [
        *("--heads", str(train), "--held-out-heads", str(held)),
        *("--profile=smoke", f"--out={tmp_path / 'out'}", "--device=cpu"),
    ]


def test_a_set_is_trained_on_folders_of_heads(tmp_path: Path) -> None:
    assert main(["train", "starter", *options(tmp_path)]) == 0
    assert (tmp_path / "out" / "set" / "judge_pose.safetensors").is_file()


@pytest.mark.parametrize("kind", ["reader", "detector", "detail", "generator", "judge_pose"])
def test_one_stage_can_be_trained(tmp_path: Path, kind: str) -> None:
    clock = ["--minutes=4"] if kind == "reader" else []
    assert main(["train", kind, *options(tmp_path), *clock]) == 0
    assert (tmp_path / "out" / f"{kind}.safetensors").is_file()
    assert not (tmp_path / "out" / "hypernetwork.safetensors").exists()


def test_folders_without_shards_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    where = ["--heads=x", "--held-out-heads=x", "--profile=smoke"]
    assert main(["train", "starter", "--out=out", *where]) == EXIT_ERROR
    assert "x: no shards are there" in capsys.readouterr().err
