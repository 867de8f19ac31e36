"""The pack in a real ComfyUI, where COMFYUI_PATH and COMFYUI_PYTHON name one.

Starts the server on the CPU with the pack linked into a temporary base folder and talks to it over
HTTP. Nothing is written into the ComfyUI checkout.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.core.reenact.tiny import save_tiny_set

ROOT = Path(__file__).resolve().parents[2]
FROZEN = json.loads((ROOT / "tests" / "nodes" / "frozen_nodes.json").read_text("utf-8"))
NAMES = sorted(path.stem for path in (ROOT / "workflows").glob("*.json"))
START_SECONDS, RUN_SECONDS = 600, 600

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(START_SECONDS + RUN_SECONDS),
    pytest.mark.skipif(
        not (os.environ.get("COMFYUI_PATH") and os.environ.get("COMFYUI_PYTHON")),
        reason="COMFYUI_PATH and COMFYUI_PYTHON name no ComfyUI to try the pack in",
    ),
]


class Comfy:
    """A running server."""

    def __init__(self, url: str, log: Path) -> None:
        self.url, self.log = url, log

    def ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def refusal(self, prompt: Any) -> str:
        """Why the server will not run a graph."""
        with pytest.raises(urllib.error.HTTPError) as caught:
            self.ask("/prompt", {"prompt": prompt})
        return caught.value.read().decode()

    def run(self, prompt: Any) -> dict[str, Any]:
        """Run a graph to its end; the entry of the history."""
        prompt_id = self.ask("/prompt", {"prompt": prompt})["prompt_id"]
        end = time.monotonic() + RUN_SECONDS
        while time.monotonic() < end:
            entry = self.ask(f"/history/{prompt_id}").get(prompt_id)
            if entry is not None:
                return entry
            time.sleep(0.2)
        raise TimeoutError(self.log.read_text("utf-8")[-3000:])

    def cached(self, entry: dict[str, Any]) -> set[str]:
        """Ids of the nodes that were not run again."""
        messages = dict(entry["status"]["messages"])
        return set(messages["execution_cached"]["nodes"])


@pytest.fixture(scope="module")
def comfy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Comfy]:
    base = tmp_path_factory.mktemp("comfyui")
    for name in ("custom_nodes", "input", "output", "temp", "user", "models"):
        (base / name).mkdir()
    (base / "custom_nodes" / "hyperreenact").symlink_to(ROOT, target_is_directory=True)
    save_tiny_set(base / "models" / "hyperreenact" / "starter")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [os.environ["COMFYUI_PYTHON"], "main.py", "--cpu", "--listen", "127.0.0.1"]
    command += ["--port", str(port), "--base-directory", str(base), "--disable-auto-launch"]
    command += ["--disable-api-nodes", "--database-url", f"sqlite:///{base}/user/comfyui.db"]
    log = base / "log.txt"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, cwd=os.environ["COMFYUI_PATH"], stdout=output, stderr=subprocess.STDOUT
        )
    try:
        host = Comfy(f"http://127.0.0.1:{port}", log)
        _wait_until_ready(host, server)
        yield host
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()


def api(name: str) -> dict[str, Any]:
    return json.loads((ROOT / "workflows" / "api" / f"{name}.json").read_text("utf-8"))


def test_all_nodes_are_listed_and_nothing_failed_to_import(comfy: Comfy):
    nodes = comfy.ask("/object_info")
    assert set(FROZEN) <= set(nodes)
    assert "IMPORT FAILED" not in comfy.log.read_text("utf-8")
    templates = comfy.ask("/api/workflow_templates")
    assert sorted(templates["hyperreenact"]) == NAMES


@pytest.mark.parametrize("name", [name for name in NAMES if "chunks" not in name])
def test_every_workflow_runs_to_the_end(comfy: Comfy, name: str):
    entry = comfy.run(api(name))
    assert entry["status"]["status_str"] == "success", entry["status"]["messages"][-1]


def test_another_clip_does_not_invert_the_source_again(comfy: Comfy):
    graph = api("2 Full chain")
    comfy.run(graph)
    by_class = {node["class_type"]: key for key, node in graph.items()}
    graph[by_class["HyperReenact_SampleClip"]]["inputs"]["name"] = "talk"
    cached = comfy.cached(comfy.run(graph))
    assert by_class["HyperReenact_Invert"] in cached
    assert by_class["HyperReenact_ExtractPose"] not in cached


def test_a_missing_set_is_refused_with_advice_and_the_server_lives(comfy: Comfy):
    graph = api("1 Quick start")
    loader = next(n for n in graph.values() if n["class_type"] == "HyperReenact_LoadModels")
    loader["inputs"]["model_set"] = "voxceleb-256"
    assert "is not installed" in comfy.refusal(graph)
    assert comfy.ask("/system_stats")


def _wait_until_ready(host: Comfy, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            host.ask("/system_stats")
        except OSError:
            time.sleep(0.3)
        else:
            return
    raise RuntimeError(f"ComfyUI did not start:\n{host.log.read_text('utf-8')[-3000:]}")
