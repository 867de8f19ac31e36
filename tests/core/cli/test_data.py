"""`hyperreenact data prepare` on shipped portraits, with the starter set's own detector."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from hyperreenact_core.cli.main import main
from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.training.data.clips import load_clips
from hyperreenact_core.training.prepare import workers
from hyperreenact_core.video.pictures import read_image
from hyperreenact_core.video.stills import write_image
from hyperreenact_core.video.writer import VideoWriter

PEOPLE, CLIPS, FRAMES = 3, 2, 4
PORTRAITS = Path(__file__).resolve().parents[3] / "workflows" / "samples"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six good clips in all layouts, a corrupt one, an empty one and one without a face."""
    folder = tmp_path_factory.mktemp("people")
    for person in range(PEOPLE):
        for clip in range(CLIPS):
            pictures = head(person, seed=10 * person + clip)
            if person == 0:
                write_video(folder / "id0" / f"video{clip}" / "00001.mp4", pictures)
            elif person == 1:
                write_video(folder / "id1" / f"{clip}.mp4", pictures)
            else:
                write_pictures(folder / "id2" / "video" / f"{clip}", pictures)
    (folder / "id1" / "corrupt.mp4").write_bytes(b"\0\1\2\3" * 500)
    (folder / "id2" / "video" / "empty.mp4").touch()
    write_video(folder / "id3" / "landscape.mp4", landscape())
    return folder


def head(person: int, *, seed: int) -> list[ImageU8]:
    """A shipped portrait before a camera that shakes."""
    portrait = read_image(sorted(PORTRAITS.glob("*.png"))[person])
    side = min(portrait.shape[:2])
    shifts = np.random.default_rng(seed).uniform(0, 0.05 * side, (FRAMES, 2)).astype(int)
    keep = side - int(0.05 * side)
    cuts = [portrait[y : y + keep, x : x + keep] for x, y in shifts]
    return [cv2.resize(cut, (112, 112), interpolation=cv2.INTER_AREA) for cut in cuts]


def landscape() -> list[ImageU8]:
    colours = np.random.default_rng(0).integers(0, 255, (6, 8, 3)).astype(np.uint8)
    return [cv2.resize(colours, (112, 112), interpolation=cv2.INTER_CUBIC)] * 2


def write_video(path: Path, pictures: list[ImageU8]) -> None:
    with VideoWriter(path, width=112, height=112, rate=Fraction(25)) as writer:
        for picture in pictures:
            writer.write(picture)


def write_pictures(folder: Path, pictures: list[ImageU8]) -> None:
    folder.mkdir(parents=True)
    for index, picture in enumerate(pictures):
        write_image(folder / f"{index:04d}.jpg", picture)


def prepare(people: Path, out: Path, *options: str) -> int:
    return main(["data", "prepare", str(people), "-o", str(out), "--device", "cpu", *options])


def test_good_clips_become_crops_and_bad_ones_are_named(
    people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prepare(people, tmp_path / "shards") == 0
    out, err = capsys.readouterr()
    assert "24 of 26 frames kept: 6 clips of 3 people; dropped: 2 no face" in out
    problems = {line.partition(": ")[0] for line in out.splitlines()[1:-1]}
    assert problems == {"id1/corrupt.mp4", "id2/video/empty.mp4", "id3/landscape.mp4"}
    assert "9/9" in err
    clips = load_clips(tmp_path / "shards")
    assert (len(clips), clips.size, len(clips.clip_names)) == (24, 128, PEOPLE * CLIPS)
    # Every crop shows its face where the set's networks expect it.
    marks = clips.landmarks
    low, high = marks.amin(1), marks.amax(1)
    assert bool(((high - low).amax(1) - 128 / 1.7).abs().max() < 6)
    centre = (low + high) / 2
    assert bool(((centre - torch.tensor([64.0, 64 + 128 / 1.7 / 6])).abs() < 8).all())
    # People differ more than the frames of one clip.
    random = torch.Generator().manual_seed(0)
    index = torch.arange(24).repeat(4)
    images = clips.batch(index)
    own = (images - clips.batch(clips.partner(index, random))).abs().mean()
    other = (images - clips.batch(clips.stranger(index, random))).abs().mean()
    assert float(own) < 0.5 * float(other)


def test_options_reach_the_crops(people: Path, tmp_path: Path) -> None:
    options = ("--size", "64", "--every", "3", "--min-face", "20", "--smooth", "1")
    assert prepare(people / "id0", tmp_path / "s", *options) == 0
    clips = load_clips(tmp_path / "s")
    assert clips.size == 64
    assert clips.frame.tolist() == [0, 3] * CLIPS


def test_ctrl_c_keeps_what_is_done_and_the_next_run_goes_on(
    people: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    real, seen = workers.prepare_clip, []

    def stopping(clip, *args, **kwargs):
        seen.append(clip.name)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return real(clip, *args, **kwargs)

    monkeypatch.setattr(workers, "prepare_clip", stopping)
    assert prepare(people / "id0", tmp_path / "s", "--max-frames", "2") == 130
    assert "interrupted" in capsys.readouterr().err
    assert load_clips(tmp_path / "s").clip_names == ("video0/00001.mp4",)
    assert prepare(people / "id0", tmp_path / "s", "--max-frames", "2") == 0
    assert seen == [f"video{number}/00001.mp4" for number in (0, 1, 1)]
    assert len(load_clips(tmp_path / "s").clip_names) == CLIPS


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--model-set", "nowhere"), "no model set 'nowhere'"),
        (("--size", "4"), "16 or more"),
    ],
)
def test_wrong_options_are_one_line_and_write_nothing(
    people: Path,
    tmp_path: Path,
    options: tuple[str, ...],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert prepare(people, tmp_path / "s", *options) == 2
    err = capsys.readouterr().err
    assert message in err
    assert "Traceback" not in err
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--every", "0", "whole number, 1 or more"),
        ("--stabilise", "4", "even"),
        ("--smooth", "4", "even"),
        ("--workers", "-1", "whole number, 0 or more"),
        ("--min-score", "7", "number from 0 to 1"),
        ("--max-padding", "nan", "number, 0 or more"),
    ],
)
def test_numbers_that_make_no_sense_are_refused_by_name(
    option: str, value: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["data", "prepare", "people", "--out", str(tmp_path / "s"), option, value])
    assert caught.value.code == 2
    err = capsys.readouterr().err
    assert f"argument {option}" in err
    assert message in err
    assert not (tmp_path / "s").exists()


def test_the_help_asks_for_consent(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["data", "prepare", "--help"])
    assert caught.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "only of people who have agreed" in text
    assert "PERSON/VIDEO/CLIP.mp4" in text
