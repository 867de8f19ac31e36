"""Edit Motion and Mix Motion: performances between reading and drawing."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.nodes.imported import Pack
from tests.nodes.runner import Runner, refused

REGIONS = ("head", "eyes", "gaze", "brows", "mouth", "jaw")
JAW = 24


@pytest.fixture
def node(pack: Pack) -> Runner:
    return Runner(pack)


def edit(node: Runner, poses: Any, **wanted: Any) -> tuple[Any, ...]:
    usual = {
        **dict.fromkeys(REGIONS, 1.0),
        **{"relative": "off", "mirror": False, "smooth": 0.0, "speed": 1.0, "ping_pong": False},
        **{"loop": 1, "start": 0, "frames": 0, "blend_in": 0, "blend_out": 0},
    }
    return node("EditMotion", poses=poses, **usual | wanted)


def track(node: Runner, *jaws: float) -> Any:
    """One frame for every opening of the jaw."""
    performance = node.pack.part("hyperreenact_core.reenact.detail.performance").Performance
    faces = torch.zeros(len(jaws), 52)
    faces[:, JAW] = torch.tensor(jaws)
    turns = torch.eye(3).repeat(len(jaws), 1, 1)
    return node.pack.part("hyperreenact_core.reenact.posetrack").track_of(performance(turns, faces))


def test_a_performance_is_made_weaker_longer_and_told_about(node: Runner):
    poses, plot, report = edit(node, track(node, 0.2, 0.6, 0.4), jaw=0.5, ping_pong=True)
    assert poses.states.coefficients[:3, JAW].tolist() == pytest.approx([0.1, 0.3, 0.2])
    assert len(poses) > 3
    assert plot.shape[0] == 1
    assert "jitter before" in report


def test_a_target_length_is_given_in_frames_or_in_seconds(node: Runner):
    given = track(node, 0.2, 0.6, 0.4)
    assert len(edit(node, given, length=7, loop=2)[0]) == 14
    assert len(edit(node, given, seconds=0.4)[0]) == 10
    with refused(node.pack, "frames or in seconds"):
        edit(node, given, length=7, seconds=0.4)


def test_two_performances_are_mixed_by_region_and_over_time(node: Runner):
    first, second = track(node, 0.0, 0.0, 0.0), track(node, 1.0, 1.0, 1.0)
    weights = dict.fromkeys(REGIONS, 0.0)
    given = {"first": first, "second": second, "length": "hold"}
    mixed, _, _ = node("MixMotion", keyframes="", **given, **weights | {"jaw": 0.25})
    assert torch.allclose(mixed.states.coefficients[:, JAW], torch.tensor(0.25))
    over, _, _ = node("MixMotion", keyframes="0: jaw=0\n2: jaw=1", **given, **weights)
    assert torch.allclose(over.states.coefficients[:, JAW], torch.tensor([0.0, 0.5, 1.0]))
    with refused(node.pack, "line 1"):
        node("MixMotion", keyframes="chin", **given, **weights)


def test_a_track_that_holds_no_states_is_refused(node: Runner):
    track_type = node.pack.part("hyperreenact_core.reenact.posetrack").PoseTrack
    kind = node.pack.part("hyperreenact_core.types").DrivingPose
    angles = torch.zeros(1)
    bare = kind(torch.zeros(1, 4, 2, 2), angles, angles, angles, torch.zeros(1, 4))
    with refused(node.pack, "no states of the head"):
        edit(node, track_type(bare, "starter"))
