"""Finds faces in a picture at one look: a score, a square and five points at every place.

Three levels of cells, 8, 16 and 32 pixels apart, each for faces of its own sizes; no anchors.

Source: Tian et al., "FCOS" (2019); Wu et al., "YuNet" (2023).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .efficientnet_lite import Body, BodyConfig, ConvNorm
from .layers import fill_bias, initialise_projection

KEYPOINTS = 5
"""Eye centres (the one on the viewer's left first), tip of the nose, corners of the mouth."""
STRIDES = (8, 16, 32)
_UNIT = 4.0
"""Sides are told relative to this many strides, the middle of the sizes of a level."""
_RARE = -5.5
"""Logit of a face at a place about which nothing is known: one in some hundreds."""
_OUT = 1 + 3 + 2 * KEYPOINTS


@dataclass(frozen=True)
class SingleShotConfig:
    """Sizes of a detector: its body, whose maps lie at strides 8, 16 and 32, and its own width."""

    body: BodyConfig = field(
        default_factory=lambda: BodyConfig(
            stages=(
                (1, 3, 1, 1, 16),
                (2, 3, 2, 6, 24),
                (2, 5, 2, 6, 40),
                (3, 3, 2, 6, 80),
                (2, 5, 1, 6, 112),
                (1, 5, 2, 6, 192),
            ),
            taps=(2, 4, 5),
        )
    )
    width: int = 64


@dataclass(frozen=True)
class Places:
    """What is known at N places; pixels of the network's input, the first one spans 0 to 1.

    score: [B, N] logits that a face's middle is here. squares: [B, N, 3] middle x, y and side of
    the square about the face's mesh points. points: [B, N, 5, 2].
    """

    score: Tensor
    squares: Tensor
    points: Tensor


class SingleShotDetector(nn.Module):
    """Picture [B, 3, H, W] RGB in [-1, 1], sides multiples of 32 -> Places, fine level first."""

    def __init__(self, config: SingleShotConfig) -> None:
        super().__init__()
        self.config = config
        self.body = Body(config.body)
        self.lateral = nn.ModuleList(
            ConvNorm(channels, config.width, linear=True) for channels in config.body.widths
        )
        self.smooth = nn.ModuleList(_separable(config.width) for _ in STRIDES)
        self.head = nn.ModuleList(_separable(config.width) for _ in STRIDES)
        self.out = nn.ModuleList(nn.Conv2d(config.width, _OUT, 1) for _ in STRIDES)
        for layer in self.out:
            assert isinstance(layer, nn.Conv2d)
            initialise_projection(layer, gain=0.1)
            fill_bias(layer, 0.0)
            with torch.no_grad():
                layer.bias[0] = _RARE  # pyright: ignore[reportOptionalSubscript]

    def forward(self, picture: Tensor, *, still: int = 0) -> Places:
        """still: so many stages of the body are not trained."""
        b, c, height, width = picture.shape
        if c != 3 or height % STRIDES[-1] or width % STRIDES[-1]:
            raise ValueError(
                f"the detector reads pictures [B, 3, H, W], sides multiples of {STRIDES[-1]}, got "
                f"{[b, c, height, width]}; pad them first"
            )
        seen = self.body(picture, still=still)
        maps = [lateral(x) for lateral, x in zip(self.lateral, seen, strict=True)]
        for fine in (1, 0):  # what is seen from afar helps to tell what is near
            maps[fine] = maps[fine] + F.interpolate(maps[fine + 1], scale_factor=2.0)
        told = [
            out(head(smooth(x))).flatten(2).movedim(1, 2)  # [B, h * w, 14]
            for x, smooth, head, out in zip(maps, self.smooth, self.head, self.out, strict=True)
        ]
        return decode(torch.cat(told, 1), cells(height, width).to(picture))


def _separable(width: int) -> nn.Sequential:
    return nn.Sequential(
        ConvNorm(width, width, 3, groups=width, linear=True), ConvNorm(width, width)
    )


def cells(height: int, width: int) -> Tensor:
    """[N, 3] middle x, y and stride of all cells of a picture, fine level first, row by row."""
    levels: list[Tensor] = []
    for stride in STRIDES:
        y, x = torch.meshgrid(
            torch.arange(height // stride), torch.arange(width // stride), indexing="ij"
        )
        middle = (torch.stack([x, y], -1).reshape(-1, 2) + 0.5) * stride
        levels.append(F.pad(middle, (0, 1), value=float(stride)))
    return torch.cat(levels)


def decode(told: Tensor, at: Tensor) -> Places:
    """What the network tells [B, N, 14] of cells [N, 3] -> Places."""
    b, n, _ = told.shape
    unit = _UNIT * at[:, 2:]
    middle = at[:, :2] + unit * told[..., 1:3]
    side = unit * told[..., 3:4].clamp(-4, 4).exp()
    points = at[:, None, :2] + unit[:, None] * told[..., 4:].reshape(b, n, KEYPOINTS, 2)
    return Places(told[..., 0], torch.cat([middle, side], -1), points)


def encode(places: Places, at: Tensor) -> Tensor:
    """The reverse of `decode`."""
    unit = _UNIT * at[:, 2:]
    middle = (places.squares[..., :2] - at[:, :2]) / unit
    side = (places.squares[..., 2:] / unit).log()
    points = (places.points - at[:, None, :2]) / unit[:, None]
    return torch.cat([places.score[..., None], middle, side, points.flatten(-2)], -1)


def level_of(side: Tensor) -> Tensor:
    """Which level faces belong to: 0 to 2, continuously, whole numbers in the middle of a level."""
    return (side / (_UNIT * STRIDES[0])).log2().clamp(0, len(STRIDES) - 1)


def sort_by_score(places: Places, row: int, *, threshold: float, most: int) -> Sequence[int]:
    """Numbers of the places of one picture whose score in 0..1 is enough, the surest first."""
    score = places.score[row].sigmoid()
    order = score.argsort(descending=True)[:most]
    return order[score[order] >= threshold].tolist()
