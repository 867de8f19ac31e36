from __future__ import annotations

import argparse
import io
import os
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from hyperreenact_core.errors import ModelError
from hyperreenact_core.models.torch_files import read_torch_file

WEIGHTS = {"net": {"a": torch.arange(2000.0), "b": torch.zeros(3, dtype=torch.int64)}}


def save(path: Path, content: object, *, legacy: bool = False) -> Path:
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        read_torch_file(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    assert len(message) < 400
    return message


@pytest.mark.parametrize("legacy", [False, True])
def test_both_formats_are_read(tmp_path: Path, legacy: bool):
    content = read_torch_file(save(tmp_path / "file.tar", WEIGHTS, legacy=legacy))
    net = content["net"]
    assert isinstance(net, dict)
    assert torch.equal(net["a"], WEIGHTS["net"]["a"])
    assert torch.equal(net["b"], WEIGHTS["net"]["b"])


def test_what_training_leaves_beside_the_weights_does_no_harm(tmp_path: Path):
    rest = {
        "args": argparse.Namespace(lr=0.1, out=Path("out")),
        "loss": np.float64(0.5),
        "step": 7,
    }
    content = read_torch_file(save(tmp_path / "file.pt", WEIGHTS | rest))
    assert content["step"] == 7
    assert not isinstance(content["args"], argparse.Namespace)


class Hostile:
    """Runs a command when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch '{self.marker}'",)


@pytest.mark.parametrize("legacy", [False, True])
def test_code_in_a_file_is_refused_and_never_run(tmp_path: Path, legacy: bool):
    marker = tmp_path / "marker"
    path = save(tmp_path / "file.pt", WEIGHTS | {"x": Hostile(marker)}, legacy=legacy)
    message = refusal(path)
    assert "refused: the file asks to run" in message
    assert "system" in message
    assert not marker.exists()


class Sly:
    """Calls something that looks harmless: only what is known to be so may be called."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return eval, ("1",)


def test_any_other_call_is_refused_too(tmp_path: Path):
    assert "asks to run eval" in refusal(save(tmp_path / "file.pt", {"x": Sly()}))


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("keep", [1, 40, 600, -4000, -1])
def test_a_cut_off_file_is_refused(tmp_path: Path, keep: int, legacy: bool):
    path = save(tmp_path / "file.pt", WEIGHTS, legacy=legacy)
    path.write_bytes(path.read_bytes()[:keep])
    assert "fetch it again" in refusal(path)


def test_a_flipped_byte_is_found(tmp_path: Path):
    path = save(tmp_path / "file.pt", WEIGHTS)
    data = bytearray(path.read_bytes())
    at = data.index(torch.arange(2000.0).numpy().tobytes()[400:440])
    data[at] ^= 1
    path.write_bytes(data)
    message = refusal(path)
    assert "wrong checksum" in message
    assert "data/0" in message


def test_an_archive_that_grows_is_refused(tmp_path: Path):
    path = tmp_path / "file.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("file/data.pkl", bytes(10_000_000))
    assert "compressed archive" in refusal(path)


def test_an_archive_of_something_else_is_refused(tmp_path: Path):
    path = tmp_path / "file.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "no weights file" in refusal(path)


def test_other_files_are_told_apart(tmp_path: Path):
    path = tmp_path / "file.pt"
    save_file({"a": torch.zeros(2)}, path)
    assert "safetensors already" in refusal(path)
    path.write_text("<!DOCTYPE html><html>Too many requests</html>")
    assert "a web page was saved" in refusal(path)
    path.write_text("hello")
    assert "not a PyTorch file" in refusal(path)
    path.write_bytes(b"")
    assert "not a PyTorch file" in refusal(path)
    with tarfile.open(path, "w") as archive:
        archive.addfile(tarfile.TarInfo("weights.pt"), io.BytesIO())
    assert "unpack it" in refusal(path)
    assert "cannot read" in refusal(tmp_path)
    assert "No such file" in refusal(tmp_path / "absent.pt")
    assert "one Tensor" in refusal(save(path, torch.zeros(2)))
