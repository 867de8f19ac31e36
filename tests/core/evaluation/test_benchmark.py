"""The whole test on tiny random networks: structure, order of the rows, determinism."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from hyperreenact_core.cli import evaluate as command
from hyperreenact_core.errors import InputError, OutputError
from hyperreenact_core.evaluation import scene_renderer
from hyperreenact_core.evaluation.benchmark import Evaluation, EvaluationConfig, evaluate
from hyperreenact_core.evaluation.flicker import sample_clip
from hyperreenact_core.evaluation.metrics import METRICS, READ_METRICS
from hyperreenact_core.evaluation.pairs import KINDS, sample_pairs
from hyperreenact_core.evaluation.rows import ROWS, MethodTools, Row, Task
from hyperreenact_core.evaluation.scene_renderer import SceneRenderer
from hyperreenact_core.host import LocalHost
from hyperreenact_core.models.checkpoints import save_network
from hyperreenact_core.models.kinds import NETWORKS
from hyperreenact_core.models.sets import LoadedSet
from hyperreenact_core.models.settings import save_settings
from tests.core.evaluation.tiny_judged import (
    SIZE,
    patch_studio,
    run_command,
    save_judged_set,
    settings,
    tiny_configs,
)
from tests.core.reenact.tiny import save_tiny_set
from tests.core.training.heads.small import save_tiny_reader

CONFIG = EvaluationConfig(
    pairs=6,
    gallery=6,
    edit_people=8,
    sheet_pairs=2,
    batch_size=4,
    first_identity=2_000_000,
    clips=1,
    clip_frames=3,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of tiny random networks with judges."""
    return save_judged_set(tmp_path_factory.mktemp("models") / "tiny")


def oracle(drawing: SceneRenderer) -> Row:
    """A method that knows the answers: called once a batch, in order of the kinds."""
    first, seed = CONFIG.first_identity, CONFIG.seed
    scenes = [
        pair.truth
        for kind in KINDS
        for pair in sample_pairs(kind, CONFIG.pairs, first_identity=first, seed=seed)
    ] + [
        pair.truth
        for kind in KINDS
        for pair in sample_clip(kind, 0, frames=CONFIG.clip_frames, first_identity=first, seed=seed)
    ]

    def answer(_: MethodTools, task: Task) -> Tensor:
        batch = [scenes.pop(0) for _ in task.source]
        return drawing.draw(batch)

    return answer


def noise(_: MethodTools, task: Task) -> Tensor:
    random = torch.Generator().manual_seed(0)
    return torch.rand(task.source.shape, generator=random) * 2 - 1


@pytest.fixture(scope="module")
def evaluation(folder: Path) -> Evaluation:
    """The test of the tiny set, with an oracle and noise among the methods."""
    drawing = SceneRenderer(settings(), device=torch.device("cpu"), studio=patch_studio)
    more_rows = {"oracle": oracle(drawing), "noise": noise}
    host = LocalHost(device="cpu")
    return evaluate(LoadedSet(folder), CONFIG, host, more_rows=more_rows, studio=patch_studio)


def test_every_row_kind_and_subset_has_every_metric(evaluation: Evaluation) -> None:
    report = evaluation.report
    rows = json.loads(report.to_json())["rows"]
    assert list(rows)[:5] == ["source", "inversion", "latent_edit", "ours", "ours_shuffled_pose"]
    for row in rows.values():
        assert set(row) == {"self", "cross"}
        for kind in row.values():
            assert set(kind) == {"all", "extreme"}
            for figures in kind.values():
                assert set(figures) == {metric.name for metric in METRICS}
                assert all(np.isfinite(value) for value in figures.values())
    assert report.counts["self"]["all"] == CONFIG.pairs
    assert 2 <= report.counts["cross"]["extreme"] <= CONFIG.pairs


