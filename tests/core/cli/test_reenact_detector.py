"""`hyperreenact reenact --detector`: who finds the faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.core.cli.reenact_files import PATTERN, Files, read_all, reenact
from tests.core.face import fake_insight
from tests.core.reenact.tiny import face_points


def in_the_middle(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    return (face_points().numpy() * [width, height]).astype(np.float32)


def test_insightface_finds_the_faces_of_source_and_clip(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
):
    root, out = tmp_path / "insight", tmp_path / "out.mp4"
    made = fake_insight.install(monkeypatch, in_the_middle, root=root)
    options = ("--detector", "insightface", "--insightface-root", str(root))
    assert reenact(files, out, *options) == 0
    assert len(read_all(out)) == len(PATTERN)
    assert [use["root"] for use in made] == [str(root)]
    said = capsys.readouterr().err
    assert "non-commercial research only" in said
    assert "without a face" not in said, "it was asked: the set's own finds none in dark frames"


def test_its_absence_is_said_in_one_line(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
):
    root, out = tmp_path / "insight", tmp_path / "out.mp4"
    options = ("--detector", "insightface", "--insightface-root", str(root))
    fake_insight.uninstall(monkeypatch)
    assert reenact(files, out, *options) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: the insightface detector is not installed")
    fake_insight.install(monkeypatch, in_the_middle, root=root)
    (root / "models/buffalo_l/det_10g.onnx").unlink()
    assert reenact(files, out, *options) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: insightface has no models in {root / 'models/buffalo_l'}")
    assert not out.exists()
