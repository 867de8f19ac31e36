"""`hyperreenact render --style drawn` from the arguments to the files."""

import argparse
from fractions import Fraction
from pathlib import Path

import av
import cv2
import pytest

from hyperreenact_core.cli import render as command
from hyperreenact_core.errors import InputError


def _run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers())
    action, *options = arguments
    args = parser.parse_args(["render", action, "--style", "drawn", *options])
    return args.run(args)


def test_portrait(tmp_path: Path):
    out = tmp_path / "p.png"
    who = ("--identity", "3", "--pose=-40,5,0")
    assert _run("portrait", "--size", "48", *who, "-o", str(out)) == 0
    picture = cv2.imread(str(out))
    assert picture is not None
    assert picture.shape == (48, 48, 3)
    assert picture.std() > 20


def test_clip_has_picture_and_sound(tmp_path: Path):
    out = tmp_path / "c.mp4"
    rate = "30000/1001"
    assert _run("clip", "--size", "48", "--frames", "15", "--fps", rate, "-o", str(out)) == 0
    with av.open(str(out)) as container:
        (video,), (audio,) = container.streams.video, container.streams.audio
        assert video.average_rate == Fraction(rate)
        assert sum(1 for _ in container.decode(video)) == 15
        assert audio.duration is not None
        assert abs(float(audio.duration * audio.time_base) - 0.5) < 0.1


def test_shards(tmp_path: Path):
    counts = ("--identities", "2", "--clips-per-identity", "1", "--frames-per-clip", "1")
    assert _run("shards", "--size", "16", *counts, "-o", str(tmp_path / "s")) == 0
    assert len(list((tmp_path / "s").glob("*.safetensors"))) == 1


def test_options_of_the_other_style_are_refused(tmp_path: Path):
    with pytest.raises(InputError, match="--expression is not for --style drawn"):
        _run("portrait", "--expression", "laugh", "-o", str(tmp_path / "p.png"))
    with pytest.raises(InputError, match="--occluded is not for --style drawn"):
        _run("shards", "--occluded", "0", "-o", str(tmp_path / "s"))


def test_wrong_arguments(tmp_path: Path):
    with pytest.raises(InputError, match=r"\.png"):
        _run("portrait", "-o", str(tmp_path / "p.jpg"))
    for arguments in (("--pose", "1,2"), ("--size", "0"), ("--identity", "-1")):
        with pytest.raises(SystemExit):
            _run("portrait", *arguments, "-o", str(tmp_path / "p.png"))
