"""The layout of the published files: where each one keeps its weights, and what it may lack.

A file's keys are those of our network behind a prefix, looked up inside a container. Facts about
files only; none of them is part of this project.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from ..networks.arcface import ArcFaceConfig
from ..networks.deca import PoseEncoderConfig
from ..networks.e4e import E4EConfig
from ..networks.fan import FANConfig
from ..networks.hypernetwork import HypernetworkConfig
from ..networks.s3fd import S3FDConfig
from ..networks.stylegan2 import StyleGAN2Config
from .kinds import NETWORKS, NetworkKind
from .settings import SetSettings

PUBLISHED_SETTINGS = SetSettings(
    resolution=256,
    crop_scale=1.0,
    crop_whole_pixels=True,
    appearance_input="five_point",
    pose_input="deca_crop",
    truncation_psi=0.7,
)
"""How the published networks were fed; see the crop rules in `face`."""


@dataclass(frozen=True)
class FileLayout:
    """How one published file holds one network.

    config: of our network; its state dict is the table of keys and shapes.
    container: entry of the file the weights lie in; None: the file is the state dict itself, as
        any of these files may be if somebody saved it again.
    prefix: stands in front of every key.
    drops_unprefixed: keys without the prefix belong to networks that are not needed.
    computed: keys of ours no file holds; the converter computes them.
    optional: pattern of the keys a file may lack: counters that only training reads, or the
        generator's noise, which the published program would draw at random.
    """

    kind: NetworkKind
    config: object
    container: str | None = None
    prefix: str = ""
    drops_unprefixed: bool = False
    computed: tuple[str, ...] = ()
    optional: str = r".*\.num_batches_tracked"

    def keys(self) -> Mapping[str, torch.Size]:
        """Every key of the file inside its container, with its shape; optional ones included."""
        return {
            self.prefix + key: shape
            for key, shape in _shapes(self.kind, self.config).items()
            if key not in self.computed
        }

    def may_lack(self, key: str) -> bool:
        """Whether a file without that key is whole."""
        return re.fullmatch(self.optional, key.removeprefix(self.prefix)) is not None


PUBLISHED: tuple[FileLayout, ...] = (
    FileLayout(
        "generator",
        StyleGAN2Config(),
        container="g_ema",
        computed=("latent_avg",),
        optional=r"noises\.noise_\d+",
    ),
    FileLayout("e4e", E4EConfig(), container="e"),
    FileLayout("appearance", ArcFaceConfig()),
    FileLayout("pose", PoseEncoderConfig(), container="E_flame"),
    FileLayout(
        "hypernetwork",
        HypernetworkConfig(),
        container="state_dict",
        prefix="hypernet.",
        drops_unprefixed=True,
    ),
    FileLayout("s3fd", S3FDConfig()),
    FileLayout("fan", FANConfig()),
)


@cache
def _shapes(kind: NetworkKind, config: object) -> Mapping[str, torch.Size]:
    with torch.device("meta"):
        state: Mapping[str, Tensor] = NETWORKS[kind].module(config).state_dict()
    return {key: value.shape for key, value in state.items()}
