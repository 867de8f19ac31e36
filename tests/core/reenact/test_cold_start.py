"""A first run with the bundled set touches nothing that belongs to the published model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "workflows" / "samples"
STARTER = ROOT / "hyperreenact_core" / "weights" / "starter"

PUBLISHED_ONLY = {
    "hyperreenact_core.face.fan_landmarks",
    "hyperreenact_core.face.insight_detect",
    "hyperreenact_core.face.published_detect",
    "hyperreenact_core.face.s3fd_detect",
    "hyperreenact_core.models.convert",
    "hyperreenact_core.models.download",
    "hyperreenact_core.models.fetch",
    "hyperreenact_core.models.published",
    "hyperreenact_core.models.torch_files",
    "hyperreenact_core.networks.fan",
    "hyperreenact_core.networks.reference",
    "hyperreenact_core.networks.s3fd",
    "insightface",
    "onnxruntime",
}

_RUN = """
import json, sys
import safetensors

opened = []
sys.addaudithook(lambda event, given: opened.append(str(given[0])) if event == "open" else None)
safe_open = safetensors.safe_open  # compiled: its files pass no audit hook

def noting(path, *args, **kwargs):
    opened.append(str(path))
    return safe_open(path, *args, **kwargs)

safetensors.safe_open = noting
from hyperreenact_core.cli.main import main

code = main(sys.argv[1:])
print(json.dumps({"code": code, "modules": sorted(sys.modules), "opened": opened}))
"""


def test_a_cold_run_neither_imports_nor_opens_what_the_published_model_needs(tmp_path: Path):
    arguments = ["reenact", SAMPLES / "freckles.png", SAMPLES / "redbeard.png"]
    arguments += ["--out", tmp_path / "out.png", "--device", "cpu"]
    done = subprocess.run(
        [sys.executable, "-c", _RUN, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["code"] == 0, done.stderr
    assert (tmp_path / "out.png").is_file()
    assert PUBLISHED_ONLY & set(seen["modules"]) == set()
    kinds = (".safetensors", ".pt", ".pth", ".tar", ".onnx", ".npz", ".ckpt")
    weights = {Path(name) for name in seen["opened"] if name.endswith(kinds)}
    needed = {"generator", "e4e", "appearance", "hypernetwork"}
    needed |= {"detector", "reader", "detail", "head_model"}
    assert {path.parent for path in weights} == {STARTER, STARTER.parent}
    assert {path.stem for path in weights} == needed, "the judges are not needed either"


def test_the_modules_named_above_exist():
    """A module that was renamed would be missing from every run."""
    for module in PUBLISHED_ONLY - {"insightface", "onnxruntime"}:
        path = ROOT.joinpath(*module.split("."))
        assert path.with_suffix(".py").is_file(), module
