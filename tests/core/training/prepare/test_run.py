"""A folder of people into shards: resumed, never mixed, the same however it is made."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from hyperreenact_core.errors import InputError, OutputError
from hyperreenact_core.host import LocalHost, Spread
from hyperreenact_core.models import tensor_files
from hyperreenact_core.models.sets import load_set
from hyperreenact_core.reenact.views import crop_rule
from hyperreenact_core.training.data.clips import PreparedClips, load_clips
from hyperreenact_core.training.prepare.quality import QualityLimits
from hyperreenact_core.training.prepare.report import PrepareReport
from hyperreenact_core.training.prepare.run import prepare_clips
from hyperreenact_core.training.prepare.settings import PrepareSettings
from hyperreenact_core.video.stills import write_image
from tests.core.reenact.tiny import frames, save_tiny_set
from tests.core.spreading import spread

PATTERNS = {
    "ann/a": "fff",
    "ann/b": "f.ff",
    "ben/v/a": "ff",
    "ben/v/dark": "...",
    "cas/a": "ffff",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model set in models/tiny and people in people/, one of whose clips cannot be read."""
    folder = tmp_path_factory.mktemp("files")
    save_tiny_set(folder / "models" / "tiny")
    for name, pattern in PATTERNS.items():
        clip = folder / "people" / name
        clip.mkdir(parents=True)
        for index, frame in enumerate(frames(pattern)):
            write_image(clip / f"{index}.png", frame)
    (folder / "people" / "ben" / "broken.mp4").write_bytes(b"broken")
    (folder / "people" / "dan").mkdir()
    return folder


