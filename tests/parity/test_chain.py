"""From two pictures to the drawn face: the whole published program, by our own way through it.

Only the landmarks are given, as they are in the expected numbers.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path

import torch
from torch import Tensor, nn

from hyperreenact_core.face.align import crop_face
from hyperreenact_core.face.detect import FaceLandmarks
from hyperreenact_core.face.given import GivenLandmarks
from hyperreenact_core.host import LocalHost
from hyperreenact_core.imaging import u8_from_tensor
from hyperreenact_core.models.published import PUBLISHED_SETTINGS
from hyperreenact_core.models.sets import LoadedSet
from hyperreenact_core.reenact.pipeline import Reenactor
from hyperreenact_core.reenact.pose import encode_pose
from hyperreenact_core.reenact.views import appearance_view, crop_rule, pose_view, searched
from hyperreenact_core.types import DrivingPose, FaceCrop, SourceIdentity
from tests.parity.golden import assert_parity, golden
from tests.parity.networks import published


class FilledSet(LoadedSet):
    """The published set with the stand-in weights; faces are given, so nothing looks for them."""

    def __init__(self) -> None:
        self.folder = Path("filled")
        self.settings = PUBLISHED_SETTINGS

    generator = cached_property(lambda _self: published("stylegan2"))
    e4e = cached_property(lambda _self: published("e4e"))
    appearance = cached_property(lambda _self: published("arcface"))
    pose = cached_property(lambda _self: published("deca"))
    hypernetwork = cached_property(lambda _self: published("hypernet"))
    detector_networks: tuple[nn.Module, ...] = ()


def face(role: str, index: int) -> FaceCrop:
    """Crop of a picture, with the landmarks that were found in the crop."""
    stored = golden().tensor
    picture = searched(stored("preprocess", f"picture.{role}.{index}").numpy(), PUBLISHED_SETTINGS)
    landmarks = stored("preprocess", f"landmarks.picture.{role}.{index}")
    crop = crop_face(picture, landmarks, crop_rule(PUBLISHED_SETTINGS))
    return replace(crop, landmarks=stored("preprocess", f"landmarks.crop.{role}")[index])


@cache
@torch.inference_mode()
def source(index: int) -> SourceIdentity:
    models, crop = FilledSet(), face("source", index)
    w_plus = models.e4e(crop.image[None])
    seen = models.appearance(appearance_view(crop, models))
    psi = models.settings.truncation_psi
    return SourceIdentity(models.generator.truncate(w_plus, psi), seen.map, seen.embedding)


@cache
@torch.inference_mode()
def pose(index: int) -> DrivingPose:
    models = FilledSet()
    return encode_pose(pose_view(face("target", index), models)[None], models.pose)


@torch.inference_mode()
def image(source_index: int, target_index: int) -> Tensor:
    """[1, 3, 256, 256], not clamped."""
    models, identity = FilledSet(), source(source_index)
    terms = models.hypernetwork.source_terms(identity.appearance)
    deltas = models.hypernetwork.deltas(terms, pose(target_index).features)
    return models.generator(identity.w_plus, deltas)


def video_frame(drawn: Tensor) -> Tensor:
    return torch.from_numpy(u8_from_tensor(drawn))


def test_pairs() -> None:
    images = torch.cat([image(i, i) for i in range(golden().batch)])
    assert_parity("chain", {"image": images, "video_frame": video_frame(images)})


def test_crossed_pairs() -> None:
    """Sets of two pairs also have source 0 driven by target 1."""
    crossed = set(golden().outputs("chain", group=None)) - {"image", "video_frame"}
    assert bool(crossed) == (golden().batch > 1)
    for name in crossed:
        drawn = image(0, 1)
        is_frame = golden().files["chain"][name]["dtype"] == "uint8"
        assert_parity("chain", {name: video_frame(drawn) if is_frame else drawn})


def test_the_reenactor_draws_the_same() -> None:
    nobody = GivenLandmarks([[FaceLandmarks(torch.zeros(68, 2), 1.0)]], height=1, width=1)
    reenactor = Reenactor(FilledSet(), LocalHost(device="cpu"), detector=nobody)
    drawn = torch.cat([reenactor.draw(source(i), pose(i)) for i in range(golden().batch)])
    assert_parity("chain", {"video_frame": video_frame(drawn)})
