"""`hyperreenact reenact`: what a user sees, gets and keeps."""

from __future__ import annotations

import shutil
import signal
import wave
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from hyperreenact_core.cli.main import main
from hyperreenact_core.host import LocalHost
from hyperreenact_core.models.checkpoints import load_network, save_network
from hyperreenact_core.reenact.compare import GAP
from hyperreenact_core.video.pictures import read_image
from hyperreenact_core.video.reader import open_frames
from hyperreenact_core.video.sources import AudioSource
from hyperreenact_core.video.stills import write_image
from hyperreenact_core.video.writer import VideoWriter
from tests.core.reenact.tiny import SIZE, frames, picture, save_tiny_set

RATE = Fraction(30000, 1001)
PATTERN = ".fff.f"


@dataclass(frozen=True)
class Files:
    """A model folder, a source picture and a driving clip with sound."""

    models: Path
    source: Path
    clip: Path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("files")
    save_tiny_set(folder / "models" / "tiny")
    source, clip, sound = folder / "me.png", folder / "clip.mp4", folder / "tone.wav"
    write_image(source, picture(width=72, height=88, seed=5))
    _write_tone(sound, seconds=1.0)
    _write_clip(clip, PATTERN, audio=AudioSource(sound))
    return Files(folder / "models", source, clip)


def _write_clip(path: Path, pattern: str, *, audio: AudioSource | None = None) -> None:
    with VideoWriter(path, width=64, height=64, rate=RATE, audio=audio, crf=5) as writer:
        for frame in frames(pattern):
            writer.write(frame)


def _write_tone(path: Path, *, seconds: float) -> None:
    samples = np.sin(np.arange(int(48000 * seconds)) * 0.06) * 12000
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes(samples.astype("<i2").tobytes())


def reenact(files: Files, out: Path, *options: str, **other: Path) -> int:
    """Run the command; source=, driving= and models= replace the usual files."""
    return main(
        [
            "reenact",
            str(other.get("source", files.source)),
            str(other.get("driving", files.clip)),
            "-o",
            str(out),
            "--model-set",
            "tiny",
            "--model-path",
            str(other.get("models", files.models)),
            "--device",
            "cpu",
            *options,
        ]
    )


def read_all(path: Path) -> list[np.ndarray]:
    with closing(iter(open_frames(path))) as pictures:
        return list(pictures)


