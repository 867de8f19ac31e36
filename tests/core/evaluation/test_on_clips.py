"""The paper's protocol on clips: which frames are paired, what is measured, what the table says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor

from hyperreenact_core.errors import InputError, TrainingError
from hyperreenact_core.evaluation.clip_pairs import (
    LARGE_POSE_PAIRS,
    cross_pairs,
    frames_by_clip,
    large_pose_pairs,
    self_pairs,
)
from hyperreenact_core.evaluation.clips_report import ClipsReport
from hyperreenact_core.evaluation.on_clips import ClipsConfig, evaluate_clips
from hyperreenact_core.evaluation.outside import OutsideJudges
from hyperreenact_core.evaluation.paper import PAPER
from hyperreenact_core.host import LocalHost
from hyperreenact_core.models.sets import LoadedSet
from hyperreenact_core.models.settings import save_settings
from tests.core.evaluation.tiny_judged import run_command, save_judged_set, settings
from tests.core.training.small_runs import write_clips

NOTHING = OutsideJudges(None, None, None, {"FID": "not installed: get it"})
SIZE = 48
"""Of the stored crops; the set draws 32 px."""


@dataclass(frozen=True)
class FakeClips:
    """Noise in clips of the given lengths; clip k shows person k % people, frames in disorder."""

    lengths: tuple[int, ...]
    people: int

    size = SIZE
    identity_names: tuple[str, ...] = ()
    clip_names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return sum(self.lengths)

    @property
    def clip(self) -> Tensor:
        return torch.repeat_interleave(torch.arange(len(self.lengths)), torch.tensor(self.lengths))

    @property
    def identity(self) -> Tensor:
        return self.clip % self.people

    @property
    def frame(self) -> Tensor:
        return torch.cat([torch.arange(n).flip(0) * 2 for n in self.lengths])

    @property
    def landmarks(self) -> Tensor:
        random = torch.Generator().manual_seed(4)
        return 10 + 28 * torch.rand(len(self), 68, 2, generator=random)

    def batch(self, index: Tensor) -> Tensor:
        def picture(k: int) -> Tensor:
            return torch.rand(3, SIZE, SIZE, generator=torch.Generator().manual_seed(k)) * 2 - 1

        return torch.stack([picture(k) for k in index.tolist()])


CLIPS = FakeClips((4, 3, 1, 5), people=2)


def test_the_first_frame_drives_nothing_and_the_others_come_in_order() -> None:
    frames = frames_by_clip(CLIPS, 100)
    assert list(frames) == [0, 1, 3], "a clip of one frame is left out"
    assert frames[0].tolist() == [3, 2, 1, 0]
    first = self_pairs(frames)[0]
    assert first.source.tolist() == [3, 3, 3]
    assert first.driving.tolist() == [2, 1, 0]
    assert [len(clip) for clip in frames_by_clip(CLIPS, 2).values()] == [2, 2, 2]
    with pytest.raises(InputError, match="two frames"):
        frames_by_clip(FakeClips((1, 1), people=1), 100)


def test_cross_pairs_are_random_clips_of_different_people() -> None:
    frames = frames_by_clip(CLIPS, 100)  # clips 0, 1, 3 of persons 0, 1, 1

    def drawn(count: int, seed: int) -> list[tuple[int, tuple[int, ...]]]:
        random = torch.Generator().manual_seed(seed)
        driven = cross_pairs(CLIPS, frames, count=count, random=random)
        return [(int(c.source[0]), tuple(c.driving.tolist())) for c in driven]

    every = drawn(100, 0)
    assert len(every) == len(set(every)) == 4
    for source, driving in every:
        assert CLIPS.identity[source] != CLIPS.identity[driving[0]]
        assert CLIPS.frame[source] == 0
        assert len(driving) == CLIPS.lengths[int(CLIPS.clip[driving[0]])]
    assert drawn(2, 0) == drawn(2, 0)
    alone = FakeClips((3, 3), people=1)
    random = torch.Generator()
    assert cross_pairs(alone, frames_by_clip(alone, 9), count=35, random=random) == []


def test_large_pose_means_over_15_degrees_on_average() -> None:
    frames = {0: torch.tensor([10, 11, 12]), 1: torch.arange(20, 30), 2: torch.tensor([30, 31])}
    angles = {
        0: torch.tensor([[0.0, 0, 0], [44.0, 0, 0], [46.0, 0, 0]]),
        1: torch.arange(10)[:, None].expand(-1, 3) * 20.0,
        2: torch.zeros(2, 3),
    }
    random = torch.Generator().manual_seed(0)
    first, second = large_pose_pairs(frames, angles, random=random)
    pairs = set(zip(first.source.tolist(), first.driving.tolist(), strict=True))
    assert pairs == {(10, 12), (12, 10)}
    assert len(second.driving) == LARGE_POSE_PAIRS
    assert (second.source != second.driving).all()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_judged_set(tmp_path_factory.mktemp("clips") / "tiny")


@pytest.fixture(scope="module")
def report(folder: Path) -> ClipsReport:
    return evaluate_clips(
        LoadedSet(folder),
        CLIPS,
        ClipsConfig(batch_size=3),
        LocalHost(device="cpu"),
        outside=NOTHING,
    )


def test_every_row_has_the_metrics_that_make_sense(report: ClipsReport) -> None:
    assert list(report.rows) == ["source", "inversion", "ours"]
    # Clips 0, 1, 3 of persons 0, 1, 1: four pairs of clips, driven by 3 + 5 + 4 + 4 frames.
    assert (report.counts["self"], report.counts["cross"]) == (3 + 2 + 4, 3 + 5 + 4 + 4)
    for tasks in report.rows.values():
        assert set(tasks["self"]) == {"csim", "apd", "aed", "gaze", "l1"}
        assert set(tasks["cross"]) == {"csim", "apd", "aed", "gaze"}
    assert report.settings["judges"] == "independent"


def test_the_copied_source_is_itself_and_not_the_driving_frame(report: ClipsReport) -> None:
    for task in ("self", "cross"):
        figures = report.rows["source"][task]
        assert figures["csim"] == pytest.approx(1, abs=1e-5)
        assert (figures["apd"] or 0) > 0
    # Noise reduced from 48 to 32 px differs by less than unreduced noise, by 1/3 of its range.
    assert 0.05 < (report.rows["source"]["self"]["l1"] or 0) < 1 / 3


def test_progress_counts_every_frame_once(folder: Path) -> None:
    steps: list[tuple[int, int | None]] = []
    host = LocalHost(device="cpu", on_progress=lambda done, total: steps.append((done, total)))
    config = ClipsConfig(max_frames=2, cross_pairs=1)
    report = evaluate_clips(LoadedSet(folder), CLIPS, config, host, outside=NOTHING)
    assert steps[-1][0] == steps[-1][1] == 3 * 2 + sum(report.counts.values())
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)


def test_sets_with_their_own_alignment_and_no_judges_are_measured_too(tmp_path: Path) -> None:
    folder = save_judged_set(tmp_path / "aligned")
    for judge in ("judge_appearance", "judge_pose"):
        (folder / f"{judge}.safetensors").unlink()
    save_settings(folder, settings(appearance_input="five_point", pose_input="deca_crop"))
    config, host = ClipsConfig(max_frames=2, cross_pairs=1), LocalHost(device="cpu")
    report = evaluate_clips(LoadedSet(folder), CLIPS, config, host, outside=NOTHING)
    assert report.settings["judges"] == "the set's own encoders"
    assert report.rows["source"]["self"]["csim"] == pytest.approx(1, abs=1e-5)
    save_settings(folder, settings())
    plain = evaluate_clips(LoadedSet(folder), CLIPS, config, host, outside=NOTHING)
    assert plain.rows["ours"]["self"] != report.rows["ours"]["self"], "landmarks were used"


def test_judges_of_other_projects_are_asked_where_they_are(folder: Path) -> None:
    films: list[torch.Size] = []

    def film_features(film: Tensor) -> Tensor:
        films.append(film.shape)
        return film.mean((0, 2, 3))[None]

    outside = OutsideJudges(
        lpips=lambda result, truth: (result - truth).abs().amax((1, 2, 3)),
        fid=lambda pictures: pictures.mean((2, 3)),
        fvd=film_features,
        missing={},
    )
    clips = FakeClips((34, 17), people=2)
    host = LocalHost(device="cpu")
    config = ClipsConfig(cross_pairs=0)
    report = evaluate_clips(LoadedSet(folder), clips, config, host, outside=outside)
    figures = report.rows["ours"]["self"]
    assert all((figures[name] or 0) > 0 for name in ("lpips", "fid", "fvd"))
    # 33 and 16 driving frames: two films and one, results and driving, for three methods.
    assert films == [torch.Size([16, 3, 32, 32])] * (3 * 2 * 3)
    assert "fid" not in report.rows["ours"]["cross"]
    # Means of channels of nothing: what was never driven has no figures.
    assert report.counts["cross"] == 0


def test_the_table_stands_beside_the_papers(report: ClipsReport) -> None:
    text = report.to_markdown()
    figures = "0.71 |  | 0.23 | 27.1 | 480 | 0.5 | 5.1 |  | 0.68 | 0.5 | 9.3 |  |"
    assert f"| HyperReenact (paper) | {figures}" in text
    assert "| HyperReenact (paper) | 0.58 | 0.9 | 6.2 |  |" in text
    assert "- FID was not measured: not installed: get it." in text
    assert text.count("(paper) |") == len(PAPER) + 7
    parsed = json.loads(report.to_json())
    assert parsed["paper"]["rows"]["Rome"]["cross_csim"] == 0.63
    assert parsed["rows"]["ours"]["cross"]["csim"] == report.rows["ours"]["cross"]["csim"]


@pytest.mark.parametrize("changes", [{"max_frames": 1}, {"cross_pairs": -1}, {"seed": -1}])
def test_settings_that_measure_nothing_are_refused(changes: dict[str, int]) -> None:
    with pytest.raises(InputError):
        ClipsConfig(**changes)


def test_the_command_refuses_what_is_for_rendered_people_and_folders_without_shards(
    folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="--plots is for rendered people"):
        run_command("--data", tmp_path, "--plots", tmp_path / "plots")
    with pytest.raises(TrainingError, match="no shards here"):
        run_command("--data", tmp_path)


def test_the_command_measures_prepared_clips(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shards = write_clips(tmp_path / "shards", people=2, frames=2)
    options = ["--model-set", "tiny", "--model-path", folder.parent, "--device", "cpu"]
    run_command(*options, "--data", shards, "--json", tmp_path / "out.json")
    parsed = json.loads((tmp_path / "out.json").read_text())
    assert parsed["settings"]["people"] == 2
    assert parsed["counts"]["cross"] == 4
    assert "| ours |" in capsys.readouterr().out
