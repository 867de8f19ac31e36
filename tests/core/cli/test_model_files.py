"""`models get` and `models convert`, with small files laid out like the published ones."""

from __future__ import annotations

import functools
import http.server
import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from hyperreenact_core.cli.main import main
from hyperreenact_core.models import convert, registry
from tests.core.models.published_files import LAYOUTS, write_all


@pytest.fixture(autouse=True)
def small_layouts(monkeypatch: pytest.MonkeyPatch) -> None:
    small = functools.partial(convert.convert_files, layouts=LAYOUTS)
    monkeypatch.setattr(convert, "convert_files", small)


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server of small files under the published names."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_args: object) -> None:
            pass

    entry = registry.find_set("voxceleb-256", registry.load_registry())
    assert entry is not None
    names = {file.role: file.name for file in entry.files}
    folder = tmp_path / "www"
    for layout, path in zip(LAYOUTS, write_all(folder), strict=True):
        path.rename(folder / names[layout.kind])
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    httpd = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))
    )
    thread = Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def run(*argv: str | Path) -> int:
    return main(["models", *map(str, argv)])


def test_terms_come_before_the_download(tmp_path: Path, mirror: str, capsys):
    argv = ("get", "voxceleb-256", "--model-path", tmp_path / "sets", "--mirror", mirror)
    assert run(*argv) == 2
    out, err = capsys.readouterr()
    assert "licence: none stated by the authors" in out
    assert "non-commercial research only" in out
    assert str(tmp_path / "sets/voxceleb-256/published") in out
    assert "https://drive.google.com/file/d/" in out
    assert "add --accept-terms" in err
    assert not (tmp_path / "sets").exists()


def test_get_fetches_converts_and_then_has_nothing_to_do(tmp_path: Path, mirror: str, capsys):
    shelf = tmp_path / "sets"
    by_hand = shelf / "voxceleb-256/published/insight_face.pth"
    by_hand.parent.mkdir(parents=True)
    shutil.copy(tmp_path / "www/insight_face.pth", by_hand)
    argv = ("get", "voxceleb-256", "--model-path", shelf, "--mirror", mirror, "--accept-terms")
    assert run(*argv) == 0
    out = capsys.readouterr().out
    assert "insight_face.pth: was there, no checksum is known yet" in out
    assert out.count(": fetched, no checksum is known yet") == 6
    assert f"complete: --model-set voxceleb-256 --model-path {shelf}" in out

    assert run(*argv) == 0
    assert "voxceleb-256 is complete" in capsys.readouterr().out
    assert run("status", "voxceleb-256", "--model-path", shelf) == 0
    assert "pose_input: deca_crop" in capsys.readouterr().out
    assert run("verify", "voxceleb-256", "--model-path", shelf) == 0
    out = capsys.readouterr().out
    assert out.count("ok, loads; checksum agrees") == 7
    assert out.count("ok, checksum agrees") == 7
    assert "published/hypernetwork.pt" in out


def test_verify_finds_what_changed_after_the_conversion(tmp_path: Path, capsys):
    files, folder = write_all(tmp_path / "files"), tmp_path / "sets/mine"
    assert run("convert", *files, "-o", folder) == 0
    shutil.copy(folder / "fan.safetensors", tmp_path / "kept")
    weights = bytearray((folder / "fan.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "fan.safetensors").write_bytes(weights)
    assert run("verify", "mine", "--model-path", folder.parent) == 2
    assert "fan: BAD, fan.safetensors is not the file it was" in capsys.readouterr().out


def test_files_that_cannot_be_had_are_named_and_the_others_kept(tmp_path, mirror, capsys):
    shelf = tmp_path / "sets"
    (tmp_path / "www/hypernetwork.pt").unlink()
    argv = ("get", "voxceleb-256", "--model-path", shelf, "--mirror", mirror, "--accept-terms")
    assert run(*argv) == 2
    out, err = capsys.readouterr()
    assert "hypernetwork.pt: MISSING, the server said 404" in out
    assert "1 of 7 files are missing (hypernetwork.pt)" in err
    assert f"into {shelf / 'voxceleb-256/published'} by hand" in err
    assert len(list((shelf / "voxceleb-256/published").iterdir())) == 6
    assert not list((shelf / "voxceleb-256").glob("*.safetensors"))


def test_a_damaged_file_is_not_pinned_and_can_be_replaced(tmp_path: Path, mirror: str, capsys):
    shelf, served = tmp_path / "sets", tmp_path / "www/hypernetwork.pt"
    sound = served.read_bytes()
    served.write_bytes(sound[:-100])
    argv = ("get", "voxceleb-256", "--model-path", shelf, "--mirror", mirror, "--accept-terms")
    assert run(*argv) == 2
    assert "damaged or cut off" in capsys.readouterr().err
    (shelf / "voxceleb-256/published/hypernetwork.pt").write_bytes(sound)
    assert run(*argv) == 0
    assert run("verify", "voxceleb-256", "--model-path", shelf) == 0


def test_get_refuses_what_it_cannot_do(tmp_path: Path, capsys):
    assert run("get", "starter") == 0
    assert "ships with this program" in capsys.readouterr().out
    assert run("get", "nothing") == 2
    assert "it has starter, voxceleb-256" in capsys.readouterr().err
    assert run("get", "voxceleb-256") == 2
    assert "--model-path DIR" in capsys.readouterr().err


def test_convert_says_what_each_file_is_and_what_the_set_lacks(tmp_path: Path, capsys):
    files, folder = write_all(tmp_path / "files"), tmp_path / "sets/mine"
    assert run("convert", *files[:-1], "-o", folder) == 0
    out = capsys.readouterr().out
    assert f"{files[0]}: generator" in out
    assert "still lacks landmarks.safetensors or fan.safetensors" in out
    assert run("convert", files[-1], "-o", folder) == 0
    out = capsys.readouterr().out
    assert f"complete: --model-set mine --model-path {folder.parent}" in out
    files[0].write_bytes(files[0].read_bytes()[:-100])
    assert run("convert", files[0], "-o", folder) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: damaged or cut off")
    assert err.count("\n") == 1
