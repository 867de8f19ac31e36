"""The pack as a host imports it: under a name of its own, with a fake host around it."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.nodes.fake_host import FakeHost, FakeVideo, installed
from tests.nodes.fake_nodes import HOST_NODES

ROOT = Path(__file__).resolve().parents[2]
_NAME = "hyperreenact_pack_under_test"


@dataclass
class Pack:
    """The imported pack: its classes by id beside the host's, and the host."""

    module: Any
    classes: dict[str, Any]
    host: FakeHost

    def part(self, name: str) -> Any:
        """A module of the pack, such as "nodes.host"; not the one the tests import absolutely."""
        return importlib.import_module(f"{_NAME}.{name}")


@contextmanager
def imported(root: Path) -> Iterator[Pack]:
    """The pack, in a host whose folders lie below `root`, while the block runs."""
    host = FakeHost(root)
    with installed(host):
        spec = importlib.util.spec_from_file_location(
            _NAME, ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
        )
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[_NAME] = module
        spec.loader.exec_module(module)
        extension = asyncio.run(module.comfy_entrypoint())
        asyncio.run(extension.on_load())
        nodes = asyncio.run(extension.get_node_list())
        classes = {node.define_schema().node_id: node for node in nodes}
        made = Pack(module, {**HOST_NODES, **classes}, host)
        FakeVideo.read = made.part("hyperreenact_core.video.clips").open_clip
        yield made
    for name in [name for name in sys.modules if name.partition(".")[0] == _NAME]:
        del sys.modules[name]
