"""`hyperreenact train starter --heads`: which options go together, and a run that is complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyperreenact_core.cli.main import EXIT_ERROR, main
from tests.core.training.heads.small import save_tiny_reader, write_heads


def test_a_set_is_trained_on_folders_of_heads(tmp_path: Path) -> None:
    write_heads(tmp_path / "train")
    write_heads(tmp_path / "held", first=100)
    save_tiny_reader(tmp_path / "out")
    options = ["--heads", str(tmp_path / "train"), "--held-out-heads", str(tmp_path / "held")]
    options += ["--profile=smoke", f"--out={tmp_path / 'out'}", "--device=cpu"]
    assert main(["train", "starter", *options]) == 0
    made = {path.name for path in (tmp_path / "out" / "set").iterdir()}
    kinds = ("appearance", "generator", "e4e", "hypernetwork")
    assert made == {"set.json", *(f"{kind}.safetensors" for kind in kinds)}


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--features=x"], "--features goes with --heads"),
        (["--heads", "x", "--profile=more"], "no profile 'more' for realistic heads"),
        (["--heads", "x", "--start-from=x"], "--start-from does not go with --heads"),
        (["--heads", "x", "--held-out-heads", "x", "--profile=smoke"], "x: no shards are there"),
    ],
)
def test_what_does_not_go_together_is_said(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train", "starter", "--out=out", *options]) == EXIT_ERROR
    assert complaint in capsys.readouterr().err
