"""The frozen networks of a model set, applied to batches of its own face crops."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...imaging import resize
from ...models.sets import LoadedSet
from ...networks.arcface import AppearanceTaps
from ...networks.deca import PoseCodes
from ...networks.pose_state import eyes_together, state_map, state_vector
from ...networks.reader import Reading, read_crops
from ...networks.rotation import matrix_from_axis_angle
from ...networks.stylegan2 import Generator
from ...reenact.views import appearance_input, pose_input


@dataclass(frozen=True)
class Faces:
    """image: [B, 3, R, R] in [-1, 1]. landmarks: [B, 68, 2], pixels of the image."""

    image: Tensor
    landmarks: Tensor

    def __getitem__(self, index: Tensor) -> Faces:
        return Faces(self.image[index], self.landmarks[index])

    def with_image(self, image: Tensor) -> Faces:
        """Other pictures [B, 3, R, R] with the same landmarks."""
        return Faces(image, self.landmarks)


@dataclass(frozen=True)
class PoseSeen:
    """map: what the hypernetwork is told, [B, C, 7, 7]. read: what it was made from."""

    map: Tensor
    read: PoseCodes | Reading

    @property
    def rotation(self) -> Tensor:
        """[B, 3, 3]."""
        if isinstance(self.read, Reading):
            return self.read.rotation
        return matrix_from_axis_angle(self.read.global_pose)


class FrozenSet:
    """What a set says of faces; gradients pass through to the pictures.

    Networks are moved to `device` when they are first used.
    """

    def __init__(self, models: LoadedSet, device: torch.device) -> None:
        self._models, self._device = models, device
        self.settings = models.settings

    @property
    def generator(self) -> Generator:
        return self._models.generator.to(self._device)

    def look(self, faces: Faces) -> AppearanceTaps:
        """Stage maps of the appearance encoder, the last of them for the hypernetwork, and the
        identity embedding."""
        network = self._models.appearance.to(self._device)
        rule, size = self.settings.appearance_input, network.config.input_size
        view = appearance_input(faces.image, faces.landmarks, rule=rule, size=size)
        return network.describe(view)

    def read_pose(self, faces: Faces) -> PoseSeen:
        """What the pose encoder sees, or the reader where the set is told states."""
        if self.settings.pose_input == "state":
            reader = self._models.reader.to(self._device)
            seen = read_crops(reader, faces.image)
            state = state_vector(seen.rotation, seen.coefficients, seen.gaze)
            return PoseSeen(state_map(eyes_together(state)), seen)
        network = self._models.pose.to(self._device)
        rule, size = self.settings.pose_input, network.config.input_size
        features = network(pose_input(faces.image, faces.landmarks, rule=rule, size=size))
        return PoseSeen(features.map, features.codes)

    def invert(self, image: Tensor) -> Tensor:
        """W+ codes [B, n_latent, D] as reenactment uses them: truncated."""
        network = self._models.e4e.to(self._device)
        codes = network(resize(image, network.config.input_size))
        return self.generator.truncate(codes, self.settings.truncation_psi)
