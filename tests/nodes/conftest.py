"""The pack as a host imports it: under a name of its own, with a fake host around it."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch

from hyperreenact_core.video.stills import write_image
from hyperreenact_core.video.writer import VideoWriter
from tests.core.reenact.tiny import frames, picture, save_tiny_set
from tests.nodes.fake_host import FakeHost, FakeVideo, installed
from tests.nodes.fake_nodes import HOST_NODES

ROOT = Path(__file__).resolve().parents[2]
NAME = "hyperreenact_pack_under_test"


@dataclass
class Pack:
    """The imported pack: its classes by id beside the host's, and the host."""

    module: Any
    classes: dict[str, Any]
    host: FakeHost

    def part(self, name: str) -> Any:
        """A module of the pack, such as "nodes.host"; not the one the tests import absolutely."""
        return importlib.import_module(f"{NAME}.{name}")


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pack]:
    root = tmp_path_factory.mktemp("comfy")
    host = FakeHost(root)
    # The user's folder is searched before the shipped weights: this tiny set stands in for them.
    save_tiny_set(root / "models" / "hyperreenact" / "starter")
    with installed(host):
        spec = importlib.util.spec_from_file_location(
            NAME, ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
        )
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[NAME] = module
        spec.loader.exec_module(module)
        extension = asyncio.run(module.comfy_entrypoint())
        asyncio.run(extension.on_load())
        nodes = asyncio.run(extension.get_node_list())
        classes = {node.define_schema().node_id: node for node in nodes}
        made = Pack(module, {**HOST_NODES, **classes}, host)
        FakeVideo.read = made.part("hyperreenact_core.video.clips").open_clip
        made.part("nodes.samples").SAMPLES = _small_samples(root / "samples")
        yield made
    for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
        del sys.modules[name]


@pytest.fixture(autouse=True)
def quiet_host(request: pytest.FixtureRequest) -> None:
    """Every test begins with a host that has nothing to report and no wish to cancel."""
    if "pack" in request.fixturenames:
        host: FakeHost = request.getfixturevalue("pack").host
        host.steps.clear()
        host.loads.clear()
        host.interrupt_after = None


@pytest.fixture(autouse=True)
def inference() -> Iterator[None]:
    """The host runs nodes so."""
    with torch.inference_mode():
        yield


def image(pattern: str, *, side: int = 64) -> torch.Tensor:
    """IMAGE of small pictures, one a letter: `f` shows a face, `.` none."""
    made = [torch.from_numpy(frame) / 255 for frame in frames(pattern, width=side, height=side)]
    return torch.stack(made)


def _small_samples(folder: Path) -> Path:
    """Stand-ins of the shipped samples, which would take long: their names, six frames each."""
    folder.mkdir()
    shipped = ROOT / "workflows" / "samples"
    for path in shipped.glob("*.png"):
        write_image(folder / path.name, picture(width=64, height=64))
    for path in shipped.glob("*.mp4"):
        with VideoWriter(folder / path.name, width=64, height=64, rate=Fraction(25)) as writer:
            for frame in frames("ffffff"):
                writer.write(frame)
    return folder
