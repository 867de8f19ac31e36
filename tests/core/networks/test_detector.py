"""The single-shot network: cells, what it tells of them, and its input."""

from __future__ import annotations

import pytest
import torch

from hyperreenact_core.networks.detector import (
    Places,
    SingleShotConfig,
    SingleShotDetector,
    cells,
    decode,
    encode,
    level_of,
    sort_by_score,
)
from hyperreenact_core.networks.efficientnet_lite import BodyConfig

TINY = SingleShotConfig(
    body=BodyConfig(
        stem=8,
        stages=((1, 3, 2, 1, 8), (1, 3, 2, 2, 12), (1, 3, 2, 2, 16), (1, 3, 2, 2, 24)),
        taps=(1, 2, 3),
    ),
    width=16,
)


def test_cells_lie_in_the_middle_of_what_they_stand_for() -> None:
    at = cells(64, 96)
    assert len(at) == 8 * 12 + 4 * 6 + 2 * 3
    assert at[0].tolist() == [4, 4, 8]
    assert at[11].tolist() == [92, 4, 8]
    assert at[-1].tolist() == [80, 48, 32]


def test_encoding_is_the_reverse_of_decoding() -> None:
    at = cells(64, 96)
    random = torch.Generator().manual_seed(0)
    told = torch.randn(2, len(at), 14, generator=random)
    places = decode(told, at)
    assert float(places.squares[..., 2].min()) > 0
    torch.testing.assert_close(encode(places, at), told, atol=1e-5, rtol=0)


def test_a_fresh_network_sees_no_face_and_squares_of_its_levels_sizes() -> None:
    detector = SingleShotDetector(TINY).eval()
    with torch.inference_mode():
        places = detector(torch.rand(2, 3, 64, 96))
    assert places.score.shape == (2, 126)
    assert places.points.shape == (2, 126, 5, 2)
    assert float(places.score.sigmoid().max()) < 0.2
    sides = places.squares[..., 2]
    assert float(sides[:, :96].median()) == pytest.approx(32, rel=0.3)
    assert float(sides[:, -6:].median()) == pytest.approx(128, rel=0.3)


def test_still_stages_tell_the_same_and_learn_nothing() -> None:
    detector = SingleShotDetector(TINY).eval()
    pictures = torch.rand(3, 3, 64, 64)
    plain, still = detector(pictures), detector(pictures, still=2)
    torch.testing.assert_close(still.squares, plain.squares)
    still.squares.sum().backward()
    assert detector.body.stages[1][0].filter[0].weight.grad is None
    assert detector.body.stages[2][0].filter[0].weight.grad.abs().max() > 0


def test_levels_by_size() -> None:
    sides = torch.tensor([8.0, 32.0, 64.0, 128.0, 400.0])
    assert level_of(sides).tolist() == [0, 0, 1, 2, 2]


def test_the_surest_places_come_first() -> None:
    places = Places(
        torch.tensor([[-3.0, 2.0, 4.0, 0.1]]), torch.ones(1, 4, 3), torch.ones(1, 4, 5, 2)
    )
    assert sort_by_score(places, 0, threshold=0.5, most=9) == [2, 1, 3]
    assert sort_by_score(places, 0, threshold=0.5, most=1) == [2]


def test_a_picture_of_odd_sides_is_refused() -> None:
    with pytest.raises(ValueError, match="pad them first"):
        SingleShotDetector(TINY)(torch.rand(1, 3, 64, 80))


def test_the_whole_network_is_small() -> None:
    assert sum(p.numel() for p in SingleShotDetector(SingleShotConfig()).parameters()) < 1.2e6