class StopsAt(LocalHost):
    """Is cancelled by its user at the nth frame."""

    def __init__(self, frame: int = -1) -> None:
        self.shown: list[tuple[int, int | None]] = []
        super().__init__(device="cpu", on_progress=lambda *at: self.shown.append(at))
        self._left = frame

    def check_interrupt(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise KeyboardInterrupt


def run(
    files: Path,
    out: Path,
    *,
    host: StopsAt | None = None,
    workers: int = 0,
    spread: Spread | None = None,
    size: int = 32,
    every: int = 1,
) -> PrepareReport:
    """Every clip of three frames or more fills a shard."""
    models = load_set("tiny", [files / "models"])
    settings = PrepareSettings(
        model_set="tiny",
        rule=replace(crop_rule(models.settings), size=size),
        limits=QualityLimits(min_face=8, max_padding=1.0),
        every=every,
    )
    return prepare_clips(
        files / "people",
        out,
        models=models,
        host=host or StopsAt(),
        settings=settings,
        workers=workers,
        spread=spread,
        shard_bytes=3 * 32 * 32 * 3,
    )


@pytest.fixture(scope="module")
def prepared(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("prepared")
    run(files, out)
    return out


def same_data(a: PreparedClips, b: PreparedClips) -> bool:
    names = ("identity", "clip", "frame", "landmarks")
    every = torch.arange(len(a))
    return (
        a.identity_names == b.identity_names
        and a.clip_names == b.clip_names
        and all(torch.equal(getattr(a, name), getattr(b, name)) for name in names)
        and torch.equal(a.batch(every), b.batch(every))
    )


def test_shards_index_and_report(files: Path, tmp_path: Path) -> None:
    host = StopsAt()
    report = run(files, tmp_path, host=host)
    assert (report.identities, report.clips, report.frames) == (3, 4, 12)
    assert report.dropped == {"no face": 4}
    assert set(report.problems) == {"ben/broken.mp4", "ben/v/dark", "dan"}
    assert host.shown == [(done, 6) for done in range(7)]
    clips = load_clips(tmp_path)
    assert clips.clip_names == ("ann/a", "ann/b", "ben/v/a", "cas/a")
    assert clips.clip.bincount().tolist() == [3, 3, 2, 4]
    assert clips.identity.bincount().tolist() == [6, 2, 4]
    assert clips.frame[3:6].tolist() == [0, 2, 3]
    index = json.loads((tmp_path / "index.json").read_text())
    assert [shard["frames"] for shard in index["shards"]] == [3, 3, 6]
    assert [(shard["first_clip"], shard["clips"]) for shard in index["shards"]] == [
        (0, 1),
        (1, 1),
        (2, 2),
    ]
    written = json.loads((tmp_path / "report.json").read_text())
    assert written["totals"]["frames"] == 12
    assert {clip["name"]: clip["kept"] for clip in written["clips"]}["ann/b"] == 3
    text = (tmp_path / "report.md").read_text()
    assert "12 of 16 frames kept: 4 clips of 3 people; dropped: 4 no face" in text
    assert "- `ben/v/dark`: none of its 3 frames is usable: 3 no face" in text
    assert not list(tmp_path.glob(".*"))


def test_a_second_run_looks_only_at_what_could_not_be_read(files: Path, prepared: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in prepared.glob("*.safetensors")}
    host = StopsAt()
    report = run(files, prepared, host=host)
    assert report.frames == 12
    assert host.shown == [(5, 6), (6, 6)]
    assert before == {path.name: path.stat().st_mtime_ns for path in prepared.glob("*.safe*")}


@pytest.mark.parametrize("frame", [1, 6, 13])
def test_a_cancelled_run_keeps_whole_clips_and_goes_on(
    files: Path, prepared: Path, tmp_path: Path, frame: int
) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        run(files, out, host=StopsAt(frame))
    if frame > 3:
        kept = load_clips(out)
        assert kept.clip_names == ("ann/a", "ann/b", "ben/v/a")[: 1 if frame == 6 else 3]
        assert "clips not looked at yet" in (out / "report.md").read_text()
    run(files, out)
    assert same_data(load_clips(out), load_clips(prepared))


def test_a_killed_run_loses_only_what_was_not_in_the_ledger(
    files: Path, prepared: Path, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(files, tmp_path, host=StopsAt(9))
    # As if it had been killed while it wrote the line of the second shard.
    ledger = tmp_path / "progress.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(lines[0] + lines[1][:20])
    half = tmp_path / ".hyperreenact-1.part"
    half.mkdir()
    (half / "lock").touch()
    (half / "result.safetensors").write_bytes(b"half")
    (tmp_path / "index.json").unlink()
    run(files, tmp_path)
    assert same_data(load_clips(tmp_path), load_clips(prepared))
    assert not list(tmp_path.glob(".*"))


@pytest.mark.slow
def test_workers_make_the_same(files: Path, prepared: Path, tmp_path: Path) -> None:
    run(files, tmp_path, workers=1)
    assert same_data(load_clips(tmp_path), load_clips(prepared))


def test_workers_of_a_cluster_make_the_same(files: Path, prepared: Path, tmp_path: Path) -> None:
    run(files, tmp_path, spread=spread)
    assert same_data(load_clips(tmp_path), load_clips(prepared))


def test_two_runs_do_not_write_into_one_folder(files: Path, prepared: Path, tmp_path: Path) -> None:
    class Second(StopsAt):
        def check_interrupt(self) -> None:
            with pytest.raises(OutputError, match="another run is making shards"):
                run(files, tmp_path)
            super().check_interrupt()

    with pytest.raises(KeyboardInterrupt):
        run(files, tmp_path, host=Second(1))
    run(files, tmp_path)
    assert same_data(load_clips(tmp_path), load_clips(prepared))


def test_new_clips_are_added(files: Path, tmp_path: Path) -> None:
    people = tmp_path / "people"
    people.mkdir()
    (people / "cas").symlink_to(files / "people" / "cas")
    (tmp_path / "models").symlink_to(files / "models")
    run(tmp_path, tmp_path / "out")
    (people / "ann").symlink_to(files / "people" / "ann")
    run(tmp_path, tmp_path / "out")
    clips = load_clips(tmp_path / "out")
    assert clips.clip_names == ("cas/a", "ann/a", "ann/b")
    assert clips.identity_names == ("cas", "ann")
    assert clips.identity.tolist() == [0] * 4 + [1] * 6


@pytest.mark.parametrize(
    ("change", "message"),
    [({"size": 48}, r"rule\.size was 32 and is 48"), ({"every": 2}, "every was 1 and is 2")],
)
def test_other_settings_are_refused_by_name(
    files: Path, prepared: Path, change: dict[str, int], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        run(files, prepared, **change)


def test_folders_that_hold_something_else_are_refused(files: Path, tmp_path: Path) -> None:
    (tmp_path / "diary.txt").touch()
    with pytest.raises(InputError, match="not empty"):
        run(files, tmp_path)
    with pytest.raises(InputError, match="is a file"):
        run(files, tmp_path / "diary.txt")


def test_nothing_usable_is_an_error_that_names_the_report(files: Path, tmp_path: Path) -> None:
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "ben").symlink_to(files / "people" / "ben" / "v" / "dark")
    (tmp_path / "models").symlink_to(files / "models")
    out = tmp_path / "out"
    with pytest.raises(InputError, match=r"report\.md says why"):
        run(tmp_path, out)
    assert "3 no face" in (out / "report.md").read_text()


def test_a_full_disk_is_an_error_and_leaves_no_half_file(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(tensors: object, path: Path, **_: object) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tensor_files, "save_file", full)
    with pytest.raises(OutputError, match="No space left"):
        run(files, tmp_path)
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["prepare.json"]
    assert run(files, tmp_path).frames == 12


def test_a_ledger_that_is_none_is_refused(files: Path, tmp_path: Path) -> None:
    run(files, tmp_path)
    (tmp_path / "progress.jsonl").write_text("{}\n")
    with pytest.raises(InputError, match="is damaged"):
        run(files, tmp_path)
