"""What the judging networks see in a picture. No loss has ever asked them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import InputError
from ..imaging import resize
from ..models.kinds import NetworkKind
from ..models.sets import LoadedSet
from ..models.store import weights_file
from ..networks.arcface import ArcFace
from ..networks.deca import PoseEncoder
from ..networks.rotation import euler_from_axis_angle

COEFFICIENTS = 52
"""Of an expression, as rendered heads have them."""
_JUDGES: tuple[NetworkKind, ...] = ("judge_appearance", "judge_pose")


@dataclass(frozen=True)
class JudgeEstimate:
    """What both judges say of B pictures.

    taps: maps of the recogniser's stages, fine to coarse. embedding: [B, E], unit length.
    angles_deg: [B, 3] yaw, pitch, roll. expression: [B, 52].
    """

    taps: list[Tensor]
    embedding: Tensor
    angles_deg: Tensor
    expression: Tensor


@dataclass(frozen=True)
class Judges:
    """Recogniser and pose encoder that belong to a set but not to its chain."""

    appearance: ArcFace
    pose: PoseEncoder

    @staticmethod
    def of(models: LoadedSet) -> Judges:
        """The judges of a set; InputError if it has none, or none for rendered heads."""
        folder = models.folder
        missing = [kind for kind in _JUDGES if not weights_file(folder, kind).is_file()]
        if missing:
            raise InputError(
                f"model set {folder.name!r} has no {' and no '.join(missing)} network, so nothing "
                f"can measure it; train them with `hyperreenact train`: {folder}"
            )
        judges = Judges(appearance=models.judge_appearance, pose=models.judge_pose)
        codes = judges.pose.config.codes
        if (codes.expression, codes.global_pose) != (COEFFICIENTS, 3):
            raise InputError(
                f"judge_pose of model set {folder.name!r} was not trained on rendered heads, "
                f"train another with `hyperreenact train judge_pose`: {folder}"
            )
        return judges

    def look(self, pictures: Tensor) -> JudgeEstimate:
        """[B, 3, R, R] in [-1, 1] -> JudgeEstimate, always in float32."""
        described = self.appearance.describe(resize(pictures, self.appearance.config.input_size))
        face = (resize(pictures, self.pose.config.input_size) + 1) / 2
        codes = self.pose(face).codes
        angles = euler_from_axis_angle(codes.global_pose)
        return JudgeEstimate(
            taps=described.taps,
            embedding=described.embedding,
            angles_deg=torch.stack(angles, dim=1),
            expression=codes.expression,
        )