def test_a_perfect_method_errs_as_little_as_the_judges_themselves(
    evaluation: Evaluation,
) -> None:
    report = evaluation.report
    for kind in KINDS:
        for subset in ("all", "extreme"):
            figures = report.rows["oracle"][kind][subset]
            for name in READ_METRICS:
                assert figures[name] == pytest.approx(report.reference[kind][subset][name])
            assert figures["psnr"] > 100
            assert figures["ssim"] == pytest.approx(1)
            assert figures["perceptual"] == pytest.approx(0, abs=1e-6)
            assert figures["identity_cosine"] == pytest.approx(1)


def test_noise_is_worse_than_the_source_picture(evaluation: Evaluation) -> None:
    for kind in KINDS:
        source, noisy = (evaluation.report.rows[row][kind]["all"] for row in ("source", "noise"))
        assert noisy["psnr"] < source["psnr"]
        assert noisy["ssim"] < source["ssim"]
        assert noisy["perceptual"] > source["perceptual"]
        assert noisy["identity_cosine"] < source["identity_cosine"]


def test_pose_and_its_shuffling_change_the_result(evaluation: Evaluation) -> None:
    for kind in KINDS:
        psnr = {
            row: evaluation.report.rows[row][kind]["all"]["psnr"]
            for row in ("inversion", "latent_edit", "ours", "ours_shuffled_pose")
        }
        assert len(set(psnr.values())) == 4


def test_the_sheet_shows_pairs_of_both_kinds(evaluation: Evaluation) -> None:
    height, width, _ = evaluation.sheet.shape
    assert height > 2 * CONFIG.sheet_pairs * SIZE
    # source, driving, truth, three methods and the two of this test
    assert width > 8 * SIZE


def test_a_perfect_method_is_as_steady_as_the_true_images(evaluation: Evaluation) -> None:
    for kind in KINDS:
        flicker = evaluation.report.flicker[kind]
        assert flicker.rows["oracle"].change == pytest.approx(flicker.truth.change)
        assert flicker.rows["oracle"].head_tremble_deg == pytest.approx(
            flicker.truth.head_tremble_deg
        )
        assert len(flicker.curves["ours"]) == CONFIG.clip_frames - 1
        # Who does not follow the driving face has nothing to be measured.
        assert not {"source", "inversion"} & set(flicker.rows)


def test_every_pair_of_up_to_90_degrees_is_in_one_bin(evaluation: Evaluation) -> None:
    for kind in KINDS:
        pairs = sample_pairs(kind, CONFIG.pairs, first_identity=CONFIG.first_identity, seed=0)
        turns = evaluation.report.turns[kind]
        assert sum(turns.counts) == sum(pair.turn_deg <= 90 for pair in pairs)
        for curves in turns.rows.values():
            known = [value is not None for value in curves["head_pose_deg"]]
            assert known == [count > 0 for count in turns.counts]


def test_equal_arguments_give_equal_figures_and_progress_reaches_its_end(
    folder: Path, evaluation: Evaluation
) -> None:
    steps: list[tuple[int, int | None]] = []
    host = LocalHost(device="cpu", on_progress=lambda done, total: steps.append((done, total)))
    again = evaluate(LoadedSet(folder), CONFIG, host, studio=patch_studio)
    assert again.report.rows == {row: evaluation.report.rows[row] for row in ROWS}
    assert again.report.reference == evaluation.report.reference
    total = steps[0][1]
    assert steps == [(k + 1, total) for k in range(len(steps))]
    assert len(steps) == total


def test_another_precision_is_refused(folder: Path) -> None:
    host = LocalHost(device="cpu", dtype=torch.bfloat16)
    with pytest.raises(InputError, match="measured in fp32 alone"):
        evaluate(LoadedSet(folder), CONFIG, host, studio=patch_studio)


def copy_of(folder: Path, target: Path, *, without: str = "") -> Path:
    target.mkdir()
    for file in folder.iterdir():
        if file.name != without:
            (target / file.name).symlink_to(file)
    return target


