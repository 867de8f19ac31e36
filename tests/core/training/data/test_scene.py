from __future__ import annotations

import numpy as np
import torch

from hyperreenact_core.synthetic.camera import FaceFraming, project
from hyperreenact_core.synthetic.renderer import Rendering, render
from hyperreenact_core.synthetic.sampling import (
    sample_environment,
    sample_expression,
    sample_identity,
    sample_pose,
)
from hyperreenact_core.synthetic.vector import EXPRESSION, PARAMETER_COUNT, POSE, parameter_vector
from hyperreenact_core.training.data.drawn_heads import RenderedHeads
from hyperreenact_core.training.data.scene import POINTS, SCENE_DIM, SceneCode


def renderings() -> list[Rendering]:
    rng = np.random.default_rng(5)
    return [
        render(
            sample_identity(k),
            sample_expression(rng),
            sample_pose(rng),
            sample_environment(rng),
            size=16,
            supersample=1,
            framing=FaceFraming(),
        )
        for k in range(3)
    ]


def heads_of(drawn: list[Rendering]) -> RenderedHeads:
    count = len(drawn)
    vectors = [parameter_vector(r.identity, r.expression, r.pose, r.environment) for r in drawn]
    angles = [(r.pose.yaw_deg, r.pose.pitch_deg, r.pose.roll_deg) for r in drawn]
    return RenderedHeads(
        images=torch.zeros(count, 16, 16, 3, dtype=torch.uint8),
        landmarks=torch.stack([torch.from_numpy(r.landmarks) for r in drawn]),
        parameters=torch.from_numpy(np.stack(vectors)),
        identity=torch.arange(count),
        clip=torch.arange(count),
        pose=torch.tensor(angles),
        expression=torch.from_numpy(np.stack([r.expression.as_array() for r in drawn])).float(),
        geometry=torch.tensor([r.identity.shape for r in drawn]).float(),
    )


def test_the_surface_lies_where_the_renderer_put_it() -> None:
    drawn = renderings()
    codes = SceneCode()(heads_of(drawn), torch.arange(3))
    assert codes.shape == (3, SCENE_DIM)
    chosen = np.arange(POINTS) * len(drawn[0].vertices) // POINTS
    for code, rendering in zip(codes, drawn, strict=True):
        surface = code[PARAMETER_COUNT:].view(POINTS, 3).numpy()
        plane = project(rendering.vertices)[chosen]
        # One scale and one shift take the plane to the framed square.
        scale = np.ptp(surface[:, 0]) / np.ptp(plane[:, 0])
        shift = surface[0, :2] - scale * plane[0]
        assert np.abs(surface[:, :2] - (scale * plane + shift)).max() < 1e-3
        assert np.abs(surface[:, 2] - rendering.vertices[chosen, 2]).max() < 1e-4


def test_a_driving_frame_lends_its_pose_and_expression_alone() -> None:
    heads, scene = heads_of(renderings()), SceneCode()
    mixed = scene(heads, torch.tensor([0]), torch.tensor([1]))[0]
    for part in (EXPRESSION, POSE):
        assert torch.equal(mixed[part], heads.parameters[1, part])
    assert torch.equal(mixed[: EXPRESSION.start], heads.parameters[0, : EXPRESSION.start])
    own, other = scene(heads, torch.tensor([0, 1]))
    surface = slice(PARAMETER_COUNT, None)
    assert not torch.allclose(mixed[surface], own[surface], atol=1e-2)
    assert not torch.allclose(mixed[surface], other[surface], atol=1e-3)
