"""The flow from one picture to another, and what is hidden there, agree with what is drawn."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hyperreenact_core.heads.camera import Framing
from hyperreenact_core.heads.expression import coefficients
from hyperreenact_core.heads.figure import Figure
from hyperreenact_core.heads.light import DAYLIGHT
from hyperreenact_core.heads.parts import Label
from hyperreenact_core.heads.performance import Performance, sample_performance
from hyperreenact_core.heads.picture import Flow, Scene, Shot, clip_of, develop, flow_between
from hyperreenact_core.heads.presets import PRESETS
from hyperreenact_core.heads.stage import Stage, Truth

Cast = Callable[..., Figure]
SCENE = Scene(framing=Framing(1.5))
LEAST_DB = 35.0


@dataclass(frozen=True)
class Side:
    """A picture without light, its truth, and the flow to the other picture."""

    colours: NDArray[np.float32]
    truth: Truth
    flow: Flow


def both(stage: Stage, figure: Figure, *moments: Performance) -> tuple[Side, Side]:
    """Two moments of a figure, each with its flow to the other."""
    first, second = clip_of(figure, moments, SCENE)
    rng = np.random.default_rng(0)
    _, truth = develop(stage, first, SCENE, rng, other=second)
    _, later = develop(stage, second, SCENE, rng, other=first)
    return (
        Side(unlit(stage, first), truth, flow_between(truth, later)),
        Side(unlit(stage, second), later, flow_between(later, truth)),
    )


def unlit(stage: Stage, shot: Shot) -> NDArray[np.float32]:
    """[S, S, 3] the colours as displayed, without light and shadow."""
    linear = stage.draw(shot.parts, shot.camera, DAYLIGHT, unlit=True)[..., :3]
    return linear.clip(0, 1) ** (1 / 2.2)


def warped(picture: NDArray[np.float32], offset: NDArray[np.float32]) -> NDArray[np.float32]:
    """[S, S, C] what the picture shows at each pixel's place after the offset."""
    rows, columns = np.mgrid[0 : len(picture), 0 : len(picture)].astype(np.float32)
    place = columns + offset[..., 0], rows + offset[..., 1]
    return cv2.remap(picture, *place, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def inner(truth: Truth) -> NDArray[np.bool_]:
    """Pixels that show one surface alone, with their neighbours: no edge runs through them."""
    depth = np.where(np.isfinite(truth.depth), truth.depth, 99).astype(np.float32)
    box = np.ones((3, 3))
    flat = cv2.dilate(depth, box) - cv2.erode(depth, box) < 0.15
    return flat & (cv2.dilate(truth.labels, box) == cv2.erode(truth.labels, box))


def decibels(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(-10 * np.log10(((one - other) ** 2).mean()))


@pytest.mark.parametrize(
    ("seed", "worn"),
    [(41, {"hair": "short01"}), (47, {"hair": "bob02"}), (49, {"glasses": True}), (53, {})],
)
def test_a_picture_warped_by_the_flow_is_the_other_one(
    cast: Cast, fine_stage: Stage, seed: int, worn: dict[str, Any]
):
    rng = np.random.default_rng(seed)
    moments = [replace(sample_performance(rng), yaw_deg=float(yaw)) for yaw in (-14, 17)]
    one, other = both(fine_stage, cast(seed, **worn), *moments)
    for here, there in ((one, other), (other, one)):
        seen = ~here.flow.hidden & (here.truth.labels != Label.BACKGROUND)
        assert seen.sum() > 0.1 * seen.size
        edgeless = inner(there.truth).astype(np.float32)
        sure = seen & inner(here.truth) & (warped(edgeless, here.flow.offset) > 0.99)
        sure = cv2.erode(sure.astype(np.uint8), np.ones((3, 3))) > 0
        assert sure.sum() > 0.5 * seen.sum()
        shown = warped(there.colours, here.flow.offset)
        assert decibels(shown[sure], here.colours[sure]) > LEAST_DB
        # A pixel aside is told from the truth.
        aside = warped(there.colours, here.flow.offset + np.float32(1))
        assert (
            decibels(aside[sure], here.colours[sure])
            < decibels(shown[sure], here.colours[sure]) - 2
        )


def test_a_picture_lies_in_itself_where_it_is(cast: Cast, stage: Stage):
    (shot,) = clip_of(cast(47), [Performance(coefficients({}), 10.0, 0.0, 0.0)], SCENE)
    _, truth = develop(stage, shot, SCENE, np.random.default_rng(0), other=shot)
    flow = flow_between(truth, truth)
    assert np.abs(flow.offset).max() < 1e-3
    assert not flow.hidden.any()


def test_lids_that_close_hide_the_eyes(cast: Cast, stage: Stage):
    still = {"pitch_deg": 0.0, "roll_deg": 0.0}
    wide = Performance(coefficients({"eyeWide": 0.5}), yaw_deg=0.0, **still)
    shut = Performance(coefficients({"eyeBlink": 1.0}), yaw_deg=4.0, **still)
    opened, closed = both(stage, cast(41, bare=True), wide, shut)
    eyes = opened.truth.labels == Label.EYES
    assert eyes.sum() > 100
    assert opened.flow.hidden[eyes].mean() > 0.97
    # The brows above, which no lid covers, are seen in both.
    assert closed.flow.hidden[closed.truth.labels == Label.FACE].mean() < 0.15


def test_lips_that_close_hide_the_teeth_however_the_head_is_turned(cast: Cast, stage: Stage):
    laugh = Performance(coefficients(PRESETS["laugh"]), yaw_deg=-25.0, pitch_deg=0.0, roll_deg=0.0)
    quiet = Performance(coefficients({}), yaw_deg=30.0, pitch_deg=8.0, roll_deg=10.0)
    laughing, _ = both(stage, cast(41, bare=True), laugh, quiet)
    mouth = laughing.truth.labels == Label.MOUTH
    assert mouth.sum() > 50
    assert laughing.flow.hidden[mouth].mean() > 0.97
    # They go with the head: to where the lips are.
    assert np.linalg.norm(laughing.flow.offset[mouth], axis=1).max() < 100


def test_what_turns_away_is_hidden(cast: Cast, stage: Stage):
    still = {"pitch_deg": 0.0, "roll_deg": 0.0}
    front = Performance(coefficients({}), yaw_deg=0.0, **still)
    aside = Performance(coefficients({}), yaw_deg=75.0, **still)
    frontal, _ = both(stage, cast(41, bare=True), front, aside)
    face = (frontal.truth.labels == Label.FACE).nonzero()
    hidden = frontal.flow.hidden[face]
    left, right = (side.mean() for side in (hidden[face[1] < 118], hidden[face[1] > 138]))
    # The face turns to the viewer's right: what is right goes out of sight.
    assert right > left + 0.4
