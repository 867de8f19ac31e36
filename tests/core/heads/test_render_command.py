"""`hyperreenact render` on realistic heads, from the arguments to the files."""

import argparse
import subprocess
import sys
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from hyperreenact_core.cli import render as command
from hyperreenact_core.errors import InputError
from hyperreenact_core.heads.expression import ACTIONS


def _run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers())
    args = parser.parse_args(["render", *arguments])
    return args.run(args)


def _read(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path))
    assert picture is not None
    return picture


def test_portrait(drawable: None, tmp_path: Path):
    pictures = {}
    for name, options in {
        "laugh": ["--expression", "laugh"],
        "again": ["--expression", "laugh"],
        "quiet": ["--expression", "neutral"],
        "other": ["--expression", "laugh", "--identity", "9"],
    }.items():
        out = tmp_path / f"{name}.png"
        who = ("--identity", "3", "--pose=-30,5,0", "--size", "64")
        assert _run("portrait", *who, *options, "-o", str(out)) == 0
        pictures[name] = _read(out)
    assert pictures["laugh"].shape == (64, 64, 3)
    assert pictures["laugh"].std() > 20
    np.testing.assert_array_equal(pictures["laugh"], pictures["again"])
    assert (pictures["laugh"] != pictures["quiet"]).any()
    assert np.abs(pictures["laugh"].astype(int) - pictures["other"]).mean() > 5


def test_clip_moves_and_has_sound(drawable: None, tmp_path: Path):
    out = tmp_path / "c.mp4"
    options = ("--size", "64", "--frames", "12", "--fps", "24", "--kind", "turn")
    assert _run("clip", *options, "-o", str(out)) == 0
    with av.open(str(out)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 12
    assert np.abs(frames[0].astype(int) - frames[-1]).max() > 30
    with av.open(str(out)) as container:
        assert container.streams.audio[0].duration is not None


def test_sheets(drawable: None, tmp_path: Path):
    for what in ("people", "performances", "light"):
        out = tmp_path / f"{what}.png"
        options = ("--size", "48", "--count", "3", "--columns", "2")
        assert _run("sheet", what, *options, "-o", str(out)) == 0
        sheet = _read(out)
        # Two columns, two rows with a line of words under each; the fourth place stays empty.
        assert sheet.shape[1] == 2 * (48 + 4)
        assert sheet[: 48 + 2].std() > 15
        assert sheet[-40:, -40:].std() == 0


def test_pictures_behind_the_head(drawable: None, tmp_path: Path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    cv2.imwrite(str(folder / "green.png"), np.full((40, 40, 3), (0, 255, 0), np.uint8))
    made: dict[str, list[np.ndarray]] = {}
    for name, options in {"with": ("--backgrounds", str(folder)), "without": ()}.items():
        out = tmp_path / f"{name}.png"
        what = ("sheet", "people", "--identity", "5", "--size", "32", "--count", "3")
        assert _run(*what, "--columns", "3", *options, "-o", str(out)) == 0
        made[name] = np.split(_read(out)[:36].astype(int), 3, axis=1)
    changed = [(a != b).any() for a, b in zip(made["with"], made["without"], strict=True)]
    assert changed == [False, True, False]
    blue, green, red = made["with"][1][3:6, 3:6].reshape(-1, 3).mean(0)
    assert green > 3 * max(blue, red)


def test_backgrounds_are_refused_where_they_would_not_be_seen(tmp_path: Path):
    cv2.imwrite(str(tmp_path / "green.png"), np.zeros((9, 9, 3), np.uint8))
    given = ("--backgrounds", str(tmp_path), "-o", str(tmp_path / "p.png"))
    with pytest.raises(InputError, match="for `sheet people` alone"):
        _run("sheet", "light", *given)


def test_the_sheet_of_actions_has_all_of_them(drawable: None, tmp_path: Path):
    out = tmp_path / "actions.png"
    assert _run("sheet", "actions", "--size", "32", "--columns", "53", "-o", str(out)) == 0
    sheet = _read(out)
    assert sheet.shape[1] == (len(ACTIONS) + 1) * (32 + 4)
    neutral, *faces = np.split(sheet[2:34, :, :].astype(int), len(ACTIONS) + 1, axis=1)
    changed = [np.abs(face - neutral).max() > 8 for face in faces]
    assert sum(changed) >= len(ACTIONS) - 4


def test_balance_counts_everybody(drawable: None, capsys: pytest.CaptureFixture[str]):
    assert _run("balance", "--people", "60") == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == "60 people:"
    table = dict(line.strip("| ").split(" | ") for line in lines if line.startswith("| "))
    assert {"age", "gender", "descent", "skin tone", "hair", "hair colour", "beard"} <= table.keys()
    assert {"glasses", "hat", "ear-rings", "clothes", "before the face"} <= table.keys()
    for name in ("gender", "age", "hair", "before the face"):
        shares = [float(entry.rpartition(" ")[2]) for entry in table[name].split(", ")]
        assert sum(shares) == pytest.approx(100, abs=1)


def test_missing_assets_are_named(tmp_path: Path):
    out = str(tmp_path / "p.png")
    with pytest.raises(InputError, match="nowhere: no folder of assets"):
        _run("portrait", "--assets", str(tmp_path / "nowhere"), "-o", out)
    with pytest.raises(InputError, match="no folder of assets"):
        _run("shards", "--assets", str(tmp_path / "nowhere"), "-o", str(tmp_path / "s"))
    assert list(tmp_path.iterdir()) == []


def test_wrong_arguments(tmp_path: Path):
    out = str(tmp_path / "p.png")
    with pytest.raises(InputError, match=r"no expression 'smyle': did you mean smile"):
        _run("portrait", "--expression", "smyle", "-o", out)
    with pytest.raises(InputError, match=r"ends in \.png"):
        _run("sheet", "people", "-o", str(tmp_path / "p.jpg"))
    for arguments in (
        ("clip", "--kind", "dance"),
        ("sheet", "houses"),
        ("shards", "--side", "2"),
        ("shards", "--occluded", "2"),
    ):
        with pytest.raises(SystemExit):
            _run(*arguments, "-o", out)


def test_help_loads_nothing_heavy():
    program = (
        "import sys\n"
        "from hyperreenact_core.cli.main import build_parser\n"
        "build_parser()\n"
        "heavy = {'numpy', 'torch', 'cv2', 'anny', 'moderngl'} & sys.modules.keys()\n"
        "sys.exit(' '.join(heavy) or None)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
