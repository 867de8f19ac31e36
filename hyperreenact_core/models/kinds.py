"""The kinds of network a weights file can hold: what gives them shape, and how sets keep them.

Needs no torch. A new network is a file in `networks/`, a name in NetworkKind and a row of KINDS.
"""

from __future__ import annotations

from collections import UserDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from torch import nn

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
class Kind:
    """Where a kind's config dataclass and module are, by name: imported when they are needed.

    file: of the package `networks`. shared: one of them serves every set that has none of its own.
    channels_last: it computes in that memory order.
    """

    file: str
    config: str
    module: str
    shared: bool = False
    channels_last: bool = False

    def classes(self) -> NetworkClasses:
        """Import them."""
        home = import_module(f"...networks.{self.file}", __name__)
        return NetworkClasses(getattr(home, self.config), getattr(home, self.module))


@dataclass(frozen=True)
class NetworkClasses:
    """A config dataclass and the module that is built from an instance of it."""

    config: type
    module: Callable[[Any], nn.Module]


KINDS: Mapping[NetworkKind, Kind] = {
    "generator": Kind("stylegan2", "StyleGAN2Config", "Generator"),
    "e4e": Kind("e4e", "E4EConfig", "E4E"),
    "appearance": Kind("arcface", "ArcFaceConfig", "ArcFace"),
    "pose": Kind("deca", "PoseEncoderConfig", "PoseEncoder"),
    "hypernetwork": Kind("hypernetwork", "HypernetworkConfig", "Hypernetwork"),
    "landmarks": Kind("landmarks", "LandmarkConfig", "LandmarkNet"),
    "s3fd": Kind("s3fd", "S3FDConfig", "S3FD"),
    "fan": Kind("fan", "FANConfig", "FAN"),
    # Trained apart from the others and seen by no loss: only the evaluation asks them.
    "judge_appearance": Kind("arcface", "ArcFaceConfig", "ArcFace"),
    "judge_pose": Kind("deca", "PoseEncoderConfig", "PoseEncoder"),
    "detector": Kind("detector", "SingleShotConfig", "SingleShotDetector", channels_last=True),
    "reader": Kind("reader", "ReaderConfig", "Reader", shared=True, channels_last=True),
    "detail": Kind("detail", "DetailConfig", "DetailNetwork", shared=True, channels_last=True),
}


class _Classes(UserDict[NetworkKind, NetworkClasses]):
    """Classes of every kind, each imported when it is first asked for."""

    def __missing__(self, kind: NetworkKind) -> NetworkClasses:
        self.data[kind] = KINDS[kind].classes()
        return self.data[kind]

    def __contains__(self, key: object) -> bool:
        return key in KINDS

    def __iter__(self) -> Iterator[NetworkKind]:
        return iter(KINDS)

    def __len__(self) -> int:
        return len(KINDS)


NETWORKS = _Classes()
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

PUBLISHED_KINDS: tuple[NetworkKind, ...] = (*CORE_KINDS, *DETECTOR_KINDS[1])
"""What the published set consists of."""
