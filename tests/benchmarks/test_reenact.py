"""The benchmark runs and compares both paths."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.tables import report

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_both_paths_are_measured_and_draw_the_same(tmp_path: Path):
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks.reenact", "--weights", "starter", "--runs", "1"]
    command += ["--batch", "1", "2", "--threads", "1", "--json", str(figures)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stderr
    assert "| fast bf16 | 2 |" in done.stdout

    measured = json.loads(figures.read_text("utf-8"))
    assert done.stdout == report(measured)
    paths = measured["paths"]
    assert list(paths) == ["reference fp32", "fast fp32", "fast bf16"]
    assert paths["fast fp32"]["error"]["largest"] < 1e-4
    assert 0 < paths["fast bf16"]["error"]["relative"] < 0.02
    for path in paths.values():
        assert set(path["batches"]) == {"1", "2"}
        for batch in path["batches"].values():
            stages = batch["stages"]
            assert all(milliseconds > 0 for milliseconds in stages.values())
            parts = sum(value for name, value in stages.items() if name not in ("total", "detail"))
            assert stages["total"] == pytest.approx(parts, rel=1e-6), "of a single run"
            assert batch["peak"] > path["base"] > 0
    assert "appearance encoder" in paths["reference fp32"]["batches"]["1"]["stages"]
    assert "appearance encoder" not in paths["fast fp32"]["batches"]["1"]["stages"]
    assert paths["fast bf16"]["weights"] < paths["fast fp32"]["weights"]


def test_a_batch_beyond_the_inputs_is_refused():
    command = [sys.executable, "-m", "benchmarks.reenact", "--batch", "17"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "17" in done.stderr
