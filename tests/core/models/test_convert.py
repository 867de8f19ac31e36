from __future__ import annotations

import argparse
from pathlib import Path

import pytest
import torch
from torch import Tensor

from hyperreenact_core.errors import HyperReenactError, ModelError, OutputError
from hyperreenact_core.models import tensor_files
from hyperreenact_core.models.checkpoints import load_network, read_header
from hyperreenact_core.models.convert import ConvertedFile, convert_files
from hyperreenact_core.models.kinds import PUBLISHED_KINDS, NetworkKind
from hyperreenact_core.models.lock import pin_of, read_lock
from hyperreenact_core.models.published import PUBLISHED, PUBLISHED_SETTINGS
from hyperreenact_core.models.sets import LoadedSet
from hyperreenact_core.models.settings import SetSettings, load_settings, save_settings
from hyperreenact_core.models.store import missing_files
from tests.core.models.published_files import (
    LAYOUTS,
    contained,
    network_of,
    weights_of,
    write_all,
)


def convert(files: list[Path], folder: Path) -> list[ConvertedFile]:
    return list(convert_files(files, folder, layouts=LAYOUTS))


def written(path: Path, content: object, *, legacy: bool = False) -> Path:
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    return path


def refusal(content: object, tmp_path: Path) -> str:
    """The message a file is refused with: one line that names it; nothing is written."""
    path, folder = written(tmp_path / "file.pt", content), tmp_path / "set"
    with pytest.raises(HyperReenactError) as caught:
        convert([path], folder)
    message = str(caught.value)
    assert "\n" not in message
    assert not folder.exists() or not list(folder.iterdir())
    return message


def test_all_files_make_a_set_that_holds_their_numbers(tmp_path: Path):
    files = write_all(tmp_path / "files")
    folder = tmp_path / "set"
    converted = convert(files, folder)

    assert [file.kind for file in converted] == [layout.kind for layout in LAYOUTS]
    assert [file.source for file in converted] == files
    assert not any(file.remarks for file in converted)
    assert missing_files(folder) == ()
    assert load_settings(folder) == PUBLISHED_SETTINGS
    models = LoadedSet(folder)
    loaded = {kind: getattr(models, kind) for kind in PUBLISHED_KINDS}
    assert set(models.detector_networks) == {models.s3fd, models.fan}
    for kind, network in loaded.items():
        for key, value in network_of(kind).state_dict().items():
            if key != "latent_avg":
                assert torch.equal(network.state_dict()[key], value), (kind, key)
    assert {pin_of(file.path) for file in converted} == set(read_lock(folder).values())


def test_the_layouts_are_those_of_the_published_files():
    containers = {layout.kind: (layout.container, layout.prefix) for layout in PUBLISHED}
    assert containers == {
        "generator": ("g_ema", ""),
        "e4e": ("e", ""),
        "appearance": (None, ""),
        "pose": ("E_flame", ""),
        "hypernetwork": ("state_dict", "hypernet."),
        "s3fd": (None, ""),
        "fan": (None, ""),
    }
    assert {layout.kind: len(layout.keys()) for layout in PUBLISHED} == {
        "generator": 135,
        "e4e": 565,
        "appearance": 397,
        "pose": 322,
        "hypernetwork": 172,
        "s3fd": 65,
        "fan": 1129,
    }


@pytest.mark.parametrize("kind", PUBLISHED_KINDS)
def test_the_old_format_and_a_bare_dict_convert_alike(tmp_path: Path, kind: NetworkKind):
    weights = weights_of(network_of(kind), kind)
    files = [
        written(tmp_path / "zip", contained(weights, kind)),
        written(tmp_path / "old", contained(weights, kind), legacy=True),
        written(tmp_path / "bare", weights),
    ]
    for file in files:
        (converted,) = convert([file], tmp_path / f"set-{file.name}")
        assert converted.kind == kind
        assert read_header(converted.path).notes == {"converted_from": file.name}
    first, *others = [
        load_network(tmp_path / f"set-{f.name}" / f"{kind}.safetensors", kind) for f in files
    ]
    for other in others:
        for key, value in first.state_dict().items():
            assert torch.equal(value, other.state_dict()[key]), key


