"""Face recognition network: identity embedding and the appearance map the hypernetwork reads.

Source: Deng et al., "ArcFace: Additive Angular Margin Loss for Deep Face Recognition" (2019).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch.nn.functional as F
from torch import Tensor, nn

from .irse import IRSEConfig, IRSETrunk
from .layers import check_image


@dataclass(frozen=True)
class ArcFaceConfig:
    """Sizes of a recognition network; the defaults are the published IR-SE50.

    input_size: side of the aligned face in pixels.
    dropout: share of the map's values dropped in front of the embedding, in training only.
    """

    input_size: int = 112
    body: IRSEConfig = field(default_factory=IRSEConfig)
    embedding_dim: int = 512
    dropout: float = 0.4

    @property
    def map_size(self) -> int:
        """Side of the appearance map."""
        return self.input_size // self.body.total_stride

    def __post_init__(self) -> None:
        if self.input_size % self.body.total_stride:
            raise ValueError(f"input_size {self.input_size} does not divide by the body's stride")


@dataclass(frozen=True)
class AppearanceFeatures:
    """What the recognition network sees in an aligned face.

    map: [B, C, 7, 7], output of the last residual unit.
    embedding: [B, E] float32, unit length.
    """

    map: Tensor
    embedding: Tensor


@dataclass(frozen=True)
class AppearanceTaps:
    """Everything the losses compare, from one pass.

    taps: the maps at the end of each stage, fine to coarse; the last one is the appearance map.
    embedding: [B, E] float32, unit length.
    """

    taps: list[Tensor]
    embedding: Tensor


class ArcFace(IRSETrunk):
    """Aligned face [B, 3, S, S] RGB in [-1, 1] -> AppearanceFeatures."""

    def __init__(self, config: ArcFaceConfig) -> None:
        super().__init__(config.body)
        self.config = config
        channels = config.body.out_channels
        self.output_layer = nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.Dropout(config.dropout),
            nn.Flatten(),
            nn.Linear(channels * config.map_size**2, config.embedding_dim),
            nn.BatchNorm1d(config.embedding_dim),
        )

    def forward(self, face: Tensor) -> AppearanceFeatures:
        described = self.describe(face)
        return AppearanceFeatures(map=described.taps[-1], embedding=described.embedding)

    def describe(self, face: Tensor) -> AppearanceTaps:
        """Stage maps and embedding together, for losses that need both."""
        taps = self.taps(face)
        embedding = self.output_layer(taps[-1])  # [B, E]
        return AppearanceTaps(taps=taps, embedding=F.normalize(embedding.float(), dim=1))

    def appearance_map(self, face: Tensor) -> Tensor:
        """The map alone, [B, C, 7, 7]; the head is skipped."""
        return self.taps(face)[-1]

    def taps(self, face: Tensor) -> list[Tensor]:
        """The maps at the end of each stage, fine to coarse, for perceptual losses."""
        check_image(face, network="ArcFace", size=self.config.input_size)
        return self.stage_maps(face)