def sound_seconds(path: Path) -> float | None:
    """Length of a file's sound; None if it is silent."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return None
        return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))


def test_a_video_keeps_rate_length_and_sound(files: Files, tmp_path: Path, capsys):
    out = tmp_path / "out.mp4"
    out.write_bytes(b"something earlier")
    assert reenact(files, out) == 0
    result = open_frames(out)
    assert result.rate == RATE
    assert (result.width, result.height) == (SIZE, SIZE)
    assert len(read_all(out)) == len(PATTERN)
    assert sound_seconds(out) == pytest.approx(len(PATTERN) / RATE, abs=0.06)
    assert [p.name for p in tmp_path.iterdir()] == ["out.mp4"]
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(f"{out}: 6 frames in ")
    assert last.endswith("2 without a face (1 held, 1 took the first pose)")


def test_dropped_frames_take_the_sound_with_them(files: Files, tmp_path: Path, capsys):
    out = tmp_path / "out.mkv"
    assert reenact(files, out, "--no-face", "skip") == 0
    assert len(read_all(out)) == PATTERN.count("f")
    assert sound_seconds(out) is None
    said = capsys.readouterr().err
    assert "warning: dropped frames put the sound out of step" in said
    assert "2 dropped" in said


def test_a_part_of_a_clip_takes_its_part_of_the_sound(files: Files, tmp_path: Path):
    whole, part = tmp_path / "whole.mp4", tmp_path / "part.mp4"
    assert reenact(files, whole, "--smooth", "1") == 0
    assert reenact(files, part, "--start", "2", "--frames", "3", "--smooth", "1") == 0
    expected, given = read_all(whole)[2:5], read_all(part)
    assert len(given) == 3
    differences = [np.abs(a.astype(int) - b).mean() for a, b in zip(expected, given, strict=True)]
    assert max(differences) < 8  # encoded apart
    assert sound_seconds(part) == pytest.approx(3 / RATE, abs=0.06)


def test_compare_and_paste_back(files: Files, tmp_path: Path):
    out = tmp_path / "frames"
    options = ("--compare", "--paste-back", "--frames", "2", "--face", "centre")
    assert reenact(files, out, *options) == 0
    names = sorted(path.name for path in out.iterdir())
    assert names == ["000000.png", "000001.png"]
    sheet = read_image(out / "000001.png")
    source = read_image(files.source)
    height, width = source.shape[:2]
    assert sheet.shape == (height, 2 * width + height + 2 * GAP, 3)
    assert np.array_equal(sheet[:, :width], source)
    pasted = sheet[:, -width:]
    assert np.array_equal(pasted[:4], source[:4])
    assert (pasted != source).any()


def test_pictures_and_folders_drive_too(files: Files, tmp_path: Path):
    folder = tmp_path / "driving"
    folder.mkdir()
    for index, frame in enumerate(frames("ff")):
        write_image(folder / f"{index}.png", frame)
    out = tmp_path / "out.gif"
    assert reenact(files, out, "--fps", "10", driving=folder) == 0
    assert open_frames(out).rate == 10
    still = tmp_path / "still.png"
    assert reenact(files, still, driving=folder / "0.png") == 0
    assert read_image(still).shape == (SIZE, SIZE, 3)


def test_a_clip_without_any_face_is_said(files: Files, tmp_path: Path, capsys):
    driving = tmp_path / "dark.mp4"
    _write_clip(driving, "..")
    assert reenact(files, tmp_path / "out.mp4", driving=driving) == 0
    assert f"warning: no frame of {driving} shows a face" in capsys.readouterr().err
    assert reenact(files, tmp_path / "other.mp4", "--no-face", "skip", driving=driving) == 2
    assert "none of 2 frames shows a face" in capsys.readouterr().err
    assert not (tmp_path / "other.mp4").exists()


def test_ctrl_c_keeps_a_playable_video(files: Files, tmp_path: Path, capsys, monkeypatch):
    checks = 0

    def press_ctrl_c(self: LocalHost) -> None:
        nonlocal checks
        checks += 1
        # Frames 0 to 3 come in and go out, then frame 4 comes in.
        if checks == 9:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(LocalHost, "check_interrupt", press_ctrl_c)
    out = tmp_path / "out.mp4"
    assert reenact(files, out, "--batch-size", "1", "--smooth", "1", "--no-face", "source") == 130
    assert len(read_all(out)) == 4
    assert sound_seconds(out) is not None
    assert [p.name for p in tmp_path.iterdir()] == ["out.mp4"]
    assert f"4 frames are kept in {out}" in capsys.readouterr().err.splitlines()


def test_a_clip_that_breaks_off_keeps_what_was_done(files: Files, tmp_path: Path, capsys):
    driving, out = tmp_path / "clip.mp4", tmp_path / "out.mp4"
    _write_clip(driving, "f" * 24)
    data = driving.read_bytes()
    driving.write_bytes(data[: len(data) * 2 // 3])
    assert reenact(files, out, "--batch-size", "2", "--smooth", "1", driving=driving) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith(f"error: {driving} breaks off")
    kept = len(read_all(out))
    assert kept >= 8
    assert said.endswith(f"the {kept} frames before that are kept in {out}")


def test_a_face_lost_midway_keeps_what_was_done(files: Files, tmp_path: Path, capsys):
    driving = tmp_path / "clip.mp4"
    _write_clip(driving, "fff.f")
    out = tmp_path / "out.mp4"
    out.write_bytes(b"something earlier")
    options = ("--no-face", "error", "--batch-size", "1", "--smooth", "1")
    assert reenact(files, out, *options, driving=driving) == 2
    partial = tmp_path / "out.partial.mp4"
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("error: clip.mp4, frame 3: no face was found")
    assert said.endswith(f"the 3 frames before that are kept in {partial}")
    assert len(read_all(partial)) == 3
    assert out.read_bytes() == b"something earlier"


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
    save_network(path, network, kind="hypernetwork", config=network.config, half=False)
    data = bytearray(path.read_bytes())
    data[-4:] = np.float32(np.nan).tobytes()
    path.write_bytes(bytes(data))


CASES = {
    "missing source": Bad("nobody.png: there is no such file", source="nobody.png"),
    "empty source": Bad("empty.png is empty", source="empty.png"),
    "text named .png": Bad("text.png is not a picture", source="text.png"),
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
    "psi": Bad("psi must lie in 0..1", options=("--psi", "1.5")),
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
        ("--batch-size", "0"),
        ("--strength", "1,2"),
        ("--fps", "0"),
        ("--crf", "99"),
        ("--start", "-1"),
    ],
)
def test_senseless_options_are_refused_by_name(option: tuple[str, str], files: Files, capsys):
    with pytest.raises(SystemExit) as stopped:
        reenact(files, Path("out.mp4"), *option)
    assert stopped.value.code == 2
    assert f"argument {option[0]}" in capsys.readouterr().err
