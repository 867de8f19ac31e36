"""The kinds of network a weights file can hold, and the classes that give them shape."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from torch import nn

from ..networks.arcface import ArcFace, ArcFaceConfig
from ..networks.deca import PoseEncoder, PoseEncoderConfig
from ..networks.e4e import E4E, E4EConfig
from ..networks.hypernetwork import Hypernetwork, HypernetworkConfig
from ..networks.landmarks import LandmarkConfig, LandmarkNet
from ..networks.stylegan2 import Generator, StyleGAN2Config

NetworkKind = Literal[
    "generator",
    "e4e",
    "appearance",
    "pose",
    "hypernetwork",
    "landmarks",
    "s3fd",
    "fan",
    "judge_appearance",
    "judge_pose",
    "detector",
    "reader",
    "detail",
]


@dataclass(frozen=True)
class NetworkClasses:
    """A config dataclass and the module that is built from an instance of it."""

    config: type
    module: Callable[[Any], nn.Module]


class _NetworkTable(UserDict[NetworkKind, NetworkClasses]):
    """Entries that are functions are called when they are asked for."""

    data: dict[NetworkKind, Any]

    def __getitem__(self, kind: NetworkKind) -> NetworkClasses:
        entry = self.data[kind]
        return entry if isinstance(entry, NetworkClasses) else entry()


def _s3fd() -> NetworkClasses:
    from ..networks.s3fd import S3FD, S3FDConfig

    return NetworkClasses(S3FDConfig, S3FD)


def _detector() -> NetworkClasses:
    from ..networks.detector import SingleShotConfig, SingleShotDetector

    return NetworkClasses(SingleShotConfig, SingleShotDetector)


def _reader() -> NetworkClasses:
    from ..networks.reader import Reader, ReaderConfig

    return NetworkClasses(ReaderConfig, Reader)


def _detail() -> NetworkClasses:
    from ..networks.detail import DetailConfig, DetailNetwork

    return NetworkClasses(DetailConfig, DetailNetwork)


def _fan() -> NetworkClasses:
    from ..networks.fan import FAN, FANConfig

    return NetworkClasses(FANConfig, FAN)


_TABLE: dict[NetworkKind, Any] = {
    "generator": NetworkClasses(StyleGAN2Config, Generator),
    "e4e": NetworkClasses(E4EConfig, E4E),
    "appearance": NetworkClasses(ArcFaceConfig, ArcFace),
    "pose": NetworkClasses(PoseEncoderConfig, PoseEncoder),
    "hypernetwork": NetworkClasses(HypernetworkConfig, Hypernetwork),
    "landmarks": NetworkClasses(LandmarkConfig, LandmarkNet),
    # Only the published set has these: nobody else waits for their modules.
    "s3fd": _s3fd,
    "fan": _fan,
    # Trained apart from the others and seen by no loss: only the evaluation asks them.
    "judge_appearance": NetworkClasses(ArcFaceConfig, ArcFace),
    "judge_pose": NetworkClasses(PoseEncoderConfig, PoseEncoder),
    "detector": _detector,
    # One of each serves every set.
    "reader": _reader,
    "detail": _detail,
}

NETWORKS = _NetworkTable(_TABLE)
"""Every kind with its classes."""

CORE_KINDS: tuple[NetworkKind, ...] = ("generator", "e4e", "appearance", "pose", "hypernetwork")
"""What every model set needs; one that is told states (`SetSettings.pose_input`) has no pose."""

DETECTOR_KINDS: tuple[tuple[NetworkKind, ...], ...] = (
    ("landmarks",),
    ("s3fd", "fan"),
    ("detector", "reader"),
)
"""What finds the faces: of older sets trained here, of the published set, of new ones."""

REENACTMENT_KINDS: tuple[NetworkKind, ...] = (*CORE_KINDS, *DETECTOR_KINDS[0])
"""What a set trained here needs to be of use; the judges are optional."""

DETAIL_KINDS: tuple[NetworkKind, ...] = ("reader", "detail")
"""What carries the source's own pixels; a set without them takes those that ship with us."""

PUBLISHED_KINDS: tuple[NetworkKind, ...] = (*CORE_KINDS, *DETECTOR_KINDS[1])
"""What the published set consists of."""
