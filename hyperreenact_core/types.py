"""The values that travel through the chain, from a face crop to weight deltas.

Pixel coordinates are continuous: (0, 0) is the outer corner of the top-left pixel, whose centre
lies at (0.5, 0.5). Angles are in degrees. Images are BCHW RGB float in [-1, 1].
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

WeightDeltas = tuple[Tensor | None, ...]
"""One entry a modulated convolution in order of execution: [B, C_out, C_in], None = untouched."""


@dataclass(frozen=True)
class FaceReading:
    """What the reader sees of one face. Float32 on the CPU.

    points: [468, 2], x and y of MediaPipe's mesh points in pixels; spread: [468] how far off they
    may be, pixels. rotation: [3, 3], world = R @ head; x to the viewer's right, y up, z towards the
    viewer. coefficients: [52] ARKit's, in 0..1. gaze: [2, 3] unit vectors in the world, the eye on
    the viewer's left first. score: confidence in [0, 1] that this is a face. visible: [468] how
    surely each point is seen and nothing lies before it, in [0, 1]; None where that is not told.
    """

    points: Tensor
    spread: Tensor
    rotation: Tensor
    coefficients: Tensor
    gaze: Tensor
    score: float
    visible: Tensor | None = None

    def moved(self, matrix: Tensor) -> FaceReading:
        """The same face in a picture that is shifted and scaled alike: [3, 3] pixel matrix."""
        scale = float(matrix[0, 0])
        points = self.points.to(matrix) * scale + matrix[:2, 2]
        return replace(self, points=points.float(), spread=self.spread * scale)


@dataclass(frozen=True)
class Framing:
    """Which square around a face results show, told from the face crop; the default is the crop.

    size: side over the crop's. x, y: how far its middle lies to the right of the crop's and below
    it, in shares of the crop's side. roll_deg: how far its content is turned, counter-clockwise.
    """

    size: float = 1.0
    x: float = 0.0
    y: float = 0.0
    roll_deg: float = 0.0

    @property
    def is_usual(self) -> bool:
        """Whether the square is the crop itself."""
        return self == Framing()


@dataclass(frozen=True)
class FaceCrop:
    """One face cut from a picture.

    image: [3, R, R], RGB in [-1, 1].
    crop_from_frame: [3, 3] float64, p_crop = crop_from_frame @ p_frame (homogeneous pixels).
    landmarks: [68, 2], x and y in pixels of the crop, iBUG order.
    score: confidence of the detector in [0, 1].
    reading: what the reader sees, in pixels of the crop; None where nothing read it.
    scene: number, from 0, of the stretch of a clip between two cuts that it comes from.
    framing: which square around the face results show; networks see the crop itself.
    """

    image: Tensor
    crop_from_frame: Tensor
    landmarks: Tensor
    score: float = 1.0
    reading: FaceReading | None = None
    scene: int = 0
    framing: Framing = field(default_factory=Framing)

    @property
    def frame_from_crop(self) -> Tensor:
        """[3, 3] inverse of crop_from_frame."""
        return torch.linalg.inv(self.crop_from_frame)


@dataclass(frozen=True)
class DrivingPose:
    """What one or more driving frames ask of the face.

    features: [B, C, H, W], what the hypernetwork reads: the pose encoder's last map, or a map of
        the state (networks.pose_state).
    yaw_deg, pitch_deg, roll_deg: [B]. Positive yaw turns the face to the picture's right,
    positive pitch down, positive roll counter-clockwise in the picture.
    expression: [B, E], expression coefficients of the set's head model.
    """

    features: Tensor
    yaw_deg: Tensor
    pitch_deg: Tensor
    roll_deg: Tensor
    expression: Tensor

    def __len__(self) -> int:
        return self.features.shape[0]

    def __getitem__(self, index: slice | Tensor) -> DrivingPose:
        return DrivingPose(
            features=self.features[index],
            yaw_deg=self.yaw_deg[index],
            pitch_deg=self.pitch_deg[index],
            roll_deg=self.roll_deg[index],
            expression=self.expression[index],
        )

    def to(self, device: torch.device | str) -> DrivingPose:
        return replace(self, **{name: value.to(device) for name, value in vars(self).items()})

    @staticmethod
    def cat(poses: list[DrivingPose]) -> DrivingPose:
        """Join poses along the batch."""
        names = ("features", "yaw_deg", "pitch_deg", "roll_deg", "expression")
        return DrivingPose(**{n: torch.cat([getattr(p, n) for p in poses]) for n in names})


@dataclass(frozen=True)
class SourceIdentity:
    """All that is known of the source person; computed once, used for every frame.

    w_plus: [1, n_latent, D], inverted and truncated latent code.
    appearance: [1, C, H, W], last map of the appearance encoder.
    id_embedding: [1, E], unit length.
    """

    w_plus: Tensor
    appearance: Tensor
    id_embedding: Tensor
