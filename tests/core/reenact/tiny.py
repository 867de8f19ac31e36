"""A model set of tiny random networks, and frames it finds a face in or not.

Its landmark network is made by hand: it answers with the same face in the middle of every picture
that is not black. So the whole chain runs, on any machine and without trained weights, and what
comes out is no picture of anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.models.checkpoints import save_network
from hyperreenact_core.models.kinds import NETWORKS, NetworkKind
from hyperreenact_core.models.settings import SetSettings, save_settings
from hyperreenact_core.networks.arcface import ArcFaceConfig
from hyperreenact_core.networks.deca import CodeSizes, PoseEncoderConfig
from hyperreenact_core.networks.e4e import E4EConfig
from hyperreenact_core.networks.hypernetwork import HypernetworkConfig, tuned_slots
from hyperreenact_core.networks.irse import IRSEConfig
from hyperreenact_core.networks.landmarks import LandmarkConfig, LandmarkNet
from hyperreenact_core.networks.pose_state import STATE_CHANNELS
from hyperreenact_core.networks.stylegan2 import StyleGAN2Config, slots_of

SIZE = 32
"""Side of the drawn face in pixels."""

# Tests train these networks. The gradients of a strided 1x1 convolution of fewer than 8 channels
# are beyond oneDNN's AVX2 kernels: they read and write 8 at once, past the end of the map.
_BODY = IRSEConfig(stem_channels=8, stages=((8, 1), (12, 1), (8, 1), (8, 1)), se_reduction=4)
_GENERATOR = StyleGAN2Config(
    resolution=SIZE, channels=(12, 12, 12, 8), latent_dim=16, z_dim=16, mapping_layers=1
)
_POSE = PoseEncoderConfig(
    input_size=112,
    block="basic",
    stem_channels=8,
    stem_kernel=3,
    stem_pool=False,
    widths=(8, 8, 12, 8),
    depths=(1, 1, 1, 1),
    head_hidden=8,
    codes=CodeSizes(shape=3, texture=0, expression=4, global_pose=3, jaw_pose=0, camera=0, light=0),
)
_HYPERNETWORK = HypernetworkConfig(
    pose_channels=8,
    channels=8,
    fusion="hadamard",
    slots=tuned_slots(slots_of(_GENERATOR)),
    n_slots=len(slots_of(_GENERATOR)),
    shared_width=4,
    shared_features=8,
    code_dim=8,
    shared_hidden=4,
    own_width=4,
    own_features=8,
)
_CONFIGS: dict[NetworkKind, object] = {
    "generator": _GENERATOR,
    "e4e": E4EConfig(
        input_size=SIZE,
        body=IRSEConfig(stem_channels=8, stages=((8, 1), (12, 1), (8, 1)), se_reduction=4),
        head_levels=(0,) * 3 + (1,) * 3 + (2,) * 2,
        latent_dim=16,
        head_width=4,
        head_features=8,
    ),
    "appearance": ArcFaceConfig(input_size=112, body=_BODY, embedding_dim=8, dropout=0.0),
    "pose": _POSE,
    "hypernetwork": _HYPERNETWORK,
    "landmarks": LandmarkConfig(
        input_size=64, widths=(4, 4, 4, 8), depths=(0, 0, 0, 0), vote_level=2, vote_width=4
    ),
}


def save_tiny_set(folder: Path, *, psi: float = 0.9, told_states: bool = False) -> Path:
    """Write the set into `folder` and return it; told_states: it has no pose encoder."""
    torch.manual_seed(0)
    configs = dict(_CONFIGS)
    if told_states:
        del configs["pose"]
        configs["hypernetwork"] = replace(_HYPERNETWORK, pose_channels=STATE_CHANNELS)
    for kind, config in configs.items():
        network = NETWORKS[kind].module(config)
        if isinstance(network, LandmarkNet):
            _answer_always_the_same(network)
        else:
            _make_lively(network)
        save_network(
            folder / f"{kind}.safetensors", network, kind=kind, config=config, storage="float32"
        )
    settings = SetSettings(
        resolution=SIZE,
        crop_scale=0.85,
        crop_whole_pixels=False,
        appearance_input="crop",
        pose_input="state" if told_states else "crop",
        truncation_psi=psi,
    )
    save_settings(folder, settings)
    return folder


def picture(brightness: int = 160, *, width: int = 64, height: int = 64, seed: int = 0) -> ImageU8:
    """Noise of one mean brightness: a "face" unless it is 0."""
    random = np.random.default_rng(seed)
    noise = random.integers(0, 80, (height, width, 3)) - 40
    return np.clip(brightness + noise * (brightness > 0), 0, 255).astype(np.uint8)


def frames(pattern: str, *, width: int = 64, height: int = 64) -> Iterator[ImageU8]:
    """One frame a letter: `f` shows a face, `.` none; no two faces are alike."""
    for index, letter in enumerate(pattern):
        brightness = 140 + 7 * (index % 12) if letter == "f" else 0
        yield picture(brightness, width=width, height=height, seed=index)


def _make_lively(network: nn.Module) -> None:
    """Fresh hypernetworks and encoders hardly react to their input: enlarge their last layers."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith(("output.weight", "hypernet.w1")):
                parameter.mul_(60.0)


def _answer_always_the_same(network: LandmarkNet) -> None:
    """Every cell votes for one face; the score follows the brightness of the picture."""
    config = network.config
    grid = config.input_size // 2 ** (config.vote_level + 1)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                module.weight.fill_(1.0 / module.weight[0].numel())
                if module.bias is not None:
                    module.bias.zero_()
        network.votes.weight.zero_()
        # Even weights: the mean of the cell centres is the middle, the offset does the rest.
        offsets = (face_points() - 0.5) * grid  # [68, 2]
        network.votes.bias.copy_(torch.cat([torch.zeros(config.points), *offsets.unbind(1)]))
        network.score.weight.fill_(400.0)
        network.score.bias.fill_(-4.0)


def face_points() -> torch.Tensor:
    """[68, 2] a face in a picture of side 1, iBUG order, roughly.

    It lies where the detector's closer look puts a face, so every further look finds it there.
    """
    jaw = torch.linspace(torch.pi, 0, 17)
    points = [
        torch.stack([0.5 + 0.25 * jaw.cos(), 0.45 + 0.3 * jaw.sin()], 1),
        _line(0.30, 0.38, 0.46, 0.38, count=5),
        _line(0.54, 0.38, 0.70, 0.38, count=5),
        _line(0.5, 0.44, 0.5, 0.56, count=4),
        _line(0.45, 0.58, 0.55, 0.58, count=5),
        _ring(0.39, 0.45, 0.05, count=6),
        _ring(0.61, 0.45, 0.05, count=6),
        _ring(0.5, 0.66, 0.09, count=12),
        _ring(0.5, 0.66, 0.06, count=8),
    ]
    face = torch.cat(points)
    low, high = face.amin(0), face.amax(0)
    side = 2 * (high - low).amax()  # of the square that the closer look cuts out
    centre = (low + high) / 2 - torch.tensor([0.0, side / 12])
    return (face - centre) / side + 0.5


def _line(x0: float, y0: float, x1: float, y1: float, *, count: int) -> torch.Tensor:
    return torch.stack([torch.linspace(x0, x1, count), torch.linspace(y0, y1, count)], 1)


def _ring(x: float, y: float, radius: float, *, count: int) -> torch.Tensor:
    turn = torch.arange(count) * (2 * torch.pi / count) + torch.pi
    return torch.stack([x + radius * turn.cos(), y - 0.5 * radius * turn.sin()], 1)
