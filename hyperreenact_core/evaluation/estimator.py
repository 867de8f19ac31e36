"""What is read in faces of clips: by a set's judges, or, where it has none, by its own encoders."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..errors import InputError
from ..models.sets import LoadedSet
from .chain import Chain
from .judges import Judges


@dataclass(frozen=True)
class FaceEstimate:
    """Of B faces: embedding [B, E], unit length; angles_deg [B, 3]; expression [B, X]."""

    embedding: Tensor
    angles_deg: Tensor
    expression: Tensor


class FaceEstimator:
    """Looks at face crops.

    independent: the judges saw none of the training; otherwise they are the encoders of the set
    itself, which its losses have asked. reads_gaze: the expression holds the gaze.
    """

    def __init__(self, models: LoadedSet, chain: Chain) -> None:
        self._models, self._chain = models, chain
        try:
            self._judges = Judges.of(models)
        except InputError:
            self._judges = None
        self.independent = self._judges is not None
        self.reads_gaze = self.independent or models.settings.pose_input == "state"

    @property
    def modules(self) -> tuple[nn.Module, ...]:
        """What has to be on the device."""
        if self._judges is not None:
            return (self._judges.appearance, self._judges.pose)
        return (self._models.appearance, self._models.pose_network)

    def look(self, pictures: Tensor, landmarks: Tensor) -> FaceEstimate:
        """[B, 3, R, R] in [-1, 1]; landmarks: [B, 68, 2] pixels, for encoders that want them."""
        if self._judges is not None:
            estimate = self._judges.look(pictures)
            return FaceEstimate(estimate.embedding, estimate.angles_deg, estimate.expression)
        pose = self._chain.pose(pictures, landmarks)
        return FaceEstimate(
            embedding=self._chain.describe(pictures, landmarks).embedding,
            angles_deg=torch.stack([pose.yaw_deg, pose.pitch_deg, pose.roll_deg], dim=1),
            expression=pose.expression.float(),
        )
