"""How a set's networks want to see a face: crop rule, detector, and the encoders' inputs."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from ..face.align import CropRule, five_point_warp, limit_width, pose_crop
from ..face.detect import DetectorConfig, FaceDetector, LandmarkDetector
from ..face.published_detect import PublishedDetector
from ..host import Host
from ..imaging import ImageU8, resize
from ..models.sets import LoadedSet
from ..models.settings import SetSettings
from ..types import FaceCrop


def crop_rule(settings: SetSettings) -> CropRule:
    """The square the set's networks were trained on."""
    return CropRule(
        scale=settings.crop_scale,
        size=settings.resolution,
        whole_pixels=settings.crop_whole_pixels,
    )


def searched(picture: ImageU8, settings: SetSettings) -> ImageU8:
    """The picture faces are looked for and cut from: reduced if large, for the published sets."""
    return limit_width(picture) if settings.crop_whole_pixels else picture


def detector_of(models: LoadedSet, host: Host) -> FaceDetector:
    """The set's own face detector; its networks must be on the host's device when it is used."""
    if models.detects_with_s3fd:
        return PublishedDetector(models.s3fd, models.fan, device=host.device)
    network, config = models.landmarks, DetectorConfig()
    rule = replace(config.refine_rule, size=network.config.input_size)
    return LandmarkDetector(network, device=host.device, config=replace(config, refine_rule=rule))


def pose_view(crop: FaceCrop, models: LoadedSet) -> Tensor:
    """What the pose encoder reads: [3, S, S] RGB in [0, 1]."""
    size = models.pose.config.input_size
    if models.settings.pose_input == "deca_crop":
        return pose_crop(crop.image[None], crop.landmarks[None], size=size)[0]
    return (resize(crop.image[None], size)[0] + 1) / 2


def appearance_view(crop: FaceCrop, models: LoadedSet) -> Tensor:
    """What the appearance encoder reads: [1, 3, S, S] RGB in [-1, 1]."""
    size = models.appearance.config.input_size
    if models.settings.appearance_input == "five_point":
        return five_point_warp(crop.image[None], crop.landmarks[None], size=size)
    return resize(crop.image[None], size)


def in_picture(crop: FaceCrop, *, picture: ImageU8, searched: ImageU8) -> FaceCrop:
    """A crop cut from a reduced picture, in pixels of the picture itself."""
    if picture.shape == searched.shape:
        return crop
    height, width = picture.shape[:2]
    reduction = torch.diag(
        torch.tensor(
            [searched.shape[1] / width, searched.shape[0] / height, 1.0], dtype=torch.float64
        )
    )
    return replace(crop, crop_from_frame=crop.crop_from_frame @ reduction)
