"""Weights in 8 bits: rounding, files, damage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from hyperreenact_core.errors import ModelError
from hyperreenact_core.models.checkpoints import load_network, read_header, save_network
from hyperreenact_core.models.kinds import NETWORKS, NetworkClasses
from hyperreenact_core.models.storage import Storage, quantise, restored


@dataclass(frozen=True)
class WideConfig:
    width: int = 64


class WideNet(nn.Module):
    """A large layer, a large kernel with a leading one as the generator's, and small tensors."""

    def __init__(self, config: WideConfig) -> None:
        super().__init__()
        self.first = nn.Linear(config.width, config.width)
        self.kernel = nn.Parameter(torch.randn(1, config.width, config.width, 3, 3))
        self.norm = nn.BatchNorm1d(config.width)
        self.small = nn.Linear(config.width, 2)


@pytest.fixture(autouse=True)
def wide_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NETWORKS, "generator", NetworkClasses(WideConfig, WideNet))


@pytest.fixture
def network() -> WideNet:
    torch.manual_seed(0)
    return WideNet(WideConfig())


@pytest.fixture
def saved(tmp_path: Path, network: WideNet) -> Path:
    return save(tmp_path / "generator.safetensors", network, "int8")


def save(path: Path, network: nn.Module, storage: Storage) -> Path:
    save_network(path, network, kind="generator", config=WideConfig(), storage=storage)
    return path


def rewrite(path: Path, **tensors: Tensor | None) -> None:
    """Change tensors of a file, remove those that are None; `__` stands for a dot."""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    content = load_file(path.rename(path.with_suffix(".before")))
    content |= {name.replace("__", "."): tensor for name, tensor in tensors.items()}
    save_file({n: t for n, t in content.items() if t is not None}, path, metadata=metadata)


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        load_network(path, "generator")
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("shape", [(64, 64), (16, 8, 3, 3), (1, 16, 8, 3, 3), (5, 1)])
def test_a_channel_is_off_by_half_a_step_at_most_unless_it_was_clipped(shape: tuple[int, ...]):
    weights = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    small = quantise(weights)
    channels = next(length for length in shape if length > 1)
    assert (small.values.dtype, small.scale.dtype) == (torch.int8, torch.float32)
    assert small.values.shape == weights.shape
    assert small.scale.shape == (channels,)

    rows, steps = weights.reshape(channels, -1), small.scale[:, None]
    errors = (restored(small).reshape(channels, -1) - rows).abs()
    within = rows.abs() <= 127.5 * steps
    assert within.float().mean() > 0.99
    assert (errors / steps)[within].max() <= 0.5 + 1e-4


def test_an_outlier_is_clipped_where_that_serves_the_others():
    """In the second channel nothing stands out, and its largest weight decides."""
    weights = torch.linspace(-1, 1, 40001).repeat(2, 1)
    weights[0, 0] = 1.2
    scale = quantise(weights).scale
    plain = weights.abs().amax(1) / 127
    assert scale[0] < 0.9 * plain[0]
    torch.testing.assert_close(scale[1], plain[1])
    by_largest = ((weights / plain[:, None]).round() * plain[:, None] - weights).square().sum(1)
    chosen = (restored(quantise(weights)) - weights).square().sum(1)
    assert chosen[0] < by_largest[0]


def test_zeros_and_the_smallest_and_largest_weights_survive():
    weights = torch.stack([torch.zeros(9), torch.full((9,), 1e-30), torch.full((9,), -3e37)])
    torch.testing.assert_close(restored(quantise(weights)), weights, rtol=1e-6, atol=0.0)


def test_large_tensors_take_8_bits_and_the_others_half_precision(saved: Path):
    dtypes = {name: tensor.dtype for name, tensor in load_file(saved).items()}
    assert {name for name, dtype in dtypes.items() if dtype == torch.int8} == {
        "first.weight",
        "kernel",
    }
    assert {name for name, dtype in dtypes.items() if dtype == torch.float32} == {
        "first.weight.scale",
        "kernel.scale",
    }
    assert dtypes["small.weight"] == dtypes["first.bias"] == torch.float16
    assert dtypes["norm.num_batches_tracked"] == torch.int64


