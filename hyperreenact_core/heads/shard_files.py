"""Files of training pictures: what they hold, and reading them with little memory.

A shard holds people one after another, of each some clips, of each some frames; N pictures in all.
Frames 2i and 2i + 1 are partners: two moments of one person in one scene. Places are in pixels, the
first pixel spans 0 to 1; lengths in decimetres.
    images       uint8   [N, S, S, 3]   RGB, sRGB
    coverage     uint8   [N, S, S]      0 to 255, how much of the pixel is not background
    labels       uint8   [N, S, S]      parts.Label                                            *
    depth        float16 [N, S, S]      before the camera, inf on the background               *
    flow         float16 [N, S, S, 2]   xy to add to reach the same place in the partner       *
    hidden       uint8   [N, S, S]      1 where the partner does not show it                   *
    points       float32 [N, 468, 3]    xy of the mesh points, and depth before the eyes' middle in
                                        pixels at the eyes' distance (MediaPipe's numbering)
    visible      uint8   [N, 468]       1 where the picture shows the mesh point
    irises       float32 [N, 2, 2]      xy of the eyes' fronts, the one on the viewer's left first
    gaze         float32 [N, 2, 3]      unit vectors in the world along which they look
    rotation     float32 [N, 3, 3]      of the head; world = R @ rest + t
    translation  float32 [N, 3]         of the head
    camera       float32 [N, 4, 4]      clip space from world
    eye          float32 [N, 3]         where the camera stands, looking along -z
    expression   float32 [N, 52]        expression.ACTIONS, 0 to 1
    neutral      float32 [N, 468, 3]    mesh points of the person at rest
    identity     int64   [N]            seed of the person
    clip         int64   [N]            number of the clip, unique in the folder
    partner      int64   [N]            row of the partner
Those with a star are left out where only pictures are needed. The metadata's `people` is JSON: for
each seed everything that a person.Person is made of.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from ..errors import InputError

SETTINGS_FILE = "shards.json"
PIXEL_TRUTHS = ("labels", "depth", "flow", "hidden")
"""What a folder of pictures alone leaves out."""
_SUFFIX = ".safetensors"

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Shard:
    """arrays: those asked for, see above. people: seed -> the fields of person.Person."""

    arrays: Arrays
    people: Mapping[int, Mapping[str, Any]]


def shards_of(folder: Path) -> list[Path]:
    """The finished shards of a folder, in order. Raises InputError where there are none."""
    paths = sorted(folder.glob(f"*{_SUFFIX}"))
    if not paths:
        raise InputError(f"{folder}: no shards are there; `hyperreenact render shards` writes them")
    return paths


def read_shard(
    path: Path, *, keys: Sequence[str] | None = None, rows: slice | None = None
) -> Shard:
    """Some arrays of a shard (all by default), or some rows of them; nothing else is read.

    Raises InputError where the file is none of these or has no such array.
    """
    with _opened(path) as file:
        names = list(file.keys())
        _check_keys(path, names, keys or ())
        arrays = {key: file.get_slice(key)[rows or slice(None)] for key in keys or names}
        people = json.loads((file.metadata() or {}).get("people", "{}"))
    return Shard(arrays, {int(seed): person for seed, person in people.items()})


def _opened(path: Path) -> Any:
    try:
        return safe_open(path, framework="numpy")
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: cannot be read as a shard ({error})") from error


def _check_keys(path: Path, names: Sequence[str], keys: Sequence[str]) -> None:
    missing = [key for key in keys if key not in names]
    if missing:
        raise InputError(
            f"{path} holds no {', '.join(missing)}: it was written without, or holds other data"
        )
