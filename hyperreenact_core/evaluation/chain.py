"""The set under test: pictures to codes, and codes to pictures."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import InputError
from ..host import Host
from ..imaging import resize
from ..models.sets import LoadedSet
from ..models.variants import code_map
from ..networks.arcface import AppearanceTaps
from ..networks.hypernetwork import Hypernetwork
from ..networks.pose_state import state_vector
from ..networks.reader import read_crops
from ..networks.rotation import euler_from_axis_angle
from ..reenact.pose import poses_of_states
from ..reenact.views import appearance_input, pose_input
from ..types import DrivingPose, WeightDeltas


@dataclass(frozen=True)
class SourceCodes:
    """What is known of B source pictures: w_plus [B, n_latent, D], appearance [B, C, 7, 7]."""

    w_plus: Tensor
    appearance: Tensor


class Chain:
    """A set's networks as they were trained, computing on the host's device in float32.

    Takes face crops [B, 3, R, R] in [-1, 1] and, for sets whose encoders do not read the crop as
    it is, the landmarks in it, [B, 68, 2] pixels. Results are float32.
    """

    def __init__(self, models: LoadedSet, host: Host) -> None:
        # What draws frames in another precision rounds otherwise than these networks would:
        # figures from here would be of an arithmetic that nobody runs.
        if host.dtype != torch.float32:
            raise InputError("figures are measured in fp32 alone: leave --precision out")
        self._models = models

    def source_codes(self, pictures: Tensor, landmarks: Tensor | None = None) -> SourceCodes:
        """Invert source pictures and read their appearance."""
        n = self._models
        codes = n.e4e(resize(pictures, n.e4e.config.input_size))
        w_plus = n.generator.truncate(codes, n.settings.truncation_psi)
        return SourceCodes(w_plus=w_plus.float(), appearance=self.appearance(pictures, landmarks))

    def appearance(self, pictures: Tensor, landmarks: Tensor | None = None) -> Tensor:
        """The appearance maps of pictures, [B, C, 7, 7]."""
        view = self._appearance_view(pictures, landmarks)
        return self._models.appearance.appearance_map(view).float()

    def describe(self, pictures: Tensor, landmarks: Tensor | None = None) -> AppearanceTaps:
        """All that the appearance encoder says of pictures."""
        return self._models.appearance.describe(self._appearance_view(pictures, landmarks))

    def pose(self, pictures: Tensor, landmarks: Tensor | None = None) -> DrivingPose:
        """What the set's pose encoder, or its reader, sees in driving pictures."""
        if self._models.settings.pose_input == "state":
            seen = read_crops(self._models.reader, pictures)
            return poses_of_states(state_vector(seen.rotation, seen.coefficients, seen.gaze))
        encoder = self._models.pose
        features = encoder(self._pose_view(pictures, landmarks))
        yaw, pitch, roll = euler_from_axis_angle(features.codes.global_pose)
        return DrivingPose(
            features=features.map.float(),
            yaw_deg=yaw,
            pitch_deg=pitch,
            roll_deg=roll,
            expression=features.codes.expression,
        )

    def deltas(self, codes: SourceCodes, driving: DrivingPose) -> WeightDeltas:
        """What the set's hypernetwork changes in the generator's kernels."""
        return self.deltas_of(self._models.hypernetwork, codes, driving.features)

    def deltas_of(
        self, network: Hypernetwork, codes: SourceCodes, second_map: Tensor
    ) -> WeightDeltas:
        """What another one changes; second_map: see `models.variants`, [B, C, 7, 7]."""
        return network(codes.appearance, second_map)

    def code_map(self, codes: SourceCodes, network: Hypernetwork) -> Tensor:
        """The second map of a network that is told the code."""
        return code_map(codes.w_plus, network.config.map_size)

    def image(self, w_plus: Tensor, deltas: WeightDeltas | None = None) -> Tensor:
        """[B, 3, R, R] in [-1, 1], clamped."""
        image = self._models.generator(w_plus, deltas)
        return image.float().clamp(-1, 1)

    def _appearance_view(self, pictures: Tensor, landmarks: Tensor | None) -> Tensor:
        n = self._models
        rule, size = n.settings.appearance_input, n.appearance.config.input_size
        return appearance_input(pictures, landmarks, rule=rule, size=size)

    def _pose_view(self, pictures: Tensor, landmarks: Tensor | None) -> Tensor:
        n = self._models
        rule, size = n.settings.pose_input, n.pose.config.input_size
        return pose_input(pictures, landmarks, rule=rule, size=size)
