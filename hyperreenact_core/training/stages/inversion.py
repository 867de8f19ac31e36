"""What every training of an inversion encoder has in common."""

from __future__ import annotations

from torch import Tensor

from ...networks.arcface import AppearanceTaps, ArcFace
from ...networks.e4e import E4E
from ...quality import feature_distance
from ..data.frozen_set import Faces
from ..engine.losses import identity_loss, landmark_weights, pyramid_loss


def copy_body(source: ArcFace, target: E4E) -> None:
    """Start from eyes that can see: an appearance encoder with the same body knows faces.

    Nothing happens where the bodies differ.
    """
    if source.config.body != target.config.body:
        return
    for name in ("input_layer", "body"):
        target.get_submodule(name).load_state_dict(source.get_submodule(name).state_dict())


def inversion_losses(
    image: Tensor, truth: Faces, mine: AppearanceTaps, theirs: AppearanceTaps
) -> dict[str, Tensor]:
    """How far a drawn face is from the true one: pixels, feature maps and identity, unweighted."""
    weight = landmark_weights(truth.landmarks, truth.image.shape[-1])
    return {
        "pixel": pyramid_loss(image, truth.image, weight),
        "feature": feature_distance(mine.taps, theirs.taps).mean(),
        "identity": identity_loss(mine.embedding, theirs.embedding),
    }
