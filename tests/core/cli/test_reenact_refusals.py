"""`hyperreenact reenact`: what is wrong is said in one line, with exit code 2."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest

from hyperreenact_core.models.checkpoints import load_network, save_network
from hyperreenact_core.video.stills import write_image
from tests.core.cli.reenact_files import (
    Files,
    reenact,
)
from tests.core.reenact.tiny import frames, picture


@dataclass(frozen=True)
class Bad:
    """Something wrong, and what the one line on stderr must say."""

    expected: str
    options: tuple[str, ...] = ()
    source: str | None = None
    driving: str | None = None
    models: str | None = None
    out: str = "out.mp4"


@pytest.fixture(scope="module")
def junk(files: Files, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of things that cannot be used."""
    folder = tmp_path_factory.mktemp("junk")
    (folder / "empty.png").touch()
    (folder / "text.png").write_text("no picture at all\n" * 20)
    write_image(folder / "dark.png", picture(0))
    write_image(folder / "dot.png", np.zeros((1, 1, 3), np.uint8))
    _write_half_a_recording(folder / "cut.mp4")
    with av.open(str(folder / "sound.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    for name in ("nan", "swapped", "cut", "gone"):
        shutil.copytree(files.models / "tiny", folder / name / "tiny")
    _poison(folder / "nan" / "tiny" / "hypernetwork.safetensors")
    tiny = folder / "swapped" / "tiny"
    shutil.copy(tiny / "pose.safetensors", tiny / "generator.safetensors")
    weights = folder / "cut" / "tiny" / "e4e.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    (folder / "gone" / "tiny" / "landmarks.safetensors").unlink()
    return folder


def _write_half_a_recording(path: Path) -> None:
    """As cameras write them, the index comes last: half of such a file has none."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for frame in frames("ffff"):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        container.mux(stream.encode(None))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _poison(path: Path) -> None:
    """Write NaN into a weights file, which `save_network` itself refuses to do."""
    network = load_network(path, "hypernetwork")
    save_network(path, network, kind="hypernetwork", config=network.config, storage="float32")
    data = bytearray(path.read_bytes())
    data[-4:] = np.float32(np.nan).tobytes()
    path.write_bytes(bytes(data))


CASES = {
    "missing source": Bad("nobody.png: there is no such file", source="nobody.png"),
    "empty source": Bad("empty.png is empty", source="empty.png"),
    "text named .png": Bad("text.png cannot be read", source="text.png"),
    "one pixel": Bad("dot.png is only 1x1 pixels", source="dot.png"),
    "no face": Bad("dark.png shows no face", source="dark.png"),
    "missing driving clip": Bad("no.mp4: there is no such file", driving="no.mp4"),
    "text as driving clip": Bad("text.png cannot be read", driving="text.png"),
    "clip cut off": Bad("cut.mp4 cannot be read", driving="cut.mp4"),
    "clip of sound alone": Bad("sound.mp4 has sound but no picture", driving="sound.mp4"),
    "NaN weights": Bad("weights hold NaN or Inf", models="nan"),
    "weights of another network": Bad("holds a pose, a generator is needed", models="swapped"),
    "weights cut off": Bad("damaged or cut off", models="cut"),
    "weights missing": Bad("is not complete, landmarks.safetensors", models="gone"),
    "unknown set": Bad("no model set 'other'", options=("--model-set", "other")),
    "no such folder possible": Bad("out.mp4 cannot be written", out="text.png/out.mp4"),
    "unknown suffix": Bad(".avi files cannot be written", out="out.avi"),
    "several frames into a picture": Bad("can hold one picture only", out="out.png"),
    "start beyond the end": Bad("there is no frame 6", options=("--start", "6")),
    "face number": Bad("me.png: face number 40", options=("--face", "40")),
    "device": Bad("--device warp cannot be used here", options=("--device", "warp")),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_is_wrong_is_said_in_one_line(case: Bad, files: Files, junk: Path, capsys):
    before = sorted(junk.rglob("*"))
    replaced = {
        role: junk / name
        for role, name in vars(case).items()
        if role in ("source", "driving", "models") and name is not None
    }
    assert reenact(files, junk / case.out, *case.options, **replaced) == 2
    output = capsys.readouterr()
    lines = output.err.splitlines()
    assert len(lines) == 1, output.err
    assert lines[0].startswith("error: ")
    assert case.expected in lines[0]
    assert output.out == ""
    assert sorted(junk.rglob("*")) == before, "something was left behind"


def test_files_are_checked_before_weights_are_touched(files: Files, junk: Path, capsys):
    """With damaged weights and a wrong file, the file is what is named."""
    for role, name, expected in (
        ("source", "empty.png", "empty.png is empty"),
        ("driving", "sound.mp4", "sound but no picture"),
    ):
        replaced = {"models": junk / "nan", role: junk / name}
        assert reenact(files, junk / "out.mp4", **replaced) == 2
        assert expected in capsys.readouterr().err
    assert reenact(files, junk / "text.png" / "out.mp4", models=junk / "nan") == 2
    assert "cannot be written" in capsys.readouterr().err


def test_inputs_are_not_overwritten(files: Files, tmp_path: Path, capsys):
    clip = tmp_path / "clip.mp4"
    shutil.copy(files.clip, clip)
    before = clip.read_bytes()
    assert reenact(files, clip, driving=clip) == 2
    assert "is also an input" in capsys.readouterr().err
    assert clip.read_bytes() == before


@pytest.mark.parametrize(
    "option",
    [
        ("--face", "biggest"),
        ("--smooth", "4"),
        ("--stabilise", "9.5"),
        ("--batch-size", "-1"),
        ("--strength", "1,2"),
        ("--strength", "nan,1,1"),
        ("--strength", "1,inf,1"),
        ("--strength", "1,1,1e30"),
        ("--coarse", "nan"),
        ("--middle", "-0.1"),
        ("--fine", "2.1"),
        ("--psi", "1.5"),
        ("--truncation-psi", "nan"),
        ("--fps", "0"),
        ("--crf", "99"),
        ("--start", "-1"),
        ("--crop-size", "0.5"),
        ("--crop-x", "0.6"),
        ("--crop-y", "nan"),
        ("--crop-roll", "-46"),
    ],
)
def test_senseless_options_are_refused_by_name(option: tuple[str, str], files: Files, capsys):
    with pytest.raises(SystemExit) as stopped:
        reenact(files, Path("out.mp4"), *option)
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert f"argument {option[0]}" in said
    assert "invalid" not in said, "the name of a function tells nobody what to give"
