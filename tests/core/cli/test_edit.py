"""`hyperreenact edit`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hyperreenact_core.cli.main import main
from hyperreenact_core.reenact.files import load_poses
from hyperreenact_core.reenact.sliders import SLIDERS
from hyperreenact_core.video.pictures import read_image
from tests.core.cli.reenact_files import Files


def edit(files: Files, *line: str | Path) -> int:
    models = ("--model-set", "tiny", "--model-path", str(files.models), "--device", "cpu")
    return main(["edit", str(files.source), *map(str, line), *models])


def test_a_portrait_gets_an_expression(
    files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, saved = tmp_path / "me.png", tmp_path / "me.safetensors"
    line = ("--preset", "surprise", "--amount", "0.5", "--set", "smile=0.8", "yaw=-15")
    assert edit(files, "-o", out, *line, "--set", "jaw=0.1", "--save", saved) == 0
    assert read_image(out).shape == read_image(files.source).shape
    assert load_poses(saved).note.startswith("yaw=-15 blink_left=-0.35 ")
    assert "jaw=0.1" in load_poses(saved).note
    assert f"{out}: yaw=-15" in capsys.readouterr().out


def test_the_face_alone_has_the_size_that_is_asked_for(files: Files, tmp_path: Path) -> None:
    for name, more in (("own", ()), ("open", ("--set", "jaw=1"))):
        out = tmp_path / f"{name}.png"
        assert edit(files, "-o", out, "--face-only", "--size", "96", *more) == 0
        assert read_image(out).shape == (96, 96, 3)
    own, opened = (read_image(tmp_path / f"{n}.png").astype(int) for n in ("own", "open"))
    assert np.abs(own - opened).max() > 10


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (("--set", "smlie=1"), "did you mean smile"),
        (("--set", "smile=2"), "smile must lie in -1..1"),
        (("--set", "smile"), "write NAME=NUMBER"),
        (("--save", "{source}"), "me.png"),
    ],
)
def test_what_cannot_be_done_is_said_before_the_work(
    files: Files,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    line: tuple[str, ...],
    message: str,
) -> None:
    given = [part.format(source=files.source) for part in line]
    assert edit(files, "-o", tmp_path / "out.png", *given) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out.png").exists()


def test_the_help_lists_all_sliders(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["edit", "--help"])
    shown = capsys.readouterr().out
    assert all(name in shown for name in SLIDERS)