def test_the_mean_code_is_the_same_in_every_run(tmp_path: Path):
    file = written(
        tmp_path / "g", contained(weights_of(network_of("generator"), "generator"), "generator")
    )
    means: list[Tensor] = []
    for run in ("one", "two"):
        torch.manual_seed(len(means))
        convert([file], tmp_path / run)
        means.append(load_network(tmp_path / run / "generator.safetensors", "generator").latent_avg)
    assert torch.equal(*means)
    z = torch.randn(20000, 8, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = network_of("generator").mapping(z)
    error = (means[0] - expected.mean(0)).abs() / expected.std(0)
    assert means[0].abs().max() > 0
    assert error.max() < 5 / 4096**0.5


def test_noise_that_is_missing_is_drawn_once_and_told(tmp_path: Path):
    weights = weights_of(network_of("generator"), "generator")
    for key in [key for key in weights if key.startswith("noises.")]:
        del weights[key]
    file = written(tmp_path / "g", {"g_ema": weights})
    planes: list[Tensor] = []
    for run in ("one", "two"):
        (converted,) = convert([file], tmp_path / run)
        assert "without noises.noise_0, noises.noise_1" in converted.remarks[0]
        network = load_network(converted.path, "generator")
        planes.append(network.noises.noise_4)
    assert torch.equal(*planes)
    assert 0.8 < planes[0].std() < 1.2


def test_counters_may_be_missing_and_half_precision_becomes_single(tmp_path: Path):
    weights = weights_of(network_of("pose"), "pose")
    weights = {k: v.half() for k, v in weights.items() if not k.endswith("num_batches_tracked")}
    (converted,) = convert([written(tmp_path / "p", {"E_flame": weights})], tmp_path / "set")
    network = load_network(converted.path, "pose")
    assert {p.dtype for p in network.parameters()} == {torch.float32}
    assert int(network.encoder.bn1.num_batches_tracked) == 0


def test_what_else_a_file_holds_is_left_aside_and_named(tmp_path: Path):
    weights = weights_of(network_of("generator"), "generator")
    others = {
        "d": {"x": torch.zeros(3)},
        "latent_avg": torch.zeros(8),
        "args": argparse.Namespace(),
    }
    (converted,) = convert([written(tmp_path / "g", {"g_ema": weights, **others})], tmp_path / "s")
    assert converted.remarks == ("left aside: d, latent_avg, args",)

    weights = weights_of(network_of("hypernetwork"), "hypernetwork")
    others = {"decoder.conv.weight": torch.zeros(3)}
    file = written(tmp_path / "h", {"state_dict": weights | others, "step": 7})
    (converted,) = convert([file], tmp_path / "s")
    assert converted.remarks == ("left aside: step, decoder.conv.weight",)


def test_missing_unknown_and_misshapen_keys_are_named(tmp_path: Path):
    weights = weights_of(network_of("e4e"), "e4e")
    del weights["latlayer1.bias"]
    weights["latlayer2.bias"] = torch.zeros(7)
    weights["latlayer3.bias"] = torch.zeros(7)
    message = refusal({"e": weights}, tmp_path)
    assert "looks like the published e4e" in message
    assert "missing latlayer1.bias" in message
    assert "unknown latlayer3.bias" in message
    assert "wrong shape or type of latlayer2.bias [7] float32 instead of [8]" in message


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (torch.zeros(8, dtype=torch.int64), "[8] int64 instead of [8]"),
        (torch.zeros(8).to_sparse(), "instead of [8]"),
        ("hello", "str instead of [8]"),
        ({"a": 1}, "dict instead of [8]"),
        (torch.zeros(1).expand(10**9), "[1000000000] float32"),
    ],
)
def test_what_is_no_weight_is_refused(tmp_path: Path, value: object, said: str):
    weights: dict[str, object] = {**weights_of(network_of("e4e"), "e4e"), "latlayer2.bias": value}
    assert said in refusal({"e": weights}, tmp_path)


def test_nan_is_refused(tmp_path: Path):
    weights = weights_of(network_of("s3fd"), "s3fd")
    weights["fc7.bias"][2] = float("nan")
    assert "fc7.bias holds NaN or Inf" in refusal(weights, tmp_path)


def test_copies_of_a_shared_tensor_must_agree(tmp_path: Path):
    weights = weights_of(network_of("hypernetwork"), "hypernetwork")
    copies = sorted(key for key in weights if key.endswith(".hypernet.b1"))
    assert copies
    weights = {key: value.clone() for key, value in weights.items()}
    convert([written(tmp_path / "h", {"state_dict": weights})], tmp_path / "sound")
    weights[copies[-1]] += 1
    message = refusal({"state_dict": weights}, tmp_path)
    assert "are one tensor but differ" in message
    assert copies[-1].removeprefix("hypernet.") in message


def test_a_file_of_another_program_is_refused(tmp_path: Path):
    content = {"model\n": torch.zeros(1), 3: 4, "e": [1, 2]}
    assert "none of the published files, its keys are model\\n, 3, e" in refusal(content, tmp_path)


def test_two_files_of_one_network_are_refused(tmp_path: Path):
    files = [written(tmp_path / n, weights_of(network_of("fan"), "fan")) for n in ("a", "b")]
    with pytest.raises(ModelError, match="both hold the fan"):
        convert(files, tmp_path / "set")


def test_a_folder_of_another_set_is_left_alone(tmp_path: Path):
    save_settings(tmp_path / "mine", SetSettings(64, 1.25, False, "crop", "crop", 0.7))
    with pytest.raises(OutputError, match="another model set"):
        convert(write_all(tmp_path / "files"), tmp_path / "mine")
    assert len(list((tmp_path / "mine").iterdir())) == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_an_interrupted_conversion_leaves_no_half_file(tmp_path: Path, monkeypatch, error):
    save_file, calls = tensor_files.save_file, []

    def interrupted(tensors: dict[str, Tensor], path: Path, **options: object) -> None:
        calls.append(path)
        save_file(tensors, path, **options)
        if len(calls) == 2:
            path.write_bytes(path.read_bytes()[:1000])
            raise error

    files, folder = write_all(tmp_path / "files"), tmp_path / "set"
    monkeypatch.setattr(tensor_files, "save_file", interrupted)
    with pytest.raises((KeyboardInterrupt, OutputError)):
        convert(files, folder)
    names = {path.name for path in folder.iterdir()}
    assert names == {"generator.safetensors", "lock.json"}
    assert load_network(folder / "generator.safetensors", "generator")
    monkeypatch.undo()
    convert(files, folder)
    assert missing_files(folder) == ()
