"""The whole test on tiny random networks: structure, order of the rows, determinism."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from hyperreenact_core.cli import evaluate as command
from hyperreenact_core.errors import InputError, OutputError
from hyperreenact_core.evaluation import trial
from hyperreenact_core.evaluation.artist import Artist
from hyperreenact_core.evaluation.benchmark import Evaluation, EvaluationConfig, evaluate
from hyperreenact_core.evaluation.metrics import METRICS, READ_METRICS
from hyperreenact_core.evaluation.pairs import KINDS, sample_pairs
from hyperreenact_core.evaluation.rows import ROWS, Contestants, Row, Task
from hyperreenact_core.host import LocalHost
from hyperreenact_core.models.checkpoints import save_network
from hyperreenact_core.models.networks import NETWORKS, NetworkKind
from hyperreenact_core.models.sets import LoadedSet
from hyperreenact_core.models.settings import SetSettings, save_settings
from hyperreenact_core.networks.arcface import ArcFaceConfig
from hyperreenact_core.networks.deca import CodeSizes, PoseEncoderConfig
from hyperreenact_core.networks.e4e import E4EConfig
from hyperreenact_core.networks.hypernetwork import HypernetworkConfig, tuned_slots
from hyperreenact_core.networks.irse import IRSEConfig
from hyperreenact_core.networks.landmarks import LandmarkConfig
from hyperreenact_core.networks.stylegan2 import StyleGAN2Config, slots_of

SIZE = 32
CONFIG = EvaluationConfig(
    pairs=6, gallery=6, edit_people=8, sheet_pairs=2, batch_size=4, first_identity=2_000_000
)


def tiny_configs() -> dict[NetworkKind, object]:
    generator = StyleGAN2Config(
        resolution=SIZE, channels=(8, 8, 8, 8), latent_dim=8, z_dim=8, mapping_layers=1, noise=False
    )
    slots = slots_of(generator)
    body = IRSEConfig(stem_channels=4, stages=((4, 1), (8, 1), (8, 1)), se_reduction=2)
    # Inputs of 24 and 56 px give the maps of 3x3 and 7x7 the networks meet in.
    appearance = ArcFaceConfig(input_size=56, body=body, embedding_dim=8, dropout=0.0)
    pose = PoseEncoderConfig(
        input_size=56,
        block="basic",
        stem_channels=4,
        stem_kernel=3,
        stem_stride=1,
        stem_pool=False,
        widths=(4, 8, 8, 8),
        depths=(1, 1, 1, 1),
        head_hidden=8,
        codes=CodeSizes(
            shape=28, texture=0, expression=12, global_pose=3, jaw_pose=0, camera=0, light=0
        ),
    )
    return {
        "generator": generator,
        "e4e": E4EConfig(
            input_size=SIZE,
            body=body,
            head_levels=(0,) * 3 + (1,) * 3 + (2,) * (generator.n_latent - 6),
            latent_dim=8,
            head_width=8,
            head_features=8,
        ),
        "appearance": appearance,
        "pose": pose,
        "hypernetwork": HypernetworkConfig(
            pose_channels=pose.out_channels,
            channels=body.out_channels,
            slots=tuned_slots(slots),
            n_slots=len(slots),
            shared_width=8,
            shared_features=8,
            code_dim=8,
            shared_hidden=4,
            own_width=8,
            own_features=8,
        ),
        "landmarks": LandmarkConfig(
            input_size=32, widths=(4, 4, 4), depths=(0, 0, 1), vote_level=2, vote_width=4
        ),
        "judge_appearance": appearance,
        "judge_pose": pose,
    }


def enliven(kind: NetworkKind, network: nn.Module) -> None:
    """Fresh networks differ too little from picture to picture to be told apart."""
    with torch.no_grad():
        if kind == "e4e":
            for head in network.styles:
                head.linear.weight.mul_(30)
        if kind == "hypernetwork":
            network.shared_weight_hypernet.w1.mul_(100)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of tiny random networks with judges."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    torch.manual_seed(0)
    for kind, config in tiny_configs().items():
        network = NETWORKS[kind].module(config)
        enliven(kind, network)
        save_network(folder / f"{kind}.safetensors", network, kind=kind, config=config, half=False)
    save_settings(folder, settings())
    return folder


def settings(**changes: str) -> SetSettings:
    fields = {
        "resolution": SIZE,
        "crop_scale": 0.85,
        "crop_whole_pixels": False,
        "appearance_input": "crop",
        "pose_input": "crop",
        "truncation_psi": 0.8,
    }
    return SetSettings(**{**fields, **changes})


def oracle(artist: Artist) -> Row:
    """A contestant that knows the answers: called once a batch, in order of the kinds."""
    scenes = [
        pair.truth
        for kind in KINDS
        for pair in sample_pairs(
            kind, CONFIG.pairs, first_identity=CONFIG.first_identity, seed=CONFIG.seed
        )
    ]

    def answer(_: Contestants, task: Task) -> Tensor:
        batch = [scenes.pop(0) for _ in task.source]
        return artist.draw(batch)

    return answer


def noise(_: Contestants, task: Task) -> Tensor:
    random = torch.Generator().manual_seed(0)
    return torch.rand(task.source.shape, generator=random) * 2 - 1


@pytest.fixture(scope="module")
def evaluation(folder: Path) -> Evaluation:
    """The test of the tiny set, with an oracle and noise among the contestants."""
    artist = Artist(settings(), device=torch.device("cpu"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trial, "ROWS", {**ROWS, "oracle": oracle(artist), "noise": noise})
        return evaluate(LoadedSet(folder), CONFIG, LocalHost(device="cpu"))


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


def test_a_perfect_contestant_errs_as_little_as_the_judges_themselves(
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
    # source, driving, truth, three contestants and the two of this test
    assert width > 8 * SIZE


def test_equal_arguments_give_equal_figures_and_progress_reaches_its_end(
    folder: Path, evaluation: Evaluation
) -> None:
    steps: list[tuple[int, int | None]] = []
    host = LocalHost(device="cpu", on_progress=lambda done, total: steps.append((done, total)))
    again = evaluate(LoadedSet(folder), CONFIG, host)
    assert again.report.rows == {row: evaluation.report.rows[row] for row in ROWS}
    assert again.report.reference == evaluation.report.reference
    total = steps[0][1]
    assert steps == [(k + 1, total) for k in range(len(steps))]
    assert len(steps) == total


def test_reduced_precision_gives_nearly_the_same(folder: Path, evaluation: Evaluation) -> None:
    host = LocalHost(device="cpu", dtype=torch.bfloat16)
    half = evaluate(LoadedSet(folder), CONFIG, host).report
    assert half.settings["precision"] == "bfloat16"
    for row in ROWS:
        mine, full = half.rows[row]["self"]["all"], evaluation.report.rows[row]["self"]["all"]
        assert mine["psnr"] == pytest.approx(full["psnr"], abs=0.5)


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


@pytest.mark.parametrize(
    "changes", [{"pairs": 1}, {"seed": -1}, {"first_identity": -5}, {"gallery": 1}]
)
def test_settings_that_measure_nothing_are_refused(changes: dict[str, int]) -> None:
    with pytest.raises(InputError):
        EvaluationConfig(**changes)


def run_command(*arguments: str | Path) -> None:
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers())
    args = parser.parse_args(["evaluate", *(str(argument) for argument in arguments)])
    args.run(args)


def test_the_command_writes_json_markdown_and_sheet(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    options = ["--model-set", "tiny", "--model-path", folder.parent, "--device", "cpu"]
    options += ["--pairs", 2, "--gallery", 2, "--edit-people", 2, "--seed", 5]
    run_command(*options, "--json", out / "r.json", "--sheet", out / "s.png")
    parsed = json.loads((out / "r.json").read_text())
    assert parsed["settings"]["seed"] == 5
    assert parsed["settings"]["first_identity"] == 1_000_000
    assert parsed["rows"]["ours"]["cross"]["all"]["psnr"] > 0
    with Image.open(out / "s.png") as sheet:
        assert sheet.format == "PNG"
    assert "| ours_shuffled_pose |" in capsys.readouterr().out


def test_the_command_finds_bad_outputs_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        run_command("--model-set", "there-is-none", "--json", tmp_path)
