"""A real ComfyUI with the pack in it: started on the CPU, talked to over HTTP.

Environment: COMFYUI_PATH names a checkout and COMFYUI_PYTHON its interpreter; without both, all
tests of this folder are skipped. COMFYUI_VHS_PATH may name a checkout of VideoHelperSuite and
COMFYUI_BROWSER a Chromium. COMFYUI_MODEL_SET names the set to use, such as starter; by default it
is one of tiny random networks, which is quick and draws nothing recognisable.
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
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.core.reenact.tiny import save_tiny_set

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS, RUN_SECONDS = 600, 600
MODEL_SET = os.environ.get("COMFYUI_MODEL_SET") or "tiny"
VHS_PATH = os.environ.get("COMFYUI_VHS_PATH")

MARKS = [
    pytest.mark.slow,
    pytest.mark.timeout(START_SECONDS + 3 * RUN_SECONDS),
    pytest.mark.skipif(
        not (os.environ.get("COMFYUI_PATH") and os.environ.get("COMFYUI_PYTHON")),
        reason="COMFYUI_PATH and COMFYUI_PYTHON name no ComfyUI to try the pack in",
    ),
]

Prompt = dict[str, dict[str, Any]]
Entry = dict[str, Any]


class Comfy:
    """A running server; base: the folder with its inputs, outputs and models."""

    def __init__(self, url: str, base: Path, process: subprocess.Popen[bytes]) -> None:
        self.url, self.base, self.process = url, base, process

    @property
    def log(self) -> str:
        return (self.base / "log.txt").read_text("utf-8", errors="replace")

    def ask(self, path: str, body: Any = None) -> Any:
        """GET, or POST of a JSON body; the JSON answer, None if there is none."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def refusal(self, prompt: Prompt) -> str:
        """Why the server will not run a graph."""
        with pytest.raises(urllib.error.HTTPError) as caught:
            self.ask("/prompt", {"prompt": prompt})
        return caught.value.read().decode()

    def start(self, prompt: Prompt) -> str:
        """Queue a graph; its id."""
        return self.ask("/prompt", {"prompt": prompt})["prompt_id"]

    def finished(self, prompt_id: str) -> Entry:
        """Wait for the end of a graph; its entry in the history."""
        end = time.monotonic() + RUN_SECONDS
        while time.monotonic() < end:
            entry = self.ask(f"/history/{prompt_id}").get(prompt_id)
            if entry is not None:
                return entry
            time.sleep(0.05)
        raise TimeoutError(self.log[-3000:])

    def run(self, prompt: Prompt) -> Entry:
        return self.finished(self.start(prompt))

    def done(self, prompt: Prompt) -> Entry:
        """Run a graph that must succeed."""
        entry = self.run(prompt)
        assert entry["status"]["status_str"] == "success", entry["status"]["messages"][-1]
        return entry

    def failure(self, prompt: Prompt) -> tuple[str, str]:
        """Run a graph that must fail; the class of the node that stopped, and what it said."""
        entry = self.run(prompt)
        assert entry["status"]["status_str"] == "error", entry["status"]
        said = messages(entry)["execution_error"]
        return said["node_type"], said["exception_message"].strip()

    def is_idle(self) -> bool:
        """Whether nothing runs or waits."""
        return not any(self.ask("/queue").values())

    def resident_bytes(self) -> int:
        """Memory of the server that is in use now."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text("ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


def messages(entry: Entry) -> dict[str, dict[str, Any]]:
    """What happened to a graph, by kind of event; `timestamp` is in milliseconds."""
    return dict(entry["status"]["messages"])


def seconds(entry: Entry) -> float:
    """How long a graph that succeeded took."""
    said = messages(entry)
    return (said["execution_success"]["timestamp"] - said["execution_start"]["timestamp"]) / 1000


@contextmanager
def running_comfy(base: Path) -> Iterator[Comfy]:
    """Start a server on files below `base`; nothing is written into its checkout."""
    for name in ("custom_nodes", "input", "output", "temp", "user", "models"):
        (base / name).mkdir()
    packs = {"hyperreenact": ROOT, "helpers": Path(__file__).parent / "helper_nodes"}
    if VHS_PATH:
        packs["ComfyUI-VideoHelperSuite"] = Path(VHS_PATH)
    for name, path in packs.items():
        (base / "custom_nodes" / name).symlink_to(path, target_is_directory=True)
    save_tiny_set(base / "models" / "hyperreenact" / "tiny")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [os.environ["COMFYUI_PYTHON"], "main.py", "--cpu", "--listen", "127.0.0.1"]
    command += ["--port", str(port), "--base-directory", str(base), "--disable-auto-launch"]
    command += ["--disable-api-nodes", "--database-url", f"sqlite:///{base}/user/comfyui.db"]
    with (base / "log.txt").open("wb") as output:
        server = subprocess.Popen(
            command, cwd=os.environ["COMFYUI_PATH"], stdout=output, stderr=subprocess.STDOUT
        )
    comfy = Comfy(f"http://127.0.0.1:{port}", base, server)
    try:
        _wait_until_ready(comfy)
        yield comfy
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()


def _wait_until_ready(comfy: Comfy) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and comfy.process.poll() is None:
        try:
            comfy.ask("/system_stats")
        except OSError:
            time.sleep(0.3)
        else:
            return
    raise RuntimeError(f"ComfyUI did not start:\n{comfy.log[-3000:]}")
