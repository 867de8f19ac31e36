"""Results are held against expected numbers in whichever form these are kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.parity import golden
from tests.parity.compact import samples, write_json
from tests.parity.golden import Golden, assert_parity

SHAPE = (2, 8, 8, 3)
ENTRY = {"shape": list(SHAPE), "dtype": "uint8", "role": "output", "group": "video", "rtol": 0}


@pytest.fixture(params=["whole", "sampled"])
def frames(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Two frames, and a set that expects them to one grey level."""
    values = np.random.default_rng(0).integers(0, 256, SHAPE, dtype=np.uint8)
    entry = ENTRY | {"atol": 1}
    arrays, entries = {"frame": values}, {"frame": entry}
    if request.param == "sampled":
        sampled, described = samples("chain/frame", values, entry)
        arrays = {f"frame@{form}": value for form, value in sampled.items()}
        entries = {f"frame@{form}": value for form, value in described.items()}
    np.savez(tmp_path / "chain.npz", **arrays)
    pictures = {f"landmarks.picture.source.{i}": {"role": "input"} for i in range(2)}
    index = {"seed": "A", "files": {"chain": entries, "preprocess": pictures}}
    write_json(tmp_path / "index.json", index)
    monkeypatch.setenv("HYPERREENACT_GOLDEN", str(tmp_path))
    return torch.from_numpy(values)


def test_a_result_has_a_number_format_in_any_form(frames: torch.Tensor) -> None:
    expected = golden.golden()
    assert isinstance(expected, Golden)
    assert expected.batch == 2
    assert expected.outputs("chain", group=None) == ["frame"]
    assert expected.dtype("chain", "frame") == "uint8"


def test_what_is_two_grey_levels_off_or_of_the_other_pair_is_found(frames: torch.Tensor) -> None:
    off = (frames.int() - 1).clamp(0, 255)
    assert_parity("chain", {"frame": off.to(torch.uint8)})
    with pytest.raises(AssertionError, match="deviation / tolerance"):
        assert_parity("chain", {"frame": (frames.int() - 2).clamp(0, 255).to(torch.uint8)})
    with pytest.raises(AssertionError, match="deviation / tolerance"):
        assert_parity("chain", {"frame": frames.flip(0)})
