"""Refiners and ablations beside the set's own hypernetwork."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from hyperreenact_core.errors import InputError, ModelError
from hyperreenact_core.evaluation.baselines import baseline_rows, find_baselines, left_out, refined
from hyperreenact_core.evaluation.chain import Chain
from hyperreenact_core.evaluation.latent_edit import LatentDirections
from hyperreenact_core.evaluation.rows import ROWS, MethodTools
from hyperreenact_core.host import LocalHost
from hyperreenact_core.models.checkpoints import save_network
from hyperreenact_core.models.sets import LoadedSet
from hyperreenact_core.models.variants import Condition, base_mark, code_map, variant_notes
from hyperreenact_core.networks.deca import PoseEncoder, PoseEncoderConfig
from hyperreenact_core.networks.hypernetwork import Hypernetwork, HypernetworkConfig
from tests.core.evaluation.tiny_judged import SIZE, enliven, save_judged_set, tiny_configs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_judged_set(tmp_path_factory.mktemp("baselines") / "tiny")


def save_baseline(path: Path, condition: Condition, base: Path, *, seed: int = 1) -> None:
    """A hypernetwork that reads the second map of its condition."""
    config, generator = tiny_configs()["hypernetwork"], tiny_configs()["generator"]
    assert isinstance(config, HypernetworkConfig)
    widths = {
        "pose": config.pose_channels,
        "reconstruction": config.channels,
        "code": generator.n_latent * generator.latent_dim,  # pyright: ignore
    }
    torch.manual_seed(seed)
    network = Hypernetwork(replace(config, pose_channels=widths[condition]))
    enliven("hypernetwork", network)
    notes = variant_notes(condition, base)
    save_network(path, network, kind="hypernetwork", config=network.config, notes=notes)


@pytest.fixture(scope="module")
def ablations(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("ablations")
    for name, condition in (("no_gaze", "pose"), ("refine", "reconstruction"), ("w_code", "code")):
        save_baseline(root / name / "hypernetwork.safetensors", condition, folder)
    return root


def methods(folder: Path) -> MethodTools:
    networks = LoadedSet(folder)
    generator = networks.generator.config
    directions = torch.randn(
        56, generator.n_latent, generator.latent_dim, generator=torch.Generator().manual_seed(2)
    )
    return MethodTools(Chain(networks, LocalHost(device="cpu")), LatentDirections(directions))


def pictures(count: int, seed: int) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.rand(count, 3, SIZE, SIZE, generator=random) * 2 - 1


def test_ablations_and_refiners_get_rows_and_draw_different_pictures(
    folder: Path, ablations: Path
) -> None:
    rows = baseline_rows(find_baselines(folder, ablations))
    assert list(rows) == ["no_gaze", "refine_then_edit", "refine_then_edit_5", "hyperinverter"]
    tools = methods(folder)
    with torch.inference_mode():
        task = tools.task(pictures(2, 0), pictures(3, 1))
        drawn = {name: row(tools, task) for name, row in {**ROWS, **rows}.items()}
    assert all(image.shape == (2, 3, SIZE, SIZE) for image in drawn.values())
    for name in rows:
        for other, image in drawn.items():
            assert other == name or not torch.equal(drawn[name], image), (name, other)


def test_a_pass_sees_what_the_passes_before_have_drawn_and_adds_to_them(
    folder: Path, ablations: Path
) -> None:
    refine = next(r for r in find_baselines(folder, ablations) if r.condition == "reconstruction")
    chain = methods(folder).chain
    with torch.inference_mode():
        codes = chain.source_codes(pictures(1, 0))
        once, twice = (refined(refine, chain, codes, passes=count) for count in (1, 2))
        seen = chain.appearance(chain.image(codes.w_plus, once))
        second = refine.network(codes.appearance, seen)
    for a, b, c in zip(once or (), second, twice or (), strict=True):
        if a is None:
            assert c is None
        else:
            torch.testing.assert_close(a + b, c)


def test_a_set_may_hold_refiners_of_its_own(folder: Path, tmp_path: Path) -> None:
    own = save_judged_set(tmp_path / "own")
    save_baseline(own / "hypernetwork_refine.safetensors", "reconstruction", own)
    baselines = find_baselines(own)
    assert list(baseline_rows(baselines)) == ["refine_then_edit", "refine_then_edit_5"]
    missing = left_out(baselines)
    assert len(missing) == 1
    assert missing[0].startswith("hyperinverter: neither hypernetwork_w.safetensors")
    assert find_baselines(folder) == ()
    assert len(left_out(())) == 2


def test_a_baseline_of_other_frozen_networks_is_refused(folder: Path, tmp_path: Path) -> None:
    other = save_judged_set(tmp_path / "other")
    save_baseline(tmp_path / "runs" / "full" / "hypernetwork.safetensors", "pose", folder)
    assert base_mark(other) == base_mark(folder)  # equal networks, wherever they lie
    find_baselines(other, tmp_path / "runs")
    torch.manual_seed(9)
    config = tiny_configs()["pose"]
    assert isinstance(config, PoseEncoderConfig)
    save_network(
        other / "pose.safetensors",
        PoseEncoder(config),
        kind="pose",
        config=config,
        storage="float32",
    )
    with pytest.raises(ModelError, match="trained against other networks"):
        find_baselines(other, tmp_path / "runs")


def test_folders_without_ablations_and_names_of_rows_are_refused(
    folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="holds no trained ablation"):
        find_baselines(folder, tmp_path)
    save_baseline(tmp_path / "ours" / "hypernetwork.safetensors", "pose", folder)
    with pytest.raises(InputError, match="cannot be called 'ours'"):
        find_baselines(folder, tmp_path)


def test_a_code_map_says_the_same_everywhere() -> None:
    w_plus = torch.randn(2, 3, 4)
    spread = code_map(w_plus, 7)
    assert spread.shape == (2, 12, 7, 7)
    assert torch.equal(spread[:, :, 0, 6], w_plus.flatten(1))
    assert torch.equal(spread[:, :, 3, 3], w_plus.flatten(1))
