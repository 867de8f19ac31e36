"""`hyperreenact reenact`: what a user sees, gets and keeps."""

from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hyperreenact_core.cli.main import build_parser, main
from hyperreenact_core.face.paste import paste_back
from hyperreenact_core.host import LocalHost
from hyperreenact_core.imaging import ImageU8, tensor_from_u8
from hyperreenact_core.models.sets import LoadedSet
from hyperreenact_core.reenact.compare import GAP
from hyperreenact_core.reenact.options import ReenactOptions
from hyperreenact_core.reenact.placing import feather_of
from hyperreenact_core.reenact.source import analyse_source
from hyperreenact_core.video.pictures import read_image
from hyperreenact_core.video.reader import open_frames
from hyperreenact_core.video.stills import write_image
from tests.core.cli.reenact_files import (
    PATTERN,
    RATE,
    Files,
    read_all,
    reenact,
    sound_seconds,
    write_clip,
)
from tests.core.reenact.tiny import SIZE, frames
from tests.core.reenact.two_people import CROSS, two_in_a_picture


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


def test_faces_are_looked_for_in_boxes_alone(files: Files, tmp_path: Path, capsys):
    out, boxes = tmp_path / "out.mp4", tmp_path / "boxes.csv"
    size = open_frames(files.clip)
    assert reenact(files, out, "--box", f"0,0,{size.width},{size.height}") == 0
    assert len(read_all(out)) == len(PATTERN)
    boxes.write_text("x,y,width,height\n" + 2 * f"0,0,{size.width},{size.height}\n")
    assert reenact(files, out, "--box", str(boxes), "--start", "1") == 2
    assert "boxes for fewer frames" in capsys.readouterr().err
    assert reenact(files, out, "--box", "1,2,3") == 2
    assert "a box is x,y,width,height" in capsys.readouterr().err


def test_a_pose_track_drives_with_its_own_rate(files: Files, tmp_path: Path, capsys):
    act, out, mask = tmp_path / "act.csv", tmp_path / "out.mp4", tmp_path / "mask.png"
    act.write_text("time,jawOpen\n" + "".join(f"{at / 50},{at / 10}\n" for at in range(5)))
    write_image(mask, np.full((88, 72, 3), 255, np.uint8))
    options = ("--detail", "1", "--size", "64", "--start", "1", "--frames", "3")
    assert reenact(files, out, *options, driving=act) == 0
    assert (open_frames(out).rate, len(read_all(out))) == (50, 3)
    options = ("--detail", "1", "--paste-back", "--frames", "1", "--front", str(mask))
    assert reenact(files, tmp_path / "still.png", *options, driving=act) == 0
    assert np.array_equal(read_image(tmp_path / "still.png"), read_image(files.source))
    assert reenact(files, out, "--compare", driving=act) == 2
    assert "has no pictures to show" in capsys.readouterr().err
    assert reenact(files, out, "--start", "5", driving=act) == 2
    assert "there is no frame 5" in capsys.readouterr().err


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
    assert (pasted != source).any()
    assert np.array_equal(pasted, pasted_by_hand(files, source, tmp_path / "faces"))


def pasted_by_hand(files: Files, source: ImageU8, faces: Path) -> ImageU8:
    """The second face of the clip, drawn alone, laid over the source."""
    assert reenact(files, faces, "--frames", "2", "--face", "centre") == 0
    face = tensor_from_u8(read_image(faces / "000001.png"))[0]
    models, host = LoadedSet(files.models / "tiny"), LocalHost(device="cpu")
    crop = analyse_source(source, models, host, choice="centre").crop
    feather = feather_of(ReenactOptions(detail=0))
    place = crop.crop_from_frame
    return paste_back(source, face, place, feather=feather, colour_match=True).frame


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
    write_clip(driving, "..")
    assert reenact(files, tmp_path / "out.mp4", driving=driving) == 2
    assert "none of the 2 driving frame(s) shows a face" in capsys.readouterr().err
    assert not (tmp_path / "out.mp4").exists()
    assert reenact(files, tmp_path / "out.mp4", "--no-face", "source", driving=driving) == 0
    assert f"warning: no frame of {driving} shows a face" in capsys.readouterr().err
    assert reenact(files, tmp_path / "other.mp4", "--no-face", "skip", driving=driving) == 2
    assert "none of 2 frames shows a face" in capsys.readouterr().err
    assert not (tmp_path / "other.mp4").exists()


