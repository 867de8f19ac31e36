from __future__ import annotations

import json
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from hyperreenact_core.errors import ModelError, OutputError
from hyperreenact_core.models import checkpoints, tensor_files
from hyperreenact_core.models.checkpoints import load_network, read_header, save_network
from hyperreenact_core.models.kinds import NETWORKS, NetworkClasses
from hyperreenact_core.models.storage import Storage


@dataclass(frozen=True)
class ToyConfig:
    width: int = 4


class ToyNet(nn.Module):
    """A shared layer, a counter, a buffer in the file and one that the constructor computes."""

    def __init__(self, config: ToyConfig) -> None:
        super().__init__()
        self.first = nn.Linear(config.width, config.width)
        self.norm = nn.BatchNorm1d(config.width)
        self.again = nn.ModuleList([self.first])
        self.register_buffer("mean", torch.zeros(config.width))
        self.register_buffer("grid", torch.arange(config.width).float(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.again[0](self.first(x))) + self.mean + self.grid


@pytest.fixture(autouse=True)
def toy_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NETWORKS, "generator", NetworkClasses(ToyConfig, ToyNet))


@pytest.fixture
def network() -> ToyNet:
    torch.manual_seed(0)
    net = ToyNet(ToyConfig())
    net.mean.fill_(0.25)
    net(torch.randn(16, 4))  # moves the norm's statistics and counter
    return net.eval()


@pytest.fixture
def saved(tmp_path: Path, network: ToyNet) -> Path:
    path = tmp_path / "generator.safetensors"
    save_network(path, network, kind="generator", config=ToyConfig(), notes={"step": "300"})
    return path


def rewrite(path: Path, *, header: dict[str, str] | None = None, **tensors: Tensor | None) -> None:
    """Change metadata entries and tensors (None removes one) of a file behind our back."""
    with safe_open(path, framework="pt") as file:
        metadata = {**file.metadata(), **(header or {})}
        content = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    content.update({name.replace("__", "."): t for name, t in tensors.items() if t is not None})
    for name in [name.replace("__", ".") for name, t in tensors.items() if t is None]:
        del content[name]
    save_file(content, path, metadata=metadata)


@pytest.mark.parametrize(("storage", "tolerance"), [("float32", 0.0), ("float16", 5e-3)])
def test_a_network_comes_back_as_float32_and_computes_the_same(
    tmp_path, network, storage: Storage, tolerance: float
):
    path = tmp_path / "deep" / "generator.safetensors"
    save_network(path, network, kind="generator", config=ToyConfig(), storage=storage)
    loaded = load_network(path, "generator").eval()

    assert not any(t.is_meta for t in (*loaded.parameters(), *loaded.buffers()))
    assert {t.dtype for t in loaded.parameters()} == {torch.float32}
    assert loaded.norm.num_batches_tracked.dtype == torch.int64
    assert loaded.norm.num_batches_tracked.item() == 1
    assert loaded.again[0] is loaded.first
    assert all(p.requires_grad for p in loaded.parameters())
    x = torch.randn(5, 4)
    torch.testing.assert_close(loaded(x), network(x), atol=tolerance, rtol=0.0)
    assert list(path.parent.iterdir()) == [path], "a temporary file was left behind"


def test_a_file_stores_half_precision_and_a_shared_layer_once(saved: Path):
    with safe_open(saved, framework="pt") as file:
        names = set(file.keys())
        dtypes = {name: file.get_tensor(name).dtype for name in names}
    assert "first.weight" in names
    assert "again.0.weight" not in names
    assert dtypes["first.weight"] == torch.float16
    assert dtypes["norm.num_batches_tracked"] == torch.int64


def test_the_header_carries_kind_config_and_notes(saved: Path):
    header = read_header(saved)
    assert header.kind == "generator"
    assert json.loads(header.config) == {"width": 4}
    assert header.notes == {"step": "300"}


def test_a_loaded_network_outlives_its_file_and_takes_updates(saved: Path):
    loaded = load_network(saved, "generator")
    before = saved.read_bytes()
    with torch.no_grad():
        loaded.first.weight.add_(1.0)
    assert saved.read_bytes() == before
    saved.write_bytes(b"")
    assert loaded.first.weight.isfinite().all()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e6])
def test_weights_that_would_be_useless_are_not_written(tmp_path, network, value: float):
    path = tmp_path / "generator.safetensors"
    path.write_bytes(b"earlier file")
    with torch.no_grad():
        network.first.weight[0, 0] = value
    with pytest.raises(ModelError, match=r"nothing written, first\.weight holds"):
        save_network(path, network, kind="generator", config=ToyConfig())
    assert path.read_bytes() == b"earlier file"


