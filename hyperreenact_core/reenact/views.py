"""How a set's networks want to see a face: crop rule, detector, and the encoders' inputs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from ..choices import AUTO, DetectorKind
from ..errors import InputError
from ..face.align import CropRule, five_point_warp, pose_crop
from ..face.detect import DetectorConfig, FaceDetector, LandmarkDetector
from ..face.given import EachFrameAlone
from ..face.reading import FaceReader, ReadingDetector
from ..host import Host
from ..imaging import resize
from ..models.sets import LoadedSet
from ..models.settings import AppearanceInput, PoseInput, SetSettings
from ..networks.pose_state import state_vector
from ..types import FaceCrop, FaceReading


@dataclass(frozen=True)
class PoseView:
    """What is to drive a frame.

    view: see `pose_view`. reading: None where nothing was read. scene: as of the face's crop.
    """

    view: Tensor
    reading: FaceReading | None
    scene: int = 0


def crop_rule(settings: SetSettings) -> CropRule:
    """The square the set's networks were trained on."""
    return CropRule(
        scale=settings.crop_scale,
        size=settings.resolution,
        whole_pixels=settings.crop_whole_pixels,
    )


def detector_of(
    models: LoadedSet,
    host: Host,
    kind: DetectorKind = AUTO,
    *,
    insight_root: Path | None = None,
) -> FaceDetector:
    """What finds faces; networks of the set must be on the host's device when it is used.

    kind: "auto" takes the set's own. insight_root: see `InsightConfig.root`.
    Raises InputError where insightface is asked for but not installed, ModelError where its model
    files, or those of the set, are missing.
    """
    # Only what is used is imported: a set trained here waits for no module of the others.
    if kind == "insightface":
        from ..face.insight_detect import InsightConfig, InsightFaceDetector

        return InsightFaceDetector(device=host.device, config=InsightConfig(root=insight_root))
    if models.detects_with_s3fd:
        from ..face.published_detect import PublishedDetector

        return PublishedDetector(models.s3fd, models.fan, device=host.device)
    if models.reads_landmarks:
        from ..face.own_detect import OwnDetector

        finder = OwnDetector(models.detector, device=host.device)
        reader = FaceReader(models.reader, device=host.device)
        return ReadingDetector(finder, reader, own_landmarks=False)
    network, config = models.landmarks, DetectorConfig()
    rule = replace(config.refine_rule, size=network.config.input_size)
    return LandmarkDetector(network, device=host.device, config=replace(config, refine_rule=rule))


def with_readings(detector: FaceDetector | None, models: LoadedSet, host: Host) -> FaceDetector:
    """The same detector, whose faces come with readings; the set's reader must be on the device.

    detector: the set's own if None.
    """
    finder = detector or detector_of(models, host)
    if isinstance(finder, EachFrameAlone):  # a reader of its own would follow the face
        return finder.over(lambda inner: with_readings(inner, models, host))
    if isinstance(finder, ReadingDetector):
        return finder
    return ReadingDetector(finder, FaceReader(models.reader, device=host.device))


def pose_of(crop: FaceCrop, models: LoadedSet) -> PoseView:
    """What a face asks of the result."""
    return PoseView(pose_view(crop, models), crop.reading, crop.scene)


def pose_view(crop: FaceCrop, models: LoadedSet) -> Tensor:
    """What tells the pose: what the pose encoder reads, [3, S, S] RGB in [0, 1], or [STATE].

    Raises InputError where the set is told states and the crop holds no reading.
    """
    if models.settings.pose_input == "state":
        return _state(crop)
    return pose_input(
        crop.image[None],
        crop.landmarks[None],
        rule=models.settings.pose_input,
        size=models.pose_config.input_size,
    )[0]


def pose_input(pictures: Tensor, landmarks: Tensor | None, *, rule: PoseInput, size: int) -> Tensor:
    """What a pose encoder reads of face crops [B, 3, R, R] in [-1, 1]: [B, 3, S, S] in [0, 1].

    landmarks: [B, 68, 2] pixels of the crops, of which "deca_crop" cuts its own; with None, as with
    every other rule, the crop is shown as it is.
    """
    if rule == "deca_crop" and landmarks is not None:
        return pose_crop(pictures, landmarks, size=size)
    return (resize(pictures, size) + 1) / 2


def _state(crop: FaceCrop) -> Tensor:
    """[STATE], see networks.pose_state."""
    reading = crop.reading
    if reading is None:
        raise InputError("a face was not read, which this model set needs: align the faces anew")
    parts = (reading.rotation[None], reading.coefficients[None], reading.gaze[None])
    return state_vector(*parts)[0]


def appearance_view(crop: FaceCrop, models: LoadedSet) -> Tensor:
    """What the appearance encoder reads: [1, 3, S, S] RGB in [-1, 1]."""
    return appearance_input(
        crop.image[None],
        crop.landmarks[None],
        rule=models.settings.appearance_input,
        size=models.appearance_config.input_size,
    )


def appearance_input(
    pictures: Tensor, landmarks: Tensor | None, *, rule: AppearanceInput, size: int
) -> Tensor:
    """What an appearance encoder reads of the same: [B, 3, S, S] in [-1, 1]."""
    if rule == "five_point" and landmarks is not None:
        return five_point_warp(pictures, landmarks, size=size)
    return resize(pictures, size)
