from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from torch import nn

from hyperreenact_core.cli.main import main
from hyperreenact_core.models import registry
from hyperreenact_core.models.checkpoints import save_network
from hyperreenact_core.models.kinds import NETWORKS, REENACTMENT_KINDS, NetworkClasses
from hyperreenact_core.models.settings import SetSettings, save_settings


@dataclass(frozen=True)
class ToyConfig:
    width: int = 4


class ToyNet(nn.Linear):
    def __init__(self, config: ToyConfig) -> None:
        super().__init__(config.width, config.width)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one sound set, `mine`."""
    settings = SetSettings(64, 1.25, False, "crop", "crop", 0.7)
    save_settings(tmp_path / "mine", settings)
    for kind in REENACTMENT_KINDS:
        monkeypatch.setitem(NETWORKS, kind, NetworkClasses(ToyConfig, ToyNet))
        path = tmp_path / "mine" / f"{kind}.safetensors"
        network = ToyNet(ToyConfig())
        save_network(path, network, kind=kind, config=ToyConfig(), notes={"step": "9"})
    return tmp_path


def run(*argv: str) -> int:
    return main(["models", *argv])


def test_list_shows_sets_licences_and_the_users_own(shelf: Path, capsys):
    (shelf / "unrelated").mkdir()
    assert run("list", "--model-path", str(shelf)) == 0
    out = capsys.readouterr().out
    assert "starter" in out
    assert "voxceleb-256  [not installed]" in out
    assert "licence: none stated by the authors" in out
    assert "mine  [installed]" in out
    assert "unrelated" not in out


def test_status_shows_folder_settings_and_files(shelf: Path, capsys):
    assert run("status", "mine", "--model-path", str(shelf)) == 0
    out = capsys.readouterr().out
    assert f"mine: {shelf / 'mine'}" in out
    assert "resolution: 64" in out
    assert "generator: 0.0 MiB (step 9)" in out


def test_status_of_a_missing_set_says_what_to_do(shelf: Path, capsys):
    assert run("status", "voxceleb-256", "--model-path", str(shelf)) == 2
    assert "fetch it with `hyperreenact models get voxceleb-256" in capsys.readouterr().err


def test_verify_passes_a_sound_set_and_names_a_damaged_file(shelf: Path, capsys):
    argv = ("verify", "mine", "--model-path", str(shelf))
    assert run(*argv) == 0
    assert capsys.readouterr().out.count("ok, loads; no checksum is known") == 6
    damaged = shelf / "mine" / "pose.safetensors"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    assert run(*argv) == 2
    out, err = capsys.readouterr()
    assert "pose: BAD, damaged or cut off" in out
    assert out.count("ok, loads") == 5
    assert err.startswith("error: 1 of 6 files of model set 'mine' are not sound")


def test_verify_compares_size_and_checksum_with_the_registry(shelf: Path, capsys, monkeypatch):
    starter = registry.load_registry()[0]
    (shelf / "mine").rename(shelf / "starter")
    contents = {p.name: p.read_bytes() for p in (shelf / "starter").glob("*.safetensors")}
    files = [
        replace(
            file,
            size=len(contents[file.name]),
            sha256=hashlib.sha256(contents[file.name]).hexdigest(),
        )
        for file in starter.files
        if file.name in contents
    ]
    argv = ("verify", "starter", "--model-path", str(shelf))

    def state(*stated: registry.ModelFile) -> None:
        entry = replace(starter, files=stated)
        monkeypatch.setattr(registry, "load_registry", lambda: (entry,))

    state(*files)
    assert run(*argv) == 0
    assert capsys.readouterr().out.count("checksum agrees") == 4

    state(replace(files[0], sha256="0" * 64), replace(files[1], size=1), *files[2:])
    assert run(*argv) == 2
    out = capsys.readouterr().out
    assert "generator: BAD, checksum is" in out
    assert "e4e: BAD, size is" in out


def test_verify_misses_a_file_the_registry_names(shelf: Path, capsys):
    (shelf / "mine").rename(shelf / "starter")
    assert run("verify", "starter", "--model-path", str(shelf)) == 2
    assert "judge_pose: BAD, no such weights file" in capsys.readouterr().out
