"""One server for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.host.comfy import Comfy, running_comfy


@pytest.fixture(scope="session")
def comfy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Comfy]:
    with running_comfy(tmp_path_factory.mktemp("comfyui")) as server:
        yield server
