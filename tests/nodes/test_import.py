"""Loading the pack costs the host next to nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_SCRIPT = """
import importlib.util, sys, tempfile, time
from pathlib import Path
import numpy, torch, yaml, PIL.Image, tempfile  # what the host has imported already
from tests.nodes.fake_host import FakeHost, installed
with installed(FakeHost(Path(tempfile.mkdtemp()))):
    before = set(sys.modules)
    begin = time.process_time()
    spec = importlib.util.spec_from_file_location(
        "a_pack", "__init__.py", submodule_search_locations=["."])
    module = sys.modules["a_pack"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    import asyncio
    nodes = asyncio.run(asyncio.run(module.comfy_entrypoint()).get_node_list())
    for node in nodes:
        node.define_schema()
    seconds = time.process_time() - begin
    new = set(sys.modules) - before
    print(seconds)
    print(" ".join(sorted(new)))
"""


def test_the_pack_loads_quickly_and_imports_nothing_heavy():
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    seconds, modules = done.stdout.splitlines()
    assert float(seconds) < 0.5
    loaded = set(modules.split())
    ours = {name.partition("hyperreenact_core.")[2] for name in loaded}
    assert ours <= {"", "choices", "errors", "reenact", "reenact.knobs", "reenact.sliders"}
    assert not loaded & {"cv2", "av", "kornia", "einops", "safetensors"}