def test_8_bits_take_half_the_size_of_half_precision(tmp_path: Path, network: WideNet, saved: Path):
    half, whole = (
        save(tmp_path / name, network, name).stat().st_size for name in ("float16", "float32")
    )
    assert 1.9 < half / saved.stat().st_size < 2.0
    assert 1.9 < whole / half < 2.0


def test_all_storages_load_into_the_same_float32_network(
    tmp_path: Path, network: WideNet, saved: Path
):
    half = load_network(save(tmp_path / "half.safetensors", network, "float16"), "generator")
    small = load_network(saved, "generator")
    assert type(small) is type(half) is WideNet
    assert {p.dtype for p in small.parameters()} == {torch.float32}
    assert all(p.requires_grad for p in small.parameters())
    for name in ("first.weight", "kernel"):
        exact = restored(quantise(network.get_parameter(name).detach()))
        assert torch.equal(small.get_parameter(name), exact)
    assert torch.equal(small.small.weight, half.small.weight)
    narrow = load_network(saved, "generator", dtype=torch.bfloat16)
    assert torch.equal(narrow.kernel, small.kernel.to(torch.bfloat16))


def test_what_went_through_8_bits_once_is_not_rounded_again(tmp_path: Path, saved: Path):
    again = save(tmp_path / "again.safetensors", load_network(saved, "generator"), "int8")
    first, second = load_network(saved, "generator"), load_network(again, "generator")
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-6, atol=0.0)


def test_only_files_with_8_bits_are_closed_to_earlier_programs(
    tmp_path: Path, network: WideNet, saved: Path
):
    half = save(tmp_path / "half.safetensors", network, "float16")
    formats: list[str] = []
    for path in (half, saved):
        assert read_header(path).kind == "generator"
        with safe_open(path, framework="pt") as file:
            formats.append(file.metadata()["format"])
    assert formats == ["hyperreenact/1", "hyperreenact/2"]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_no_scale_can_hold_is_not_written(tmp_path: Path, network: WideNet, value: float):
    with torch.no_grad():
        network.kernel[0, 3, 0, 0, 0] = value
    with pytest.raises(ModelError, match="nothing written, kernel holds"):
        save(tmp_path / "generator.safetensors", network, "int8")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("scale", "said"),
    [
        (None, "missing kernel.scale"),
        (torch.ones(63), "kernel.scale [63] instead of [64]"),
        (torch.ones(64, 1), "kernel.scale [64, 1] instead of [64]"),
        (torch.ones(64, dtype=torch.int32), "wrong type of kernel.scale"),
        (torch.full((64,), float("nan")), "weights hold NaN or Inf (in kernel)"),
        (torch.full((64,), 3e38), "weights hold NaN or Inf (in kernel)"),
    ],
)
def test_a_scale_that_is_damaged_is_named(saved: Path, scale: Tensor | None, said: str):
    rewrite(saved, kernel__scale=scale)
    assert said in refusal(saved)


def test_a_scale_without_8_bits_is_unexpected(saved: Path, network: WideNet):
    rewrite(saved, kernel=network.kernel.detach())
    assert "unexpected kernel.scale" in refusal(saved)


def test_8_bits_of_the_wrong_shape_are_named(saved: Path):
    rewrite(saved, kernel=torch.ones(1, 64, 64, 3, 1, dtype=torch.int8))
    assert "kernel [1, 64, 64, 3, 1] instead of [1, 64, 64, 3, 3]" in refusal(saved)


@pytest.mark.parametrize("keep", [100, -1, -5000])
def test_a_cut_off_file_is_refused(saved: Path, keep: int):
    saved.write_bytes(saved.read_bytes()[:keep])
    assert "damaged or cut off" in refusal(saved)
