"""The set under test: pictures to codes, and codes to pictures."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ..host import Host
from ..imaging import resize
from ..models.sets import LoadedSet
from ..networks.rotation import euler_from_axis_angle
from ..reenact.precision import autocast
from ..types import DrivingPose, WeightDeltas


@dataclass(frozen=True)
class SourceCodes:
    """What is known of B source pictures: w_plus [B, n_latent, D], appearance [B, C, 7, 7]."""

    w_plus: Tensor
    appearance: Tensor


class Chain:
    """A set's networks, computing on the host's device in the host's precision.

    Takes face crops [B, 3, R, R] in [-1, 1] which all encoders read as they are, so the set's
    inputs must be "crop". Results are float32.
    """

    def __init__(self, networks: LoadedSet, host: Host) -> None:
        self._networks, self._host = networks, host

    def source_codes(self, pictures: Tensor) -> SourceCodes:
        """Invert source pictures and read their appearance."""
        n = self._networks
        with autocast(self._host):
            codes = n.e4e(resize(pictures, n.e4e.config.input_size))
            w_plus = n.generator.truncate(codes, n.settings.truncation_psi)
            seen = n.appearance.appearance_map(resize(pictures, n.appearance.config.input_size))
        return SourceCodes(w_plus=w_plus.float(), appearance=seen.float())

    def pose(self, pictures: Tensor) -> DrivingPose:
        """What the set's pose encoder reads in driving pictures."""
        encoder = self._networks.pose
        with autocast(self._host):
            features = encoder((resize(pictures, encoder.config.input_size) + 1) / 2)
        yaw, pitch, roll = euler_from_axis_angle(features.codes.global_pose)
        return DrivingPose(
            features=features.map.float(),
            yaw_deg=yaw,
            pitch_deg=pitch,
            roll_deg=roll,
            expression=features.codes.expression,
        )

    def deltas(self, codes: SourceCodes, driving: DrivingPose) -> WeightDeltas:
        """What the hypernetwork changes in the generator's kernels."""
        with autocast(self._host):
            return self._networks.hypernetwork(codes.appearance, driving.features)

    def image(self, w_plus: Tensor, deltas: WeightDeltas | None = None) -> Tensor:
        """[B, 3, R, R] in [-1, 1], clamped."""
        with autocast(self._host):
            image = self._networks.generator(w_plus, deltas)
        return image.float().clamp(-1, 1)
