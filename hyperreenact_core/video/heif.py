"""HEIC pictures, as phones take them: one HEVC picture or a grid of tiles."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from av.error import FFmpegError
from av.video.stream import VideoStream
from PIL import Image

from ..errors import InputError
from ..imaging import ImageU8
from .colour import FrameColours
from .media import open_media
from .screen import screen_rgb

_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"miaf"})
_BASED_ON_HEVC = frozenset({b"heic", b"heix", b"heim", b"heis"})
_MAX_TILES = 4096


def is_heif(path: Path) -> bool:
    """Whether the content of a file is a HEIC picture, not a video or AVIF."""
    try:
        with path.open("rb") as file:
            head = file.read(256)
    except OSError:
        return False
    if head[4:8] != b"ftyp":
        return False
    size = min(max(struct.unpack(">I", head[:4])[0], 16), len(head))
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, size, 4))}
    return head[8:12] in _BRANDS and bool(brands & _BASED_ON_HEVC)


def read_heif(path: Path) -> ImageU8:
    """The main picture upright as [H, W, 3] uint8 sRGB; InputError where it cannot be read."""
    try:
        item = _main_item(path.read_bytes())
        picture = _pasted(_tiles(path, item.tiles), item)
    except (FFmpegError, struct.error, IndexError, KeyError, ValueError) as error:
        raise InputError(
            f"{path} is a HEIC picture that cannot be read ({error}); save it as JPEG or PNG"
        ) from error
    if not item.profile:
        return picture
    image = Image.fromarray(picture)
    image.info["icc_profile"] = item.profile
    return screen_rgb(image)


@dataclass
class _Item:
    """tiles: numbers of the HEVC pictures, row by row. columns: tiles in a row. size: width and
    height in pixels before turning, None: of the one tile. quarter_turns: anticlockwise. mirror:
    0 upside down, 1 left to right, None not at all.
    """

    tiles: list[int]
    columns: int = 1
    size: tuple[int, int] | None = None
    quarter_turns: int = 0
    mirror: int | None = None
    profile: bytes = field(default=b"", repr=False)


def _tiles(path: Path, numbers: list[int]) -> dict[int, ImageU8]:
    wanted, decoded = set(numbers), dict[int, ImageU8]()
    with open_media(path) as container:
        streams = [s for s in container.streams.video if s.id in wanted]
        for packet in container.demux(*streams):
            stream = packet.stream
            if not isinstance(stream, VideoStream) or stream.id in decoded:
                continue
            for frame in stream.decode(packet):
                colours = FrameColours(stream)
                decoded[stream.id] = colours.rgb(frame, width=frame.width, height=frame.height)
    return decoded


def _pasted(tiles: dict[int, ImageU8], item: _Item) -> ImageU8:
    numbers, columns = item.tiles, item.columns
    rows = [numbers[at : at + columns] for at in range(0, len(numbers), columns)]
    picture = np.concatenate([np.concatenate([tiles[n] for n in row], axis=1) for row in rows])
    if item.size is not None:
        picture = picture[: item.size[1], : item.size[0]]
    picture = np.rot90(picture, item.quarter_turns)
    if item.mirror is not None:
        picture = np.flip(picture, axis=item.mirror)
    return np.ascontiguousarray(picture)


def _main_item(data: bytes) -> _Item:
    """What the boxes of a file (ISO/IEC 23008-12) tell of its main picture."""
    (meta,) = (body for name, body in _boxes(data) if name == b"meta")
    parts = dict(_boxes(meta[4:]))
    number = int.from_bytes(parts[b"pitm"][4:], "big")
    item = _Item([number])
    for name, body in _properties(parts[b"iprp"], number):
        if name == b"irot":
            item.quarter_turns = body[0] & 3
        elif name == b"imir":
            item.mirror = body[0] & 1
        elif name == b"colr" and body[:4] in (b"prof", b"rICC"):
            item.profile = body[4:]
    tiles = _references(parts.get(b"iref", bytes(4)), number)
    if tiles:
        grid = _payload(data, parts, number)
        rows, item.columns = grid[2] + 1, grid[3] + 1
        width, height = struct.unpack_from(">II" if grid[1] & 1 else ">HH", grid, 4)
        if len(tiles) != rows * item.columns or len(tiles) > _MAX_TILES:
            raise ValueError("its tiles are no grid")
        item.tiles, item.size = tiles, (width, height)
    return item


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        begin = at + 8
        if length == 1:
            length, begin = struct.unpack_from(">Q", data, begin)[0], begin + 8
        end = len(data) if length == 0 else at + length
        if end <= at:
            return
        yield name, data[begin:end]
        at = end


def _properties(iprp: bytes, number: int) -> Iterator[tuple[bytes, bytes]]:
    parts = list(_boxes(iprp))
    known = [box for name, body in parts if name == b"ipco" for box in _boxes(body)]
    for ipma in (body for name, body in parts if name == b"ipma"):
        number_bytes = 4 if ipma[0] else 2
        index_bytes = 2 if ipma[3] & 1 else 1
        at = 8
        for _ in range(struct.unpack_from(">I", ipma, 4)[0]):
            item = int.from_bytes(ipma[at : at + number_bytes], "big")
            count = ipma[at + number_bytes]
            at += number_bytes + 1
            for _ in range(count):
                index = int.from_bytes(ipma[at : at + index_bytes], "big")
                index &= (1 << 8 * index_bytes - 1) - 1
                at += index_bytes
                if item == number and index:
                    yield known[index - 1]


def _references(iref: bytes, number: int) -> list[int]:
    """Numbers of the pictures from which a derived one is made."""
    width = 4 if iref[0] else 2
    for name, body in _boxes(iref[4:]):
        values = [
            int.from_bytes(body[at : at + width], "big")
            for at in (0, *range(width + 2, len(body), width))
        ]
        if name == b"dimg" and values[0] == number:
            return values[1:]
    return []


def _payload(data: bytes, parts: dict[bytes, bytes], number: int) -> bytes:
    """The bytes of an item."""
    iloc = parts[b"iloc"]
    version = iloc[0]
    offset_bytes, length_bytes = iloc[4] >> 4, iloc[4] & 15
    base_bytes, index_bytes = iloc[5] >> 4, iloc[5] & 15 if version else 0
    number_bytes = 4 if version == 2 else 2
    at = 6

    def take(width: int) -> int:
        nonlocal at
        at += width
        return int.from_bytes(iloc[at - width : at], "big")

    for _ in range(take(number_bytes)):
        item = take(number_bytes)
        method = take(2) & 15 if version else 0
        take(2)
        base, found = take(base_bytes), b""
        source = parts[b"idat"] if method == 1 else data
        for _ in range(take(2)):
            take(index_bytes)
            begin = base + take(offset_bytes)
            found += source[begin : begin + take(length_bytes)]
        if item == number:
            return found
    raise KeyError(f"no item {number}")
