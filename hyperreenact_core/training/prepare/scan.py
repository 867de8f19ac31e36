"""Find the clips below a folder that holds one folder for each person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import InputError
from ...video.clips import CLIP_SUFFIXES
from ...video.pictures import PICTURE_SUFFIXES


@dataclass(frozen=True)
class ClipPath:
    """A video, or a folder of pictures that are its frames.

    name: its path below the folder of all people, parts joined by "/"; the first one is the person.
    """

    path: Path
    name: str


@dataclass
class Scan:
    """What lies below a folder.

    clips: in order of their names. strays: name -> why nothing can be made of it, in one line.
    passed_over: files that are neither clips nor their frames.
    """

    clips: list[ClipPath] = field(default_factory=list[ClipPath])
    strays: dict[str, str] = field(default_factory=dict[str, str])
    passed_over: int = 0


def identity_of(name: str) -> str:
    """The person in the name of a clip."""
    return name.partition("/")[0]


def find_clips(folder: Path, *, skip: Path) -> Scan:
    """All clips in the folders of people below `folder`, at any depth.

    Videos are clips, and so is each folder of pictures that holds no video. skip: is not entered.
    Hidden files are passed over. InputError where the folder is missing or holds no clip at all.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder; name the one that holds the people")
    scan = Scan()
    for entry in _entries(folder):
        if entry.is_dir():
            if entry.resolve() != skip.resolve():
                _search(entry, entry.name, scan, above=(folder.resolve(),))
        elif entry.suffix.lower() in CLIP_SUFFIXES | PICTURE_SUFFIXES:
            scan.strays[entry.name] = "lies in no person's folder; put it into one"
        else:
            scan.passed_over += 1
    if not scan.clips:
        raise InputError(
            f"{folder} holds no clips: expected PERSON/CLIP.mp4, PERSON/VIDEO/CLIP.mp4 or folders "
            "of pictures in their place"
        )
    return scan


def clip_pictures(folder: Path) -> list[Path]:
    """The pictures of a folder in the order of their numbers: 2.png before 10.png."""
    pictures = [path for path in _entries(folder) if _is_picture(path)]
    return sorted(pictures, key=lambda path: (len(path.stem), path.stem))


def _search(folder: Path, name: str, scan: Scan, *, above: tuple[Path, ...]) -> None:
    place = folder.resolve()
    if place in above:  # a link that leads back up
        return
    try:
        entries = list(_entries(folder))
    except OSError as error:
        scan.strays[name] = f"this folder cannot be read ({error.strerror})"
        return
    folders = [entry for entry in entries if entry.is_dir()]
    videos = [entry for entry in entries if _is_clip(entry)]
    pictures = [entry for entry in entries if _is_picture(entry)]
    if not folders and not videos and not pictures:
        scan.strays[name] = "an empty folder: neither a clip nor pictures are in it"
    # Pictures beside videos are thumbnails and the like.
    scan.passed_over += len(entries) - len(folders) - len(videos)
    if pictures and not videos:
        scan.passed_over -= len(pictures)
        scan.clips.append(ClipPath(folder, name))
    for entry in entries:
        if entry.is_dir():
            _search(entry, f"{name}/{entry.name}", scan, above=(*above, place))
        elif _is_clip(entry):
            scan.clips.append(ClipPath(entry, f"{name}/{entry.name}"))


def _entries(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _is_clip(path: Path) -> bool:
    return path.suffix.lower() in CLIP_SUFFIXES and path.is_file()


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()
