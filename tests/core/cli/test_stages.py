"""The parts of the chain as commands, with files between them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from hyperreenact_core.cli.main import main
from hyperreenact_core.reenact.files import load_identity, load_poses
from hyperreenact_core.types import Framing
from hyperreenact_core.video.pictures import read_image
from hyperreenact_core.video.reader import open_frames
from tests.core.cli.reenact_files import RATE, Files, read_all, reenact
from tests.core.reenact.live_link_files import write_newer
from tests.core.reenact.tiny import SIZE


def run(files: Files, *line: str | Path) -> int:
    models = ("--model-set", "tiny", "--model-path", str(files.models), "--device", "cpu")
    return main([*map(str, line), *models])


@pytest.fixture(scope="module")
def made(files: Files, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with me.safetensors and act.safetensors."""
    out = tmp_path_factory.mktemp("made")
    me, act = out / "me.safetensors", out / "act.safetensors"
    assert run(files, "invert", files.source, "-o", me, "--picture", out / "me.png") == 0
    options = ("--plot", out / "act.png", "--stabilise", "1")
    assert run(files, "poses", files.clip, "-o", act, *options) == 0
    return out


def test_files_hold_what_the_nodes_read(made: Path) -> None:
    assert load_identity(made / "me.safetensors").model_set == "tiny"
    assert len(load_poses(made / "act.safetensors")) == 6
    assert read_image(made / "me.png").shape == (SIZE, SIZE, 3)
    assert read_image(made / "act.png").size


def test_the_parts_draw_what_the_whole_draws(files: Files, made: Path, tmp_path: Path) -> None:
    me, act = made / "me.safetensors", made / "act.safetensors"
    assert run(files, "draw", me, act, "-o", tmp_path / "parts", "--detail", "0") == 0
    assert reenact(files, tmp_path / "whole", "--stabilise", "1") == 0
    for mine, theirs in zip(
        read_all(tmp_path / "parts"), read_all(tmp_path / "whole"), strict=True
    ):
        assert np.abs(mine.astype(int) - theirs).max() <= 1


def test_a_framing_is_kept_with_an_identity(files: Files, made: Path, tmp_path: Path) -> None:
    square = ("--crop-size", "1.5", "--crop-x", "-0.2", "--crop-y", "0.1", "--crop-roll", "12")
    me, act = tmp_path / "me.safetensors", made / "act.safetensors"
    assert run(files, "invert", files.source, "-o", me, *square) == 0
    framing = Framing(1.5, -0.2, 0.1, 12.0)
    kept = load_identity(me).portrait
    assert kept is not None
    assert list(vars(kept.framing).values()) == pytest.approx(list(vars(framing).values()))
    assert run(files, "draw", me, act, "-o", tmp_path / "parts", "--size", "64") == 0
    options = ("--stabilise", "1", "--detail", "1", "--size", "64")
    assert reenact(files, tmp_path / "whole", *options, *square) == 0
    assert reenact(files, tmp_path / "usual", *options) == 0
    parts, whole, usual = (read_all(tmp_path / name) for name in ("parts", "whole", "usual"))
    for mine, theirs, other in zip(parts, whole, usual, strict=True):
        assert np.abs(mine.astype(int) - theirs).mean() < 2
        assert np.abs(other.astype(int) - theirs).mean() > 8


def test_a_puppet_performs_by_keyframes(files: Files, made: Path, tmp_path: Path) -> None:
    keys, poses, shown = (tmp_path / name for name in ("keys.txt", "p.safetensors", "p.gif"))
    keys.write_text("0: yaw=-30\n2: yaw=30 smile=0.8\n", "utf-8-sig")
    line = ("puppet", "-o", poses, "--frames", "3", "--keyframes", keys, "--puppet", shown)
    assert run(files, *line, "--gaze-x", "0.5") == 0
    assert len(load_poses(poses)) == 3
    assert open_frames(shown).frame_count == 3
    line = ("draw", made / "me.safetensors", poses, "-o", tmp_path / "out.mp4", "--detail", "0")
    assert run(files, *line) == 0
    assert open_frames(tmp_path / "out.mp4").frame_count == 3


def test_a_phones_recording_drives_a_face(
    files: Files, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = {f"10:00:00:{at:02}.0": {"jawOpen": at / 4, "HeadYaw": 0.1 * at} for at in (0, 2, 4)}
    phone = write_newer(tmp_path / "phone.csv", codes)
    line = ("draw", made / "me.safetensors", phone, "-o", tmp_path / "out.mp4")
    assert run(files, *line, "--size", "64") == 0
    drawn = open_frames(tmp_path / "out.mp4")
    assert (drawn.frame_count, drawn.width, drawn.rate) == (3, 64, 30)
    assert run(files, *line, "--detail", "0") == 2
    assert "draw it with detail 1" in capsys.readouterr().err


def test_performances_go_from_one_format_to_another(
    files: Files, made: Path, tmp_path: Path
) -> None:
    act = load_poses(made / "act.safetensors").performance
    assert act is not None
    torch.testing.assert_close(act.time, torch.arange(6) / float(RATE))
    assert act.confidence.tolist()[0] == 0, "no face was seen there"
    assert act.place[:, 2].min() > 0.1
    for name, options in (("act.csv", ()), ("phone.csv", ("--layout", "live-link"))):
        line = ("poses", made / "act.safetensors", "-o", tmp_path / name)
        assert run(files, *line, *options) == 0
        back = load_poses(tmp_path / name).performance
        assert back is not None
        torch.testing.assert_close(back.rotation, act.rotation, atol=1e-3, rtol=0)
        torch.testing.assert_close(back.time, act.time, atol=1e-3, rtol=0)


def test_quality_is_reported(
    files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert reenact(files, tmp_path / "out", "--stabilise", "1") == 0
    line = ("quality", tmp_path / "out", files.source, files.clip, "--plot", tmp_path / "q.png")
    assert run(files, *line) == 0
    said = capsys.readouterr().out
    assert said.startswith("6 frames, measured by")
    assert "identity similarity: mean" in said
    assert read_image(tmp_path / "q.png").size


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("invert", "{source}", "-o", "me", "--picture", "{source}"), "is also an input"),
        (("invert", "{source}", "-o", "{source}/me.safetensors"), "cannot be written"),
        (("draw", "{source}", "{clip}", "-o", "out.mp4"), "no .safetensors file"),
        (("draw", "me.safetensors", "{clip}", "-o", "out.mp4"), "there is no such file"),
        (("puppet", "-o", "p.safetensors", "--keyframes", "{clip}"), "clip.mp4"),
        (("quality", "{source}", "{source}", "{clip}"), "give one driving face for every result"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    files: Files,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    line: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"clip": files.clip, "source": files.source}
    assert run(files, *(part.format(**names) for part in line)) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("error: ")
    assert said in last
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("line", [("invert", "x.png"), ("poses", "x.mp4"), ("puppet",)])
def test_an_identity_or_a_track_takes_no_pictures_name(
    line: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*line, "--out", "y.png"])
    assert "'y.png': name a .safetensors" in capsys.readouterr().err
