"""The shipped weights on the shipped samples: does the right person do the right thing?"""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch
from torch import Tensor

from hyperreenact_core.cli.demo import CLIPS
from hyperreenact_core.errors import NoFaceError
from hyperreenact_core.host import LocalHost
from hyperreenact_core.imaging import ImageU8, resize, tensor_from_u8
from hyperreenact_core.models.sets import LoadedSet, load_set
from hyperreenact_core.networks.pose_state import state_vector
from hyperreenact_core.networks.reader import read_crops
from hyperreenact_core.reenact.missing import DrivingReport
from hyperreenact_core.reenact.options import ReenactOptions
from hyperreenact_core.reenact.pipeline import Reenactor
from hyperreenact_core.reenact.pose import poses_of_states
from hyperreenact_core.reenact.results import ReenactedFrame
from hyperreenact_core.reenact.source import SourceFace, analyse_source
from hyperreenact_core.types import DrivingPose
from hyperreenact_core.video.pictures import read_image
from hyperreenact_core.video.reader import open_frames

HOST = LocalHost(device="cpu")
STEP = 10
"""Every so many frames of the sample clip drive; the smoothing window covers as many."""


class Animated:
    """The cross-subject sample and what the starter set makes of it."""

    def __init__(self) -> None:
        _, cross = CLIPS
        self.models: LoadedSet = load_set("starter")
        self.source: SourceFace = analyse_source(read_image(cross.source), self.models, HOST)
        frames = islice(open_frames(cross.driving), 0, None, STEP)
        run = Reenactor(self.models, HOST, options=ReenactOptions(detail=0.0)).reenact(
            self.source, frames
        )
        self.results: list[ReenactedFrame] = list(run)
        self.report: DrivingReport = run.report
        self.drawn = tensor_from_u8(np.stack([r.image for r in self.results]))
        crops = [r.driving_crop for r in self.results]
        self.driving = torch.stack([crop.image for crop in crops if crop is not None])

    @torch.inference_mode()
    def pose(self, faces: Tensor) -> DrivingPose:
        seen = read_crops(self.models.reader, faces)
        return poses_of_states(state_vector(seen.rotation, seen.coefficients, seen.gaze))

    @torch.inference_mode()
    def likeness(self, faces: Tensor) -> Tensor:
        """Cosine of each face's identity and the source's."""
        encoder = self.models.appearance
        seen = encoder(resize(faces, encoder.config.input_size)).embedding
        return (seen * self.source.identity.id_embedding).sum(1)


@pytest.fixture(scope="module")
def animated() -> Animated:
    return Animated()


def test_a_face_is_found_in_every_frame(animated: Animated):
    assert animated.report.without_face == 0
    assert animated.report.frames == len(animated.results) == 12
    assert all(result.has_face for result in animated.results)


def test_the_head_turns_as_the_driving_head_does(animated: Animated):
    driving, drawn = animated.pose(animated.driving), animated.pose(animated.drawn)
    assert driving.yaw_deg.max() - driving.yaw_deg.min() > 50, "the sample turns far"
    assert (driving.yaw_deg - drawn.yaw_deg).abs().mean() < 10
    assert (driving.pitch_deg - drawn.pitch_deg).abs().mean() < 8
    assert (driving.roll_deg - drawn.roll_deg).abs().mean() < 8


def test_the_person_stays_the_source(animated: Animated):
    drawn, driving = animated.likeness(animated.drawn), animated.likeness(animated.driving)
    assert drawn.mean() > driving.mean() + 0.3
    assert (drawn > driving).float().mean() > 0.9


def test_the_source_is_recognised_in_its_own_reconstruction(animated: Animated):
    assert animated.likeness(animated.source.reconstruction[None]).item() > 0.5
    error = (animated.source.reconstruction - animated.source.crop.image).abs().mean()
    assert error < 0.25


_NOISE = np.random.default_rng(0).integers(0, 256, (200, 200, 3)).astype(np.uint8)
_FACELESS = {
    "noise": _NOISE,
    "grey": np.full((200, 200, 3), 128, np.uint8),
    "black, as clips that fade in begin": np.zeros((200, 200, 3), np.uint8),
}


@pytest.mark.parametrize("picture", _FACELESS.values(), ids=_FACELESS.keys())
def test_no_face_is_seen_where_there_is_none(animated: Animated, picture: ImageU8):
    with pytest.raises(NoFaceError):
        analyse_source(picture, animated.models, HOST)
