"""Assets, the extra and OpenGL: what is missing or another is said in one line."""

import hashlib
import sys
from pathlib import Path

import pytest

from hyperreenact_core.errors import InputError
from hyperreenact_core.heads import assets as module
from hyperreenact_core.heads.assets import ASSETS_VARIABLE, Assets, checksums, find_assets
from hyperreenact_core.heads.body import load_body
from hyperreenact_core.heads.opengl import opengl_context


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(InputError, match=r"nowhere: no folder of assets.*--assets"):
        find_assets(tmp_path / "nowhere")
    monkeypatch.setenv(ASSETS_VARIABLE, str(tmp_path / "unset"))
    with pytest.raises(InputError, match=r"unset: no folder"):
        find_assets()
    monkeypatch.setenv(ASSETS_VARIABLE, str(tmp_path))
    assert find_assets() == tmp_path


def test_without_any_folder_it_is_said_what_to_fetch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv(ASSETS_VARIABLE, raising=False)
    monkeypatch.setattr(module, "__file__", str(tmp_path / "heads" / "assets.py"))
    with pytest.raises(InputError, match=rf"MakeHuman.*--assets.*{ASSETS_VARIABLE}"):
        find_assets()
    beside = tmp_path / "shared" / "heads" / "base"
    beside.mkdir(parents=True)
    assert find_assets() == beside


def test_files_are_held_against_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    known = {"eyes/a.png": hashlib.sha256(b"right").hexdigest(), "eyes/b.png": "0" * 64}
    monkeypatch.setattr(module, "checksums", lambda: known)
    (tmp_path / "eyes").mkdir()
    (tmp_path / "eyes" / "a.png").write_bytes(b"right")
    (tmp_path / "eyes" / "b.png").write_bytes(b"wrong")
    assets = Assets(tmp_path)
    assert assets.path("eyes/a.png").read_bytes() == b"right"
    with pytest.raises(InputError, match=r"b\.png: is not the file.*fetch it again"):
        assets.path("eyes/b.png")
    with pytest.raises(InputError, match=r"c\.png: not a file of the known assets"):
        assets.path("eyes/c.png")
    (tmp_path / "eyes" / "b.png").unlink()
    with pytest.raises(InputError, match=r"b\.png: cannot be read.*MakeHuman"):
        assets.path("eyes/b.png")


def test_the_table_names_files_of_the_official_layout():
    folders = {name.split("/")[0] for name in checksums()}
    assert {"skins", "eyes", "eyebrows", "eyelashes", "hair", "clothes", "teeth"} <= folders
    assert all(len(digest) == 64 for digest in checksums().values())


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "anny", None)
    with pytest.raises(InputError, match=r"pip install 'hyperreenact\[heads\]'.*anny is missing"):
        load_body.__wrapped__()
    monkeypatch.setitem(sys.modules, "moderngl", None)
    with pytest.raises(InputError, match=r"extra `heads`.*libegl1.*moderngl is missing"):
        opengl_context.__wrapped__()


def test_a_machine_without_opengl_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    moderngl = pytest.importorskip("moderngl")

    def refuse(**_: object) -> None:
        raise OSError("libEGL.so not loaded")

    monkeypatch.setattr(moderngl, "create_context", refuse)
    with pytest.raises(InputError, match=r"libgl1-mesa-dri.*libEGL\.so not loaded"):
        opengl_context.__wrapped__()
