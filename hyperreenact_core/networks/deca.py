"""Pose encoder: face crop -> pose map for the hypernetwork, and head-model coefficients.

A residual network and a two-layer regressor on the mean of its last map.

Source: Feng et al., "Learning an Animatable Detailed 3D Face Model from In-The-Wild Images"
(DECA, 2021), coarse branch; He et al., "Deep Residual Learning" (2016).
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn

from .layers import check_image, initialise_convolutions


@dataclass(frozen=True)
class CodeSizes:
    """Length of each coefficient group, in the order the regressor puts them out."""

    shape: int = 100
    texture: int = 50
    expression: int = 50
    global_pose: int = 3
    jaw_pose: int = 3
    camera: int = 3
    light: int = 27

    @property
    def total(self) -> int:
        return sum(astuple(self))


@dataclass(frozen=True)
class PoseEncoderConfig:
    """Sizes of a pose encoder; the defaults are the published ResNet-50 regressor.

    block: "bottleneck" puts out 4 times its stage's width, "basic" that width.
    widths, depths: channels and blocks of the four stages; all but the first halve the map.
    stem_kernel, stem_stride, stem_pool: first convolution; a 3x3 pool halves once more.
    """

    input_size: int = 224
    block: Literal["bottleneck", "basic"] = "bottleneck"
    stem_channels: int = 64
    stem_kernel: int = 7
    stem_stride: int = 2
    stem_pool: bool = True
    widths: tuple[int, int, int, int] = (64, 128, 256, 512)
    depths: tuple[int, int, int, int] = (3, 4, 6, 3)
    head_hidden: int = 1024
    codes: CodeSizes = field(default_factory=CodeSizes)

    @property
    def out_channels(self) -> int:
        """Width of the pose map."""
        return self.widths[-1] * (4 if self.block == "bottleneck" else 1)

    @property
    def map_size(self) -> int:
        """Side of the pose map."""
        return self.input_size // (self.stem_stride * (2 if self.stem_pool else 1) * 8)


@dataclass(frozen=True)
class PoseCodes:
    """Coefficients of the head model, [B, n] float32 each; a group may be empty.

    global_pose, jaw_pose: axis times angle in radians.
    """

    shape: Tensor
    texture: Tensor
    expression: Tensor
    global_pose: Tensor
    jaw_pose: Tensor
    camera: Tensor
    light: Tensor


@dataclass(frozen=True)
class PoseFeatures:
    """What the pose encoder sees in a face crop.

    map: [B, C, 7, 7], output of the last residual stage.
    codes: the regressed coefficients.
    """

    map: Tensor
    codes: PoseCodes


class BasicBlock(nn.Module):
    """Two 3x3 convolutions around a shortcut; the first one strides."""

    expansion = 1

    def __init__(self, channels_in: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.downsample = _projection(channels_in, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)


class BottleneckBlock(nn.Module):
    """1x1, 3x3 and 1x1 convolutions around a shortcut; the 3x3 one strides."""

    expansion = 4

    def __init__(self, channels_in: int, width: int, stride: int) -> None:
        super().__init__()
        channels = width * self.expansion
        self.conv1 = nn.Conv2d(channels_in, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU()
        self.downsample = _projection(channels_in, channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)


def _projection(channels_in: int, channels: int, stride: int) -> nn.Sequential | None:
    """Shortcut of a block that changes width or size; None where the input is added as it is."""
    if channels_in == channels and stride == 1:
        return None
    return nn.Sequential(
        nn.Conv2d(channels_in, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
    )


class ResNet(nn.Module):
    """Stem and four residual stages: image -> map of the last stage."""

    def __init__(self, config: PoseEncoderConfig) -> None:
        super().__init__()
        block = BottleneckBlock if config.block == "bottleneck" else BasicBlock
        channels, kernel = config.stem_channels, config.stem_kernel
        self.conv1 = nn.Conv2d(3, channels, kernel, config.stem_stride, kernel // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, 1) if config.stem_pool else nn.Identity()
        stages: list[nn.Sequential] = []
        for stage, (width, depth) in enumerate(zip(config.widths, config.depths, strict=True)):
            blocks: list[nn.Module] = []
            for index in range(depth):
                blocks.append(block(channels, width, 2 if stage > 0 and index == 0 else 1))
                channels = width * block.expansion
            stages.append(nn.Sequential(*blocks))
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        initialise_convolutions(self, negative_slope=0.0)

    def forward(self, image: Tensor) -> Tensor:
        return self.coarse(self.fine(image))

    def fine(self, image: Tensor) -> Tensor:
        """Stem and first stage: few weights, large maps."""
        return self.layer1(self.maxpool(self.relu(self.bn1(self.conv1(image)))))

    def coarse(self, x: Tensor) -> Tensor:
        """The other stages."""
        return self.layer4(self.layer3(self.layer2(x)))


class PoseEncoder(nn.Module):
    """Face crop [B, 3, S, S] RGB in [0, 1] (no mean or variance removed) -> PoseFeatures."""

    def __init__(self, config: PoseEncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = ResNet(config)
        self.layers = nn.Sequential(
            nn.Linear(config.out_channels, config.head_hidden),
            nn.ReLU(),
            nn.Linear(config.head_hidden, config.codes.total),
        )

    def forward(self, face: Tensor) -> PoseFeatures:
        pose = self.pose_map(face)  # [B, C, 7, 7]
        return PoseFeatures(map=pose, codes=self.codes(pose))

    def pose_map(self, face: Tensor) -> Tensor:
        """The map alone, [B, C, 7, 7]; the regressor is skipped."""
        return self.encoder(self.checked(face))

    def checked(self, face: Tensor) -> Tensor:
        """The face in the encoder's number format; ValueError unless it is [B, 3, S, S]."""
        check_image(face, network="PoseEncoder", size=self.config.input_size)
        return face.to(self.encoder.conv1.weight.dtype)

    def codes(self, pose_map: Tensor) -> PoseCodes:
        """Pose map [B, C, 7, 7] -> coefficients."""
        # Half precision would cost a quarter of a degree; the regressor is too small to matter.
        with torch.autocast(pose_map.device.type, enabled=False):
            pose_map = pose_map.to(next(self.layers.parameters()).dtype)
            mean = self.encoder.avgpool(pose_map).flatten(1)  # [B, C]
            parameters = self.layers(mean).float()  # [B, total]
        return PoseCodes(*parameters.split(astuple(self.config.codes), dim=1))