def test_a_set_without_judges_is_refused(folder: Path, tmp_path: Path) -> None:
    bare = copy_of(folder, tmp_path / "bare", without="judge_pose.safetensors")
    with pytest.raises(InputError, match="has no judge_pose network"):
        evaluate(LoadedSet(bare), CONFIG, LocalHost(device="cpu"))


def test_a_set_with_another_alignment_is_refused(folder: Path, tmp_path: Path) -> None:
    other = copy_of(folder, tmp_path / "other", without="set.json")
    save_settings(other, settings(appearance_input="five_point"))
    with pytest.raises(InputError, match="aligns faces in its own way"):
        evaluate(LoadedSet(other), CONFIG, LocalHost(device="cpu"))


def test_a_set_that_is_told_states_is_measured_by_what_its_reader_sees(tmp_path: Path) -> None:
    told = save_tiny_set(tmp_path / "told", told_states=True)
    save_tiny_reader(told)
    for kind, config in tiny_configs().items():
        if kind.startswith("judge"):
            network = NETWORKS[kind].module(config)
            save_network(told / f"{kind}.safetensors", network, kind=kind, config=config)
    report = evaluate(LoadedSet(told), CONFIG, LocalHost(device="cpu"), studio=patch_studio).report
    figures = report.rows["ours"]["cross"]["all"]
    assert all(np.isfinite(value) for value in figures.values())


@pytest.mark.parametrize(
    "changes", [{"pairs": 1}, {"seed": -1}, {"first_identity": -5}, {"gallery": 1}]
)
def test_settings_that_measure_nothing_are_refused(changes: dict[str, int]) -> None:
    with pytest.raises(InputError):
        EvaluationConfig(**changes)


def test_the_command_writes_json_markdown_and_sheet(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scene_renderer, "HeadStudio", lambda _size: patch_studio)
    out = tmp_path / "out"
    options = ["--model-set", "tiny", "--model-path", folder.parent, "--device", "cpu"]
    options += ["--pairs", 2, "--gallery", 2, "--edit-people", 2, "--seed", 5]
    results = tmp_path / "results.md"
    results.write_text("# Mine\n<!-- begin state -->\nold\n<!-- end state -->\nkept\n")
    outputs = ["--json", out / "r.json", "--sheet", out / "s.png", "--results", results]
    run_command(*options, *outputs, "--plots", out / "plots", "--clips", 1)
    parsed = json.loads((out / "r.json").read_text())
    assert parsed["settings"]["seed"] == 5
    assert parsed["settings"]["first_identity"] == 1_000_000
    assert parsed["rows"]["ours"]["cross"]["all"]["psnr"] > 0
    with Image.open(out / "s.png") as sheet:
        assert sheet.format == "PNG"
    for name in command.PLOTS:
        with Image.open(out / "plots" / name) as picture:
            assert picture.format == "PNG"
    assert len(parsed["flicker"]["cross"]["curves"]["ours"]) == 23
    assert parsed["turns"]["edges_deg"] == [0, 15, 30, 45, 60, 75, 90]
    text = results.read_text()
    assert text.startswith("# Mine\n")
    assert text.endswith("\nkept\n")
    assert "| ours |" in text
    assert "old" not in text
    printed = capsys.readouterr().out
    assert "| ours_shuffled_pose |" in printed
    assert "- refine_then_edit and refine_then_edit_5: neither hypernetwork_refine" in printed


def test_the_command_finds_bad_outputs_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        run_command("--model-set", "there-is-none", "--json", tmp_path)
    file = tmp_path / "plain.md"
    file.write_text("no marks")
    with pytest.raises(InputError, match="no parts to be renewed"):
        run_command("--model-set", "there-is-none", "--results", file)
    with pytest.raises(InputError, match="--plots draws flicker too"):
        run_command("--model-set", "there-is-none", "--plots", tmp_path / "p", "--clips", "0")
