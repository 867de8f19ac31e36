"""Who may read what is written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from hyperreenact_core.models.tensor_files import save_tensors


@contextmanager
def umask(value: int) -> Iterator[None]:
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_files_have_the_rights_of_any_new_file(tmp_path: Path, mask: int, mode: int):
    path = tmp_path / "a.safetensors"
    with umask(mask):
        save_tensors({"a": torch.zeros(3)}, path, metadata={"of": "nobody"})
    assert oct(path.stat().st_mode & 0o777) == oct(mode)
    with safe_open(path, framework="pt") as file:
        assert file.metadata() == {"of": "nobody"}
        assert torch.equal(file.get_tensor("a"), torch.zeros(3))
