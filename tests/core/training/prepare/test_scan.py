"""Which clips a folder of people holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyperreenact_core.errors import InputError
from hyperreenact_core.training.prepare.scan import clip_pictures, find_clips, identity_of


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def names(folder: Path) -> list[str]:
    return [clip.name for clip in find_clips(folder, skip=folder / "shards").clips]


@pytest.mark.parametrize(
    ("files", "clips"),
    [
        (["id1/v1/00001.mp4", "id1/v1/00002.mp4"], ["id1/v1/00001.mp4", "id1/v1/00002.mp4"]),
        (["ann/a.MOV", "ann/b.mkv"], ["ann/a.MOV", "ann/b.mkv"]),
        (["ann/c/1.png", "ann/c/2.png"], ["ann/c"]),
        (["ann/v/c/1.jpg", "ann/v/d/1.jpg"], ["ann/v/c", "ann/v/d"]),
        (["ann/1.jpg", "ann/2.jpg"], ["ann"]),
        (["ann/v/c.mp4", "ann/v/thumbnail.jpg", "ann/v/c.txt"], ["ann/v/c.mp4"]),
        (["ann/.hidden.mp4", "ann/a.mp4", ".cache/b.mp4"], ["ann/a.mp4"]),
        (["ben/a.mp4", "ann/a.mp4", "shards/x.mp4"], ["ann/a.mp4", "ben/a.mp4"]),
    ],
)
def test_layouts(tmp_path: Path, files: list[str], clips: list[str]) -> None:
    touch(tmp_path, *files)
    assert names(tmp_path) == clips


def test_the_first_folder_is_the_person() -> None:
    assert identity_of("id1/video/00001.mp4") == "id1"
    assert identity_of("id1") == "id1"


def test_strays_are_named_and_other_files_counted(tmp_path: Path) -> None:
    touch(tmp_path, "ann/a.mp4", "ann/a.wav", "lost.mp4", "readme.txt", "ann/v/b.json")
    (tmp_path / "ben" / "empty").mkdir(parents=True)
    scan = find_clips(tmp_path, skip=tmp_path / "shards")
    assert set(scan.strays) == {"lost.mp4", "ben/empty", "ann/v"}
    assert "no person's folder" in scan.strays["lost.mp4"]
    assert "neither a clip nor pictures" in scan.strays["ben/empty"]
    assert scan.passed_over == 3


def test_a_link_that_leads_back_up_is_not_followed_for_ever(tmp_path: Path) -> None:
    touch(tmp_path, "ann/a.mp4")
    (tmp_path / "ann" / "loop").symlink_to(tmp_path)
    touch(tmp_path / "elsewhere", "b.mp4")
    people = tmp_path / "people"
    people.mkdir()
    (people / "ben").symlink_to(tmp_path / "elsewhere")
    assert names(tmp_path) == ["ann/a.mp4", "elsewhere/b.mp4", "people/ben/b.mp4"]


def test_pictures_come_in_order_of_their_numbers(tmp_path: Path) -> None:
    touch(tmp_path, "10.png", "2.png", "1.png", "notes.txt")
    assert [path.name for path in clip_pictures(tmp_path)] == ["1.png", "2.png", "10.png"]


def test_folders_without_clips_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        find_clips(tmp_path / "nowhere", skip=tmp_path)
    touch(tmp_path, "ann/notes.txt", "clip.mp4")
    with pytest.raises(InputError, match=r"PERSON/VIDEO/CLIP\.mp4"):
        find_clips(tmp_path, skip=tmp_path / "shards")