def test_a_write_that_fails_leaves_the_earlier_file(saved: Path, network, monkeypatch):
    before = saved.read_bytes()

    def disk_full(tensors: object, path: Path, metadata: object) -> None:
        path.write_bytes(b"half a file")
        raise OSError("No space left on device")

    monkeypatch.setattr(tensor_files, "save_file", disk_full)
    with pytest.raises(OutputError, match="No space left"):
        save_network(saved, network, kind="generator", config=ToyConfig())
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_a_place_that_takes_no_file_is_refused(tmp_path, network):
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "generator.safetensors"
    with pytest.raises(OutputError, match="cannot be written"):
        save_network(path, network, kind="generator", config=ToyConfig())


def test_notes_and_config_of_the_wrong_sort_are_refused(tmp_path, network):
    path = tmp_path / "generator.safetensors"
    with pytest.raises(ValueError, match="kind"):
        save_network(path, network, kind="generator", config=ToyConfig(), notes={"kind": "x"})
    with pytest.raises(TypeError, match="ToyConfig"):
        save_network(path, network, kind="generator", config=NETWORKS["pose"].config())


def refusal(path: Path) -> str:
    """The message load_network refuses a file with: one line that names the file."""
    with pytest.raises(ModelError) as caught:
        load_network(path, "generator")
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize("keep", [0, 5, 100, -1, -100])
def test_a_cut_off_file_is_refused(saved: Path, keep: int):
    saved.write_bytes(saved.read_bytes()[:keep])
    assert "damaged or cut off" in refusal(saved)
    assert "fetch or train it again" in refusal(saved)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"hello, I am a text file of no use at all", "damaged or cut off"),
        (b"PK\x03\x04 a zip archive as torch.save writes it", "convert it first"),
        (b"\x80\x02}q\x00X\x01\x00\x00\x00a", "convert it first"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        (struct.pack("<Q", 2**62) + b"{}", "damaged or cut off"),
    ],
)
def test_a_file_of_another_sort_is_refused(tmp_path: Path, content: bytes, said: str):
    path = tmp_path / "generator.safetensors"
    path.write_bytes(content)
    assert said in refusal(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path):
    assert "no such weights file" in refusal(tmp_path / "absent.safetensors")
    assert "cannot read the weights" in refusal(tmp_path)


def test_safetensors_of_another_program_are_refused(tmp_path: Path):
    path = tmp_path / "generator.safetensors"
    save_file({"first.weight": torch.zeros(4, 4)}, path)
    assert "not in the layout hyperreenact/1" in refusal(path)


def test_another_kind_is_refused(saved: Path):
    rewrite(saved, header={"kind": "pose"})
    assert "this file holds a pose, a generator is needed" in refusal(saved)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("{", "not JSON"),
        ('{"width": 4, "depth": 2}', "unknown depth"),
        ("{}", "lacks width"),
        ('{"width": "4"}', "config.width must be int"),
        ('{"width": -1}', "made by another version"),
        ('{"width": 5}', "first.weight [4, 4] instead of [5, 5]"),
    ],
)
def test_a_config_that_does_not_fit_is_refused(saved: Path, config: str, said: str):
    rewrite(saved, header={"config": config})
    assert said in refusal(saved)


def test_missing_and_unexpected_names_are_listed(saved: Path):
    rewrite(saved, first__weight=None, mean=None, stray=torch.zeros(1))
    message = refusal(saved)
    assert "missing mean, first.weight" in message
    assert "unexpected stray" in message
    rewrite(saved, **{f"more_{i}": torch.zeros(1) for i in range(9)})
    assert "and 7 more" in refusal(saved)


def test_a_counter_in_place_of_a_weight_is_refused(saved: Path):
    rewrite(saved, mean=torch.zeros(4, dtype=torch.int64))
    assert "wrong type of mean" in refusal(saved)


@pytest.mark.parametrize("value", [float("nan"), float("-inf")])
def test_weights_with_nan_or_inf_are_refused(saved: Path, value: float):
    rewrite(saved, mean=torch.full((4,), value, dtype=torch.float16))
    assert "weights hold NaN or Inf (in mean)" in refusal(saved)


def test_shipped_networks_are_read_without_importing_the_compiler():
    """It would take its time at every start."""
    code = """
import sys
from pathlib import Path
from hyperreenact_core.models.checkpoints import load_network, read_header
for path in map(Path, sys.argv[1:]):
    load_network(path, read_header(path).kind)
assert "torch._dynamo" not in sys.modules
"""
    files = sorted(
        (Path(checkpoints.__file__).parents[1] / "weights" / "starter").glob("*.safetensors")
    )
    assert files
    subprocess.run([sys.executable, "-c", code, *map(str, files)], check=True)