def test_ctrl_c_keeps_a_playable_video(files: Files, tmp_path: Path, capsys, monkeypatch):
    def press_ctrl_c(self: LocalHost, done: int, total: int | None, preview: object) -> None:
        if done == 5:  # drawn, and not written yet
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(LocalHost, "progress", press_ctrl_c)
    out = tmp_path / "out.mp4"
    assert reenact(files, out, "--batch-size", "1", "--smooth", "1", "--no-face", "source") == 130
    assert len(read_all(out)) == 4
    assert sound_seconds(out) is not None
    assert [p.name for p in tmp_path.iterdir()] == ["out.mp4"]
    assert f"4 frames are kept in {out}" in capsys.readouterr().err.splitlines()


def test_a_clip_that_breaks_off_keeps_what_was_done(files: Files, tmp_path: Path, capsys):
    driving, out = tmp_path / "clip.mp4", tmp_path / "out.mp4"
    write_clip(driving, "f" * 24)
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
    write_clip(driving, "fff.f")
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


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (("--smooth", "5"), {"stabilise": 5}),
        (("--psi", "0.5"), {"truncation_psi": 0.5}),
        (("--match-colours",), {"colour_match": True}),
        (("--strength", "1,0.5,0"), {"strength": (1.0, 0.5, 0.0)}),
    ],
)
def test_former_names_of_options_still_work_and_are_not_shown(old, new, capsys):
    parser = build_parser()
    line = ["reenact", "me.png", "clip.mp4", "-o", "out.mp4"]
    args = vars(parser.parse_args([*line, *old]))
    assert {name: args[name] for name in new} == new
    with pytest.raises(SystemExit):
        parser.parse_args(["reenact", "--help"])
    assert old[0] not in capsys.readouterr().out


def test_a_cut_out_portrait_stays_cut_out(files: Files, tmp_path: Path):
    cut_out = np.array(Image.open(files.source).convert("RGBA"))
    cut_out[:, : cut_out.shape[1] // 4, 3] = 0
    source, out = tmp_path / "me.png", tmp_path / "out"
    Image.fromarray(cut_out).save(source)
    assert reenact(files, out, "--paste-back", "--frames", "2", source=source) == 0
    written = np.array(Image.open(out / "000000.png"))
    assert np.array_equal(written[..., 3], cut_out[..., 3])


def test_several_faces_perform_in_one_picture(tmp_path: Path, capsys):
    source, driving, out = tmp_path / "two.png", tmp_path / "one.png", tmp_path / "out.png"
    write_image(source, two_in_a_picture())
    write_image(driving, next(iter(open_frames(CROSS.driving))))
    faces = ("reenact", str(source), str(driving), "--device", "cpu", "-o", str(out))
    assert main([*faces, "--all-faces"]) == 0
    both = read_image(out)
    moved = np.abs(both.astype(int) - two_in_a_picture()).mean((0, 2))
    assert min(moved[:150].mean(), moved[170:].mean()) > 1
    assert main([*faces, "--face", "0", "--also", "1", str(driving), "leftmost"]) == 0
    assert np.array_equal(read_image(out), both)
    capsys.readouterr()
    assert main([*faces, "--also", "7"]) == 2
    assert f"{source}: face number 7 was asked for" in capsys.readouterr().err
    assert main([*faces, "--also", "upper"]) == 2
    assert "--also: 'upper': say largest" in capsys.readouterr().err
