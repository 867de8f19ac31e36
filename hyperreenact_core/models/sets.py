"""A model set ready for use: each network is loaded when it is first asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from .cache import shared_fast_network, shared_network
from .checkpoints import read_config
from .kinds import KINDS, NetworkKind
from .settings import SetSettings, load_settings
from .store import locate, shared_weights_file, weights_file

if TYPE_CHECKING:
    from ..networks.arcface import ArcFace, ArcFaceConfig
    from ..networks.deca import PoseEncoder, PoseEncoderConfig
    from ..networks.detail import DetailNetwork
    from ..networks.detector import SingleShotDetector
    from ..networks.e4e import E4E
    from ..networks.fan import FAN
    from ..networks.hypernetwork import Hypernetwork
    from ..networks.landmarks import LandmarkNet
    from ..networks.reader import Reader
    from ..networks.s3fd import S3FD
    from ..networks.stylegan2 import Generator


def load_set(set_id: str, model_paths: Sequence[Path] = ()) -> LoadedSet:
    """Find a set by its id; ModelError says what to do if it is missing."""
    return LoadedSet(locate(set_id, model_paths))


class LoadedSet:
    """The networks of one folder: frozen, in evaluation mode, float32, shared by all its users.

    Every property raises ModelError if its file is missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings: SetSettings = load_settings(folder)
        self._fast: dict[torch.dtype, FastNetworks] = {}

    def fast(self, dtype: torch.dtype) -> FastNetworks:
        """What draws frames, computing in `dtype`; the networks above are not loaded for it."""
        return self._fast.setdefault(dtype, FastNetworks(self.folder, dtype))

    @cached_property
    def generator(self) -> Generator:
        return self._load("generator")

    @cached_property
    def e4e(self) -> E4E:
        return self._load("e4e")

    @cached_property
    def appearance(self) -> ArcFace:
        return self._load("appearance")

    @cached_property
    def pose(self) -> PoseEncoder:
        return self._load("pose")

    @cached_property
    def hypernetwork(self) -> Hypernetwork:
        return self._load("hypernetwork")

    @cached_property
    def landmarks(self) -> LandmarkNet:
        return self._load("landmarks")

    @cached_property
    def s3fd(self) -> S3FD:
        return self._load("s3fd")

    @cached_property
    def fan(self) -> FAN:
        return self._load("fan")

    @property
    def detects_with_s3fd(self) -> bool:
        """Whether S3FD and FAN find the faces, as in the published set, or LandmarkNet alone."""
        return weights_file(self.folder, "s3fd").is_file()

    @property
    def reads_landmarks(self) -> bool:
        """Whether a detector and a reader of the set's own find its faces."""
        kinds: tuple[NetworkKind, ...] = ("detector", "reader")
        return all(weights_file(self.folder, kind).is_file() for kind in kinds)

    @property
    def detector_networks(self) -> tuple[nn.Module, ...]:
        """Whatever finds the faces."""
        if self.detects_with_s3fd:
            return self.s3fd, self.fan
        return (self.detector, self.reader) if self.reads_landmarks else (self.landmarks,)

    @cached_property
    def detector(self) -> SingleShotDetector:
        return self._load("detector")

    @cached_property
    def reader(self) -> Reader:
        return self._load("reader")

    @cached_property
    def detail(self) -> DetailNetwork:
        return self._load("detail")

    @property
    def reading_networks(self) -> tuple[nn.Module, ...]:
        """Whatever finds the faces, and what reads them."""
        finders = self.detector_networks
        return finders if self.reads_landmarks else (*finders, self.reader)

    @cached_property
    def judge_appearance(self) -> ArcFace:
        """Recogniser for evaluation only: no loss has seen it."""
        return self._load("judge_appearance")

    @cached_property
    def judge_pose(self) -> PoseEncoder:
        """Pose encoder for evaluation only: no loss has seen it."""
        return self._load("judge_pose")

    @property
    def latent_avg(self) -> Tensor:
        """[D], mean of the generator's w; codes are truncated toward it."""
        return self.generator.latent_avg

    @cached_property
    def appearance_config(self) -> ArcFaceConfig:
        """Sizes of the appearance encoder, without its weights."""
        return read_config(weights_file(self.folder, "appearance"), "appearance")

    @cached_property
    def pose_config(self) -> PoseEncoderConfig:
        """Sizes of the pose encoder, without its weights."""
        return read_config(weights_file(self.folder, "pose"), "pose")

    @property
    def pose_channels(self) -> int:
        """Channels of the maps that tell the hypernetwork what a face does."""
        if self.settings.pose_input == "state":
            from ..networks.pose_state import STATE_CHANNELS

            return STATE_CHANNELS
        return self.pose_config.out_channels

    @property
    def pose_network(self) -> PoseEncoder | Reader:
        """What reads driving faces: the reader, where the set is told states."""
        return self.reader if self.settings.pose_input == "state" else self.pose

    def _load(self, kind: NetworkKind) -> Any:
        """A network of the class that the kind has in KINDS."""
        how = KINDS[kind]
        place = shared_weights_file if how.shared else weights_file
        network = shared_network(place(self.folder, kind), kind)
        if how.channels_last:
            network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        return network


class FastNetworks:
    """The networks in a set's folder as the drawing of frames wants them; made by `LoadedSet.fast`.

    Folded and of the same classes, but none of them can be trained. Once per source run e4e,
    appearance and the generator's styles, in float32; once per frame pose, hypernetwork and the
    generator's convolutions, in `dtype`.
    """

    def __init__(self, folder: Path, dtype: torch.dtype) -> None:
        self.folder = folder
        self.dtype = dtype

    @cached_property
    def generator(self) -> Generator:
        """The plain one: `networks.fast.drawing` makes of it what a source needs."""
        return self._load("generator", None)

    @cached_property
    def e4e(self) -> E4E:
        return self._load("e4e", torch.float32)

    @cached_property
    def appearance(self) -> ArcFace:
        return self._load("appearance", torch.float32)

    @cached_property
    def pose(self) -> PoseEncoder:
        return self._load("pose", self.dtype)

    @cached_property
    def hypernetwork(self) -> Hypernetwork:
        return self._load("hypernetwork", self.dtype)

    def _load(self, kind: NetworkKind, dtype: torch.dtype | None) -> Any:
        """Folded and in a number format, or plain for None."""
        path = weights_file(self.folder, kind)
        return (
            shared_network(path, kind) if dtype is None else shared_fast_network(path, kind, dtype)
        )
