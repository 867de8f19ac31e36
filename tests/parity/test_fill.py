"""The stand-in weights are the documented ones, bit for bit."""

from __future__ import annotations

import hashlib
import json

import pytest

from tests.parity.fill import fill
from tests.parity.golden import golden, manifest, manifest_path


@pytest.mark.parametrize("net", ["arcface", "stylegan2"])
def test_fill_matches_recorded_hashes(net: str) -> None:
    path = manifest_path(net).with_name(f"fill_check_{golden().seed}.json")
    if not path.is_file():
        pytest.skip(f"no {path.name}")
    recorded = json.loads(path.read_text(encoding="utf-8")).get(net)
    if not recorded:
        pytest.skip(f"{path.name} lists no hashes of {net}")
    state = fill(manifest(net), seed=golden().seed)
    for key, (digest, *_first_values) in recorded.items():
        values = state[key].contiguous().numpy().tobytes()
        assert hashlib.sha256(values).hexdigest()[:16] == digest, key
