"""Judging networks of other projects: found, named when missing, never fetched."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import Tensor, nn

from hyperreenact_core.errors import ModelError
from hyperreenact_core.evaluation.frechet import Moments, frechet_distance
from hyperreenact_core.evaluation.outside import find_outside


def test_frechet_distance_of_known_gaussians() -> None:
    random = torch.Generator().manual_seed(0)
    values = torch.randn(4000, 3, generator=random)
    left, right, moved = Moments(), Moments(), Moments()
    for part in values.split(1000):
        left.add(part)
        right.add(part * 2)
        moved.add(part + torch.tensor([3.0, 0.0, 4.0]))
    same = frechet_distance(left, left)
    assert same == pytest.approx(0, abs=1e-6)
    assert frechet_distance(left, moved) == pytest.approx(25, abs=1e-3)
    # trace(1 + 4 - 2 * 2) a dimension, and the means differ by little.
    assert frechet_distance(left, right) == pytest.approx(3, abs=0.2)
    assert frechet_distance(left, Moments()) is None


def test_what_is_not_installed_is_named_with_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    for name in ("lpips", "torch_fidelity", "torch_fidelity.feature_extractor_inceptionv3"):
        monkeypatch.setitem(sys.modules, name, None)
    outside = find_outside(torch.device("cpu"))
    assert (outside.lpips, outside.fid, outside.fvd) == (None, None, None)
    assert outside.missing["LPIPS"].startswith("not installed: `pip install lpips")
    assert "--i3d FILE" in outside.missing["FVD"]


def test_an_installed_package_without_weights_is_not_asked_to_fetch_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    package = ModuleType("lpips")

    class LPIPS(nn.Module):
        def __init__(self, net: str, verbose: bool) -> None:
            super().__init__()

        def forward(self, result: Tensor, truth: Tensor) -> Tensor:
            return (result - truth).square().mean((1, 2, 3), keepdim=True)

    package.LPIPS = LPIPS  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setitem(sys.modules, "lpips", package)
    assert find_outside(torch.device("cpu")).missing["LPIPS"].startswith("its weights are not here")

    weights = tmp_path / "checkpoints" / "alexnet-owt-7be5be79.pth"
    weights.parent.mkdir()
    torch.save({"w": torch.zeros(2)}, weights)
    lpips = find_outside(torch.device("cpu")).lpips
    assert lpips is not None
    assert lpips(torch.ones(2, 3, 8, 8), torch.zeros(2, 3, 8, 8)).tolist() == [1, 1]

    weights.write_bytes(b"no weights")
    with pytest.raises(ModelError, match="alexnet"):
        find_outside(torch.device("cpu"))


def test_films_are_described_by_the_file_that_is_named(tmp_path: Path) -> None:
    class Film(nn.Module):
        def forward(
            self, film: Tensor, rescale: bool, resize: bool, return_features: bool
        ) -> Tensor:
            return film.mean(dim=(2, 3, 4))

    file = tmp_path / "i3d.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(Film()).save(str(file))
    features = find_outside(torch.device("cpu"), i3d=file).fvd
    assert features is not None
    film = torch.stack([torch.tensor([-1.0, 0.0, 1.0])[:, None, None].expand(3, 8, 8)] * 16)
    assert features(film).tolist() == [[0.0, 127.5, 255.0]]
    file.write_bytes(b"nothing")
    with pytest.raises(ModelError, match="not a TorchScript file"):
        find_outside(torch.device("cpu"), i3d=file)
