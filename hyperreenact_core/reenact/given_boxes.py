"""Boxes around faces that a user gives, in words or as a file."""

from __future__ import annotations

import json
from pathlib import Path

from ..errors import InputError
from ..face.detect import FaceDetector
from ..face.given import Box, BoxedDetector, EachFrameAlone, boxes_from
from ..video.sources import FrameSource
from .csv_tables import read_table

Boxes = tuple[tuple[Box, ...], ...]
"""Those of every frame of a clip; of one entry, those of all frames; empty for none given."""

_COLUMNS = ("x", "y", "width", "height")


def read_boxes(told: str) -> Boxes:
    """`x,y,width,height` in pixels, or the name of a file with boxes.

    A .json file holds a table of x, y, width and height, a list of them, or such a list for every
    frame; a .csv file those four columns and a row for every frame, or with a column frame, from 0,
    rows for some of them. InputError for anything else.
    """
    path = Path(told)
    match path.suffix.lower():
        case ".json":
            frames = _of_json(path)
        case ".csv":
            frames = _of_csv(path)
        case _:
            frames = boxes_from(_of_words(told))
    return tuple(tuple(boxes) for boxes in frames)


def boxed(
    detector: FaceDetector, boxes: Boxes, clip: FrameSource, *, start: int = 0
) -> FaceDetector:
    """A detector for the frames of a clip from `start` on that looks only in boxes."""
    inner = BoxedDetector(detector, boxes, height=clip.height, width=clip.width, first=start)
    return EachFrameAlone(inner, None)


def _of_words(told: str) -> dict[str, float]:
    try:
        x, y, width, height = (float(word) for word in told.split(","))
    except ValueError as error:
        raise InputError(
            f"a box is x,y,width,height in pixels, or the name of a .json or .csv file, not "
            f"{told!r}"
        ) from error
    return dict(zip(_COLUMNS, (x, y, width, height), strict=True))


def _of_json(path: Path) -> list[list[Box]]:
    try:
        return boxes_from(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as JSON ({error})") from error
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _of_csv(path: Path) -> list[list[Box]]:
    table = read_table(path)
    if missing := [name for name in _COLUMNS if name not in table.columns]:
        raise InputError(f"{path} has no column {missing[0]!r}: it needs {', '.join(_COLUMNS)}")
    rows = range(len(table))
    found = [
        boxes_from({name: table.numbers(name, [row])[0] for name in _COLUMNS})[0][0] for row in rows
    ]
    if "frame" not in table.columns:
        return [[box] for box in found]
    numbers = [int(number) for number in table.numbers("frame", rows)]
    if min(numbers) < 0:
        raise InputError(f"{path}: frames are numbered from 0, there is none {min(numbers)}")
    frames: list[list[Box]] = [[] for _ in range(max(numbers) + 1)]
    for number, box in zip(numbers, found, strict=True):
        frames[number].append(box)
    return frames
