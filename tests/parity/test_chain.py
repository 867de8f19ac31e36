"""From two pictures to the drawn face: the whole published program, by our own ways through it.

Only the landmarks are given, as they are in the expected numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
import torch
from torch import Tensor

from hyperreenact_core.face.align import crop_face
from hyperreenact_core.face.found import FaceLandmarks
from hyperreenact_core.face.given import GivenLandmarks
from hyperreenact_core.face.search import searched
from hyperreenact_core.host import LocalHost
from hyperreenact_core.imaging import u8_from_tensor
from hyperreenact_core.models.published import PUBLISHED_SETTINGS
from hyperreenact_core.networks import reference
from hyperreenact_core.networks.fast.drawing import draw
from hyperreenact_core.reenact.drawing import prepare_source
from hyperreenact_core.reenact.options import ReenactOptions
from hyperreenact_core.reenact.pipeline import Reenactor
from hyperreenact_core.reenact.pose import encode_pose
from hyperreenact_core.reenact.source import encode_face, truncate
from hyperreenact_core.reenact.views import appearance_view, crop_rule, pose_view
from hyperreenact_core.types import DrivingPose, FaceCrop, SourceIdentity
from tests.parity.golden import assert_parity, golden
from tests.parity.networks import FilledSet

HOST = LocalHost(device="cpu")
PSI = PUBLISHED_SETTINGS.truncation_psi


def face(role: str, index: int) -> FaceCrop:
    """Crop of a picture, with the landmarks that were found in the crop."""
    stored = golden().tensor
    rule = crop_rule(PUBLISHED_SETTINGS)
    picture = searched(stored("preprocess", f"picture.{role}.{index}").numpy(), rule)
    landmarks = stored("preprocess", f"landmarks.picture.{role}.{index}")
    crop = crop_face(picture, landmarks, rule)
    return replace(crop, landmarks=stored("preprocess", f"landmarks.crop.{role}")[index])


@cache
@torch.inference_mode()
def source(index: int) -> SourceIdentity:
    """As the networks that are trained see it."""
    models, crop = FilledSet(), face("source", index)
    w_plus = models.e4e(crop.image[None])
    seen = models.appearance(appearance_view(crop, models))
    return SourceIdentity(models.generator.truncate(w_plus, PSI), seen.map, seen.embedding)


@cache
@torch.inference_mode()
def fast_source(index: int) -> SourceIdentity:
    """As the folded networks see it."""
    models = FilledSet()
    identity = encode_face(face("source", index), models, HOST)
    return replace(identity, w_plus=truncate(identity.w_plus, models, HOST, psi=PSI))


@cache
@torch.inference_mode()
def fast_pose(index: int) -> DrivingPose:
    models = FilledSet()
    views = pose_view(face("target", index), models)[None]
    return encode_pose(views, models.fast(torch.float32).pose)


def image_of_trained(source_index: int, target_index: int) -> Tensor:
    """By the networks' own forward passes."""
    models, identity = FilledSet(), source(source_index)
    features = models.pose.pose_map(pose_view(face("target", target_index), models)[None])
    deltas = models.hypernetwork(identity.appearance, features)
    return models.generator(identity.w_plus, deltas)


def image_of_reference(source_index: int, target_index: int) -> Tensor:
    models = FilledSet()
    return reference.reenact(
        reference.ReferenceNetworks(
            models.appearance, models.pose, models.hypernetwork, models.generator
        ),
        source_face=appearance_view(face("source", source_index), models),
        w_plus=source(source_index).w_plus,
        driving_face=pose_view(face("target", target_index), models)[None],
    )


def image_of_fast(source_index: int, target_index: int) -> Tensor:
    """In a batch of two, the other frame being of another pose."""
    return fast_images(source_index, two_poses(target_index))[:1]


def image_of_fast_alone(source_index: int, target_index: int) -> Tensor:
    return fast_images(source_index, fast_pose(target_index))


def fast_images(source_index: int, pose: DrivingPose) -> Tensor:
    identity, networks = fast_source(source_index), FilledSet().fast(torch.float32)
    prepared = prepare_source(identity.w_plus, identity.appearance, networks)
    deltas = networks.hypernetwork.deltas(prepared.appearance_terms, pose.features)
    return draw(prepared.styled, deltas, frames=len(pose))


def two_poses(index: int) -> DrivingPose:
    """The pose of a target, and one of a mirrored map."""
    pose = fast_pose(index)
    return DrivingPose.cat([pose, replace(pose, features=pose.features.flip(3))])


Way = Callable[[int, int], Tensor]
WAYS: tuple[Way, ...] = (image_of_trained, image_of_reference, image_of_fast_alone, image_of_fast)


def video_frame(drawn: Tensor) -> Tensor:
    return torch.from_numpy(u8_from_tensor(drawn))


@torch.inference_mode()
@pytest.mark.parametrize("image", WAYS)
def test_pairs(image: Way) -> None:
    """Not clamped: [B, 3, 256, 256]."""
    images = torch.cat([image(i, i) for i in range(golden().batch)])
    assert_parity("chain", {"image": images, "video_frame": video_frame(images)})


@torch.inference_mode()
@pytest.mark.parametrize("image", WAYS)
def test_crossed_pairs(image: Way) -> None:
    """Sets of two pairs also have source 0 driven by target 1."""
    crossed = set(golden().outputs("chain", group=None)) - {"image", "video_frame"}
    assert bool(crossed) == (golden().batch > 1)
    for name in crossed:
        drawn = image(0, 1)
        is_frame = golden().dtype("chain", name) == "uint8"
        assert_parity("chain", {name: video_frame(drawn) if is_frame else drawn})


@torch.inference_mode()
def test_the_fast_path_equals_the_reference() -> None:
    """Everywhere, not only where the expected numbers have samples; two frames at once."""
    models, poses, driven = FilledSet(), two_poses(0), fast_images(0, two_poses(0))
    for index in range(2):
        deltas = reference.weight_deltas(
            models.hypernetwork, source(0).appearance, poses[index : index + 1].features
        )
        expected = reference.synthesise(models.generator, source(0).w_plus, deltas)
        reach = float(expected.amax() - expected.amin())
        assert float((driven[index] - expected[0]).abs().max()) < 1e-4 * reach
    assert float((driven[0] - driven[1]).abs().mean()) > 0.01, "two different frames"


@torch.inference_mode()
def test_half_precision_stays_within_two_percent() -> None:
    """Driving frame, deltas and drawing in bfloat16, the source's codes in float32."""
    models = FilledSet()
    host = LocalHost(device="cpu", dtype=torch.bfloat16)
    views = pose_view(face("target", 0), models)[None]
    pose = encode_pose(views, models.fast(host.dtype).pose)
    drawn = Reenactor(models, host, options=PLAIN, detector=NOBODY).draw(fast_source(0), pose)
    expected = Reenactor(models, HOST, options=PLAIN, detector=NOBODY).draw(
        fast_source(0), fast_pose(0)
    )
    assert 0 < float((drawn - expected).norm() / expected.norm()) < 0.02


def test_the_reenactor_draws_the_same() -> None:
    reenactor = Reenactor(FilledSet(), HOST, options=PLAIN, detector=NOBODY)
    drawn = [reenactor.draw(fast_source(i), fast_pose(i)) for i in range(golden().batch)]
    assert_parity("chain", {"video_frame": video_frame(torch.cat(drawn))})


PLAIN = ReenactOptions(detail=0.0)
NOBODY = GivenLandmarks([[FaceLandmarks(torch.zeros(68, 2), 1.0)]], height=1, width=1)
