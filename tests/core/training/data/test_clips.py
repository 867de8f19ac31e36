"""Folders of prepared clips."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from hyperreenact_core.errors import TrainingError
from hyperreenact_core.training.data.clips import PreparedClips, load_clips
from tests.core.training.prepared import LENGTHS, SIZE, write_prepared


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips of 4, 3, 1, 2, 5 frames of three people, in several shards."""
    return write_prepared(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def clips(folder: Path) -> PreparedClips:
    return load_clips(folder)


def test_what_a_folder_holds(folder: Path, clips: PreparedClips) -> None:
    assert len(list(folder.glob("*.safetensors"))) == 4
    assert len(clips) == sum(LENGTHS) == 15
    assert clips.size == SIZE
    assert clips.identity_names == ("ann", "ben", "cas")
    assert clips.clip_names == ("ann/a", "ann/b", "ben/a", "cas/v/a", "cas/v/b")
    assert clips.identity.tolist() == [0] * 7 + [1] + [2] * 7
    assert clips.clip.tolist() == np.repeat(np.arange(5), LENGTHS).tolist()
    assert clips.frame.tolist()[:7] == [0, 2, 4, 6, 0, 2, 4]
    assert clips.landmarks.shape == (15, 68, 2)


def test_batches_are_the_pictures_in_any_order_across_shards(clips: PreparedClips) -> None:
    index = torch.tensor([14, 0, 5, 5, 7])
    batch = clips.batch(index)
    assert batch.shape == (5, 3, SIZE, SIZE)
    assert batch.dtype == torch.float32
    assert batch.is_contiguous(memory_format=torch.channels_last)
    # Picture n of the fixture is all 10 n, its landmarks all n.
    levels = ((batch + 1) * 127.5).round().flatten(1)
    assert torch.equal(levels, (index * 10.0)[:, None].expand_as(levels))
    assert torch.equal(clips.landmarks[index][:, 0, 0], index.float())


def test_a_partner_is_another_frame_of_the_same_clip(clips: PreparedClips) -> None:
    index = torch.arange(15).repeat(40)
    partner = clips.partner(index, torch.Generator().manual_seed(0))
    assert torch.equal(clips.clip[partner], clips.clip[index])
    alone = clips.clip[index] == 2
    assert torch.equal(partner == index, alone)
    assert {int(p) for p in partner[index == 1]} == {0, 2, 3}


def test_a_stranger_is_anyone_else(clips: PreparedClips) -> None:
    index = torch.arange(15).repeat(40)
    stranger = clips.stranger(index, torch.Generator().manual_seed(0))
    assert bool((clips.identity[stranger] != clips.identity[index]).all())
    assert {int(s) for s in stranger[clips.identity[index] == 0]} == set(range(7, 15))


def test_sampling_follows_the_generator(clips: PreparedClips) -> None:
    def draw(seed: int) -> list[torch.Tensor]:
        random = torch.Generator().manual_seed(seed)
        index = clips.sample(50, random)
        return [index, clips.partner(index, random), clips.stranger(index, random)]

    first, again, other = draw(1), draw(1), draw(2)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(first, other, strict=True))
    assert clips.spread(5).tolist() == [0, 3, 6, 9, 12]


def test_held_out_people_are_not_in_training(clips: PreparedClips) -> None:
    training, held_out = clips.split(1)
    assert set(training.identity.tolist()) == {0, 1}
    assert set(held_out.identity.tolist()) == {2}
    assert len(training) + len(held_out) == len(clips)
    assert torch.equal(held_out.batch(torch.tensor([6])), clips.batch(torch.tensor([14])))
    assert float(held_out.landmarks[0, 0, 0]) == 8
    index = torch.arange(7).repeat(10)
    partner = held_out.partner(index, torch.Generator().manual_seed(0))
    assert torch.equal(held_out.clip[partner], held_out.clip[index])
    with pytest.raises(TrainingError, match="only one identity"):
        held_out.stranger(index, torch.Generator())
    with pytest.raises(TrainingError, match="3 of 3 identities"):
        clips.split(3)


def test_another_process_can_read_them(clips: PreparedClips) -> None:
    before = clips.batch(torch.tensor([3]))
    other = copy.deepcopy(clips)  # by the same way as to another process, without open files
    assert torch.equal(other.batch(torch.tensor([3])), before)


def test_an_empty_folder_says_how_to_fill_it(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="data prepare"):
        load_clips(tmp_path)


def test_a_preparation_that_was_killed_is_told_from_an_empty_folder(tmp_path: Path) -> None:
    write_prepared(tmp_path)
    (tmp_path / "index.json").unlink()
    with pytest.raises(TrainingError, match="goes on where it stopped"):
        load_clips(tmp_path)


@pytest.mark.parametrize("data", [None, b"", b"not a shard at all"])
def test_a_missing_or_damaged_shard_is_named(tmp_path: Path, data: bytes | None) -> None:
    write_prepared(tmp_path)
    shard = tmp_path / "clips-000001.safetensors"
    shard.unlink()
    if data is not None:
        shard.write_bytes(data)
    with pytest.raises(TrainingError, match=r"clips-000001\.safetensors is missing or damaged"):
        load_clips(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "hyperreenact-clips/9"}, "hyperreenact-clips/9, not"),
        ({"shards": [{}]}, "not complete"),
        ({"shards": []}, "no frames"),
    ],
)
def test_an_index_of_another_kind_is_refused(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    write_prepared(tmp_path)
    path = tmp_path / "index.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(TrainingError, match=message):
        load_clips(tmp_path)


def test_shards_of_two_sizes_are_not_mixed(tmp_path: Path) -> None:
    write_prepared(tmp_path)
    path = tmp_path / "clips-000001.safetensors"
    arrays = load_file(path)
    images = arrays["images"]
    larger = images.repeat_interleave(2, 1).repeat_interleave(2, 2)
    save_file({**arrays, "images": larger}, path)
    with pytest.raises(TrainingError, match="different sizes"):
        load_clips(tmp_path)
