"""Judging networks of other projects: used where they are installed, never fetched.

What is missing is named together with how to get it, and its column stays empty.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import ModelError
from ..imaging import u8_from_tensor
from ..models.torch_files import read_torch_file

VIDEO_FRAMES = 16
"""Frames in a row that FVD looks at together."""

_ALEXNET = "alexnet-owt-7be5be79.pth"
_INCEPTION = "weights-inception-2015-12-05-6726825d.pth"

Measure = Callable[[Tensor, Tensor], Tensor]
"""Two stacks of pictures [B, 3, R, R] in [-1, 1] -> [B]."""
Features = Callable[[Tensor], Tensor]
"""Pictures [B, 3, R, R], or a film [T, 3, R, R], in [-1, 1] -> features [B or 1, D]."""


@dataclass(frozen=True)
class OutsideJudges:
    """What was found; None where it is missing. missing: metric -> how to get it."""

    lpips: Measure | None
    fid: Features | None
    fvd: Features | None
    missing: Mapping[str, str]


class _MissingError(Exception):
    """The package or the weights are not there; the message says how to get them."""


def find_outside(device: torch.device, *, i3d: Path | None = None) -> OutsideJudges:
    """Look for installed packages whose weights already lie in torch's own cache.

    i3d: a TorchScript file of the network FVD is defined by. Raises ModelError where a file that
    is there is damaged or is something else.
    """
    finders: dict[str, Callable[[], Any]] = {
        "LPIPS": lambda: _find_lpips(device),
        "FID": lambda: _find_inception(device),
        "FVD": lambda: _find_i3d(i3d, device),
    }
    found: dict[str, Any] = {}
    missing: dict[str, str] = {}
    for metric, find in finders.items():
        try:
            found[metric] = find()
        except _MissingError as reason:
            missing[metric] = str(reason)
    return OutsideJudges(
        lpips=found.get("LPIPS"), fid=found.get("FID"), fvd=found.get("FVD"), missing=missing
    )


def _find_lpips(device: torch.device) -> Measure:
    """LPIPS with AlexNet, from the package lpips."""
    how = f"`pip install lpips torchvision` and put {_ALEXNET} into {_checkpoints()}"
    package = _installed("lpips", how)
    # The package would fetch the weights without a word.
    read_torch_file(_weights(_ALEXNET, how))
    network = package.LPIPS(net="alex", verbose=False).eval().to(device)
    return lambda result, truth: network(result, truth).flatten()


def _find_inception(device: torch.device) -> Features:
    """The InceptionV3 that FID is defined by, from the package torch-fidelity."""
    how = f"`pip install torch-fidelity` and put {_INCEPTION} into {_checkpoints()}"
    package = _installed("torch_fidelity.feature_extractor_inceptionv3", how)
    path = _weights(_INCEPTION, how)
    # Its own loader runs whatever a file says: what would run code is refused here first.
    read_torch_file(path)
    network = package.FeatureExtractorInceptionV3(
        "inception-v3-compat", ["2048"], feature_extractor_weights_path=str(path)
    ).to(device)

    def features(pictures: Tensor) -> Tensor:
        pixels = torch.from_numpy(u8_from_tensor(pictures)).permute(0, 3, 1, 2)  # BHWC -> BCHW
        return network(pixels.to(device))[0]

    return features


def _find_i3d(path: Path | None, device: torch.device) -> Features:
    if path is None:
        raise _MissingError(
            "no package offers its network: name a TorchScript file of the I3D network that "
            "StyleGAN-V published with --i3d FILE, and only one you trust, it is a program"
        )
    try:
        with warnings.catch_warnings():
            # Whatever follows TorchScript: the network was published in it.
            warnings.simplefilter("ignore", DeprecationWarning)
            network = torch.jit.load(str(path), map_location=device).eval()
    except (RuntimeError, ValueError, OSError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise ModelError(f"not a TorchScript file ({reason}): {path}") from error

    def features(film: Tensor) -> Tensor:
        pixels = ((film.clamp(-1, 1) + 1) * 127.5).permute(1, 0, 2, 3)[None]  # [1, 3, T, R, R]
        return network(pixels.to(device), rescale=True, resize=True, return_features=True)

    return features


def _installed(module: str, how: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise _MissingError(f"not installed: {how}") from error


def _weights(name: str, how: str) -> Path:
    path = _checkpoints() / name
    if not path.is_file():
        raise _MissingError(f"its weights are not here: {how}")
    return path


def _checkpoints() -> Path:
    """Where torch keeps what its packages fetch."""
    return Path(torch.hub.get_dir()) / "checkpoints"
