"""How unrest is measured, on clips whose unrest is known."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from hyperreenact_core.evaluation.flicker import Flicker, measure_flicker, sample_clip
from hyperreenact_core.evaluation.judges import JudgeEstimate
from hyperreenact_core.evaluation.pairs import Pair
from hyperreenact_core.evaluation.rows import MethodTools, Row, Task
from hyperreenact_core.evaluation.scene_renderer import SceneRenderer
from hyperreenact_core.types import DrivingPose
from tests.core.evaluation.tiny_judged import patch_studio, settings

FRAMES = 6


class SameTask:
    """Methods who are told nothing but the driving pictures."""

    def task(self, source: Tensor, driving: Tensor) -> Task:
        empty = torch.zeros(len(source))
        pose = DrivingPose(driving[1:], empty, empty, empty, empty[:, None])
        return Task(source, None, pose, pose, pose)  # pyright: ignore[reportArgumentType]


class BrightnessJudge:
    """Reads the angles off the brightness."""

    def look(self, pictures: Tensor) -> JudgeEstimate:
        bright = pictures.mean((1, 2, 3))
        return JudgeEstimate(
            [], torch.ones(len(pictures), 1), bright[:, None].expand(-1, 3), bright
        )


def measure(rows: dict[str, Row]) -> Flicker:
    clip = sample_clip("self", 0, frames=FRAMES, first_identity=3_000_000, seed=0)
    return measure_flicker(
        [clip],
        rows,
        kind="self",
        renderer=SceneRenderer(settings(), device=torch.device("cpu"), studio=patch_studio),
        tools=SameTask(),  # pyright: ignore[reportArgumentType]
        judges=BrightnessJudge(),  # pyright: ignore[reportArgumentType]
        batch_size=4,
    )


@pytest.fixture(scope="module")
def flicker() -> Flicker:
    def perfect(_: MethodTools, task: Task) -> Tensor:
        return task.driving.features

    def frozen(_: MethodTools, task: Task) -> Tensor:
        return task.source

    def shaking(_: MethodTools, task: Task) -> Tensor:
        flash = torch.tensor([0.0, 0.2] * len(task.source))[: len(task.source)]
        return task.driving.features + flash[:, None, None, None]

    return measure({"perfect": perfect, "frozen": frozen, "shaking": shaking, "source": frozen})


def test_a_perfect_row_is_as_restless_as_the_truth(flicker: Flicker) -> None:
    assert flicker.rows["perfect"] == flicker.truth
    assert flicker.truth.change > 0


def test_what_stands_still_has_no_unrest_and_who_shakes_has_more(flicker: Flicker) -> None:
    frozen, shaking, truth = flicker.rows["frozen"], flicker.rows["shaking"], flicker.truth
    assert (frozen.change, frozen.tremble, frozen.head_tremble_deg) == (0, 0, 0)
    # 0.2 of a range of 2 is a tenth; every frame is that far from the mean of its neighbours.
    assert shaking.head_tremble_deg == pytest.approx(0.2, abs=0.1)
    assert shaking.tremble > truth.tremble + 0.03


def test_rows_that_follow_nobody_are_left_out_and_curves_are_per_frame(flicker: Flicker) -> None:
    assert "source" not in flicker.rows
    assert {len(curve) for curve in flicker.curves.values()} == {FRAMES - 1}


def test_clips_move_smoothly_and_show_who_they_should() -> None:
    own, other = (
        sample_clip(kind, 2, frames=96, first_identity=5_000, seed=1) for kind in ("self", "cross")
    )
    for clip in (own, other):
        assert len({pair.source for pair in clip}) == 1
        yaws = [pair.driving.moment.yaw_deg for pair in clip]
        steps = [abs(b - a) for a, b in pairwise(yaws)]
        assert max(steps) < 8
        assert max(yaws) - min(yaws) > 10
        assert all(pair.truth.person == 5_002 for pair in clip)
    assert people(own) == {5_002}
    assert people(other) & people(own) == set()
    assert own == sample_clip("self", 2, frames=96, first_identity=5_000, seed=1)
    assert own[:5] == sample_clip("self", 2, frames=5, first_identity=5_000, seed=1)


def people(clip: list[Pair]) -> set[int]:
    return {pair.driving.person for pair in clip}
