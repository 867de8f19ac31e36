"""The frozen networks of a model set, applied to batches of its own face crops."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...errors import InputError
from ...face.align import five_point_warp, pose_crop
from ...imaging import resize
from ...models.sets import LoadedSet
from ...networks.arcface import AppearanceTaps
from ...networks.deca import CodeSizes, PoseFeatures
from ...networks.stylegan2 import Generator


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

    @property
    def pose_codes(self) -> CodeSizes:
        """What the pose encoder's coefficients are."""
        return self._models.pose.config.codes

    def look(self, faces: Faces) -> AppearanceTaps:
        """Stage maps of the appearance encoder, the last of them for the hypernetwork, and the
        identity embedding."""
        network = self._models.appearance.to(self._device)
        size = network.config.input_size
        if self.settings.appearance_input == "five_point":
            return network.describe(five_point_warp(faces.image, faces.landmarks, size=size))
        return network.describe(resize(faces.image, size))

    def read_pose(self, faces: Faces) -> PoseFeatures:
        """The pose encoder's map and its coefficients.

        Raises InputError where the set has none.
        """
        if self.settings.pose_input == "state":
            raise InputError(
                "this model set has no pose encoder, it is told states: clips cannot train its "
                "hypernetwork, `train starter --heads` does"
            )
        network = self._models.pose.to(self._device)
        size = network.config.input_size
        if self.settings.pose_input == "deca_crop":
            return network(pose_crop(faces.image, faces.landmarks, size=size))
        return network((resize(faces.image, size) + 1) / 2)

    def invert(self, image: Tensor) -> Tensor:
        """W+ codes [B, n_latent, D] as reenactment uses them: truncated."""
        network = self._models.e4e.to(self._device)
        codes = network(resize(image, network.config.input_size))
        return self.generator.truncate(codes, self.settings.truncation_psi)
