"""Performances and the stage: whose face it is stays apart from what it does."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from hyperreenact_core.errors import InputError
from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.networks.detail import DetailConfig, DetailNetwork
from hyperreenact_core.reenact.detail.clip import ClipDetail
from hyperreenact_core.reenact.detail.fit import fit_head
from hyperreenact_core.reenact.detail.head_model import load_head_model
from hyperreenact_core.reenact.detail.performance import HeadState, Performer
from hyperreenact_core.reenact.detail.portrait import Portrait, portrait_of
from hyperreenact_core.reenact.detail.stage import DetailSource, DetailStage
from hyperreenact_core.reenact.missing import PosedFrame, PoseView
from hyperreenact_core.types import FaceCrop, FaceReading

from .heads import Sitter, points_of, sitter

MODEL = load_head_model()
SIDE = 128
SMILE = slice(43, 45)
GUIDE = torch.full((1, 3, 32, 32), -0.5)


def reading_of(person: Sitter) -> FaceReading:
    """What a perfect reader would have seen, but that it takes a smile for half of one."""
    truth = person.truth
    read = truth.coefficients.copy()
    read[SMILE] *= 0.5
    return FaceReading(
        points=torch.from_numpy(person.points).float(),
        spread=torch.full((468,), 0.3),
        rotation=torch.from_numpy(truth.rotation).float(),
        coefficients=torch.from_numpy(read).float(),
        gaze=torch.tensor([[0.0, 0.0, 1.0]] * 2),
        score=1.0,
    )


def noise_picture(side: int = SIDE) -> ImageU8:
    coarse = np.random.default_rng(0).integers(0, 255, (16, 16, 3)).astype(np.uint8)
    return np.kron(coarse, np.ones((side // 16, side // 16, 1), np.uint8))


def lively_network() -> DetailNetwork:
    """One that has an opinion of its own, unlike a fresh one."""
    torch.manual_seed(0)
    network = DetailNetwork(DetailConfig(widths=(8, 8, 8))).eval()
    torch.nn.init.normal_(network.out.weight, std=0.02)
    return network


@pytest.fixture(scope="module")
def stage() -> DetailStage:
    torch.manual_seed(0)
    return DetailStage(DetailNetwork(DetailConfig(widths=(8, 8, 8))).eval())


@pytest.fixture(scope="module")
def person() -> Sitter:
    return sitter(2)


@pytest.fixture(scope="module")
def source(stage: DetailStage, person: Sitter) -> DetailSource:
    return prepared(stage, person, SIDE)


def prepared(stage: DetailStage, person: Sitter, size: int) -> DetailSource:
    return stage.prepare(Portrait(noise_picture(), reading_of(person), GUIDE[0]), size=size)


def test_a_known_shape_leaves_the_rest_to_the_expression():
    smiling = sitter(3, smile=0.9)
    read = smiling.truth.coefficients * 0.5
    known = fit_head(
        MODEL, smiling.points, read, spread=0.5, shape=smiling.truth.shape, shape_spread=0.02
    )
    free = fit_head(MODEL, smiling.points, read, spread=0.5)
    truth = smiling.truth.coefficients[SMILE]
    assert np.abs(known.shape - smiling.truth.shape).max() < 0.1
    assert (
        np.abs(known.coefficients[SMILE] - truth).max()
        < np.abs(free.coefficients[SMILE] - truth).max()
    )


def test_a_performer_tells_smiles_better_once_the_shape_is_known():
    performer = Performer(MODEL)
    for _ in range(6):
        performer.state(reading_of(sitter(4)))
    state = performer.state(reading_of(sitter(4, smile=0.8)))
    alone = Performer(MODEL).state(reading_of(sitter(4, smile=0.8)))
    assert state.coefficients[SMILE].mean() > 0.62, "the reader saw 0.4 of 0.8"
    assert state.coefficients[SMILE].mean() > alone.coefficients[SMILE].mean() - 1e-6


def test_behind_a_cut_the_shape_is_learnt_anew():
    performer = Performer(MODEL)
    for _ in range(6):
        performer.state(reading_of(sitter(4)))
    smiling = reading_of(sitter(5, smile=0.8))
    alone = Performer(MODEL).state(smiling)
    assert np.abs(performer.state(smiling).coefficients - alone.coefficients).max() > 0.02
    after = performer.state(smiling, scene=1)
    assert np.array_equal(after.coefficients, alone.coefficients)
    assert np.array_equal(after.rotation, alone.rotation)


def test_the_source_in_its_own_state_is_the_source(stage: DetailStage, source: DetailSource):
    drawn = stage.draw(source, [source.state], GUIDE).images
    inside = (drawn - source.picture).abs().mean()
    assert inside < 0.05, "only where the fitted head hides itself is anything painted"


def test_what_the_head_does_not_reach_stays_to_the_bit(stage: DetailStage, source: DetailSource):
    turned = HeadState(source.fit.rotation @ rotation_y(12), source.fit.coefficients)
    drawn = stage.draw(source, [turned], GUIDE).images
    assert torch.equal(drawn[..., :4, :4], source.picture[..., :4, :4])
    assert not torch.equal(drawn, source.picture)


def test_bfloat16_is_hardly_seen_and_moves_nothing_that_is_still(
    stage: DetailStage, source: DetailSource
):
    half = DetailStage(lively_network(), dtype=torch.bfloat16)
    turned = HeadState(source.fit.rotation @ rotation_y(12), source.fit.coefficients)
    exact = DetailStage(lively_network()).draw(source, [turned], GUIDE).images
    rounded = half.draw(source, [turned], GUIDE).images
    assert rounded.dtype == torch.float32
    assert 0 < (rounded - exact).abs().mean() < 0.02
    assert torch.equal(rounded[..., :4, :4], source.picture[..., :4, :4])


def test_kept_tells_how_much_of_the_face_was_painted(stage: DetailStage):
    source = prepared(stage, sitter(2, yaw_deg=-30), SIDE)
    states = [
        HeadState(rotation_y(yaw) @ source.fit.rotation, source.fit.coefficients)
        for yaw in (0, 20, 40)
    ]
    kept = stage.draw(source, states, GUIDE.repeat(3, 1, 1, 1)).kept
    assert 1 >= kept[0] > kept[1] > kept[2] >= 0


def test_results_are_as_large_as_asked(stage: DetailStage, person: Sitter):
    large = prepared(stage, person, 2 * SIDE)
    assert large.picture.shape[-1] == 2 * SIDE
    assert np.allclose(
        points_of(large.fit), 2 * points_of(prepared(stage, person, SIDE).fit), atol=1
    )
    assert stage.draw(large, [large.state], GUIDE).images.shape == (1, 3, 2 * SIDE, 2 * SIDE)


def test_a_batch_is_its_frames(stage: DetailStage, source: DetailSource):
    states = [
        HeadState(source.fit.rotation @ rotation_y(yaw), source.fit.coefficients) for yaw in (5, -9)
    ]
    together = stage.draw(source, states, GUIDE.repeat(2, 1, 1, 1)).images
    for at, state in enumerate(states):
        alone = stage.draw(source, [state], GUIDE).images
        assert torch.allclose(together[at], alone[0], atol=1e-4)


def test_a_face_that_was_not_read_is_refused():
    crop = FaceCrop(torch.zeros(3, 8, 8), torch.eye(3, dtype=torch.float64), torch.zeros(68, 2))
    with pytest.raises(InputError, match="was not read"):
        portrait_of(noise_picture(), crop, GUIDE[0])


def test_a_portrait_has_the_pixels_of_its_picture(person: Sitter):
    picture = noise_picture(2 * SIDE)
    half = torch.diag(torch.tensor([0.5, 0.5, 1.0], dtype=torch.float64))
    crop = FaceCrop(
        torch.zeros(3, SIDE, SIDE), half, torch.zeros(68, 2), reading=reading_of(person)
    )
    portrait = portrait_of(picture, crop, GUIDE[0])
    assert (portrait.image == picture).all()
    assert np.allclose(portrait.reading.points, 2 * person.points, atol=1e-3)


def test_the_amount_leads_from_the_guide_to_the_detail(stage: DetailStage, source: DetailSource):
    frames = [posed(source, "face", yaw_deg=8)]
    full = drawn_by(ClipDetail(stage, source, 1.0), frames, GUIDE)
    half = drawn_by(ClipDetail(stage, source, 0.5), frames, GUIDE)
    assert torch.allclose(half[0], (full[0] - 0.5) / 2, atol=1e-5)
    assert torch.allclose(half[1], full[1] / 2)


def test_a_frame_that_takes_the_sources_pose_gets_its_own_state(
    stage: DetailStage, source: DetailSource
):
    frame = posed(source, "source", yaw_deg=8)
    drawn, _ = drawn_by(ClipDetail(stage, source, 1.0), [frame], GUIDE)
    assert torch.equal(drawn, stage.draw(source, [source.state], GUIDE).images)


def test_a_held_pose_is_learned_from_once(stage: DetailStage, source: DetailSource):
    clip = ClipDetail(stage, source, 1.0)
    frame = posed(source, "face", yaw_deg=8)
    first, _ = drawn_by(clip, [frame], GUIDE)
    again, _ = drawn_by(clip, [frame, frame], GUIDE.repeat(2, 1, 1, 1))
    assert torch.allclose(first[0], again[1], atol=1e-4)


def drawn_by(
    clip: ClipDetail, frames: list[PosedFrame], guides: Tensor | None
) -> tuple[Tensor, Tensor]:
    return clip([clip.sketch(frame) for frame in frames], guides)


def posed(source: DetailSource, origin: str, *, yaw_deg: float) -> PosedFrame:
    reading = reading_of(sitter(7, yaw_deg=yaw_deg))
    view = PoseView(torch.zeros(3, 8, 8), reading)
    return PosedFrame(0, noise_picture(), None, view, origin)  # pyright: ignore[reportArgumentType]


def rotation_y(yaw_deg: float) -> np.ndarray:
    c, s = np.cos(np.radians(yaw_deg)), np.sin(np.radians(yaw_deg))
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def test_a_painted_source_needs_no_generator_for_all_of_the_detail(
    stage: DetailStage, person: Sitter
):
    painted = stage.prepare(Portrait(noise_picture(), reading_of(person), None), size=SIDE)
    frames = [posed(painted, "face", yaw_deg=8)]
    full, half = (ClipDetail(stage, painted, amount) for amount in (1.0, 0.5))
    assert (full.needs_guides, half.needs_guides) == (False, True)
    assert torch.equal(drawn_by(full, frames, None)[0], drawn_by(full, frames, GUIDE)[0])
    with pytest.raises(ValueError, match="mixed with the generator's pictures"):
        drawn_by(half, frames, None)


def test_a_guided_source_needs_the_generator(stage: DetailStage, source: DetailSource):
    assert ClipDetail(stage, source, 1.0).needs_guides
    with pytest.raises(ValueError, match="generator's guides"):
        stage.draw(source, [source.state], None)
