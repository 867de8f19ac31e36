from __future__ import annotations

from pathlib import Path

import pytest
import torch

from hyperreenact_core.errors import TrainingError
from hyperreenact_core.training.data.augment import jitter_colours, jitter_frame
from hyperreenact_core.training.data.drawn_heads import RenderedHeads, load_heads
from hyperreenact_core.training.data.faceless import faceless_pictures


@pytest.fixture
def heads() -> RenderedHeads:
    """10 people x 2 clips x 3 frames."""
    count = 60
    return RenderedHeads(
        images=torch.randint(0, 256, (count, 16, 16, 3), dtype=torch.uint8),
        landmarks=torch.rand(count, 68, 2) * 16,
        parameters=torch.randn(count, 5),
        identity=torch.arange(count) // 6,
        clip=torch.arange(count) // 3,
        pose=torch.randn(count, 3),
        expression=torch.rand(count, 12),
        geometry=torch.randn(count, 28),
    )


def test_a_partner_is_another_frame_of_the_same_clip(heads: RenderedHeads) -> None:
    index = torch.arange(60).repeat(20)
    partner = heads.partner(index, torch.Generator().manual_seed(0))
    assert bool((partner != index).all())
    assert torch.equal(heads.clip[partner], heads.clip[index])
    assert {int(p) for p in partner[index == 4]} == {3, 5}


def test_held_out_people_are_not_in_training(heads: RenderedHeads) -> None:
    training, held_out = heads.split(3)
    assert set(training.identity.tolist()) == set(range(7))
    assert set(held_out.identity.tolist()) == {7, 8, 9}
    assert len(training) + len(held_out) == len(heads)


def test_batches_are_pictures_in_range(heads: RenderedHeads) -> None:
    batch = heads.batch(torch.tensor([0, 5]))
    assert batch.shape == (2, 3, 16, 16)
    assert torch.equal(
        ((batch + 1) * 127.5).round().byte().permute(0, 2, 3, 1), heads.images[[0, 5]]
    )


def test_an_empty_folder_says_how_to_fill_it(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="render shards"):
        load_heads(tmp_path)


def test_augmentations_stay_in_range_and_change_something() -> None:
    random = torch.Generator().manual_seed(0)
    image = torch.rand(4, 3, 32, 32) * 2 - 1
    for changed in (jitter_colours(image, random), jitter_frame(image, random)):
        assert changed.shape == image.shape
        assert float(changed.abs().max()) <= 1.0 + 1e-6
        assert not torch.allclose(changed, image, atol=1e-3)


def test_faceless_pictures_differ_from_the_faces() -> None:
    random = torch.Generator().manual_seed(0)
    faces = torch.rand(30, 3, 64, 64) * 2 - 1
    pictures = faceless_pictures(faces, random)
    assert pictures.shape == faces.shape
    assert bool(pictures.isfinite().all())
    assert bool(((pictures - faces).abs().mean((1, 2, 3)) > 0.05).all())
