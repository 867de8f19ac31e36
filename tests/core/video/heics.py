"""HEIC pictures as phones write them: HEVC tiles in the boxes of ISO/IEC 23008-12."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np

from tests.core.video.clips import encode


def make_heic(path: Path, image: np.ndarray, *, tile: int, quarter_turns: int = 0) -> Path:
    """[H, W, 3] as tiles of tile x tile pixels, to be turned anticlockwise when shown."""
    height, width = image.shape[:2]
    rows, columns = -(-height // tile), -(-width // tile)
    padded = np.pad(image, ((0, rows * tile - height), (0, columns * tile - width), (0, 0)), "edge")
    pieces = [
        padded[y * tile : (y + 1) * tile, x * tile : (x + 1) * tile]
        for y in range(rows)
        for x in range(columns)
    ]
    coded = [_coded(path.with_suffix(f".{n}.mp4"), piece) for n, piece in enumerate(pieces)]
    numbers = list(range(1, len(pieces) + 1))
    main = len(pieces) + 1
    grid = bytes([0, 0, rows - 1, columns - 1]) + struct.pack(">HH", width, height)
    kinds = [(n, b"hvc1") for n in numbers] + [(main, b"grid")]
    infos = b"".join(
        _box(b"infe", bytes([2, 0, 0, 0]) + struct.pack(">HH", n, 0) + kind + b"\0")
        for n, kind in kinds
    )
    properties = (
        _box(b"hvcC", coded[0][0])
        + _box(b"ispe", bytes(4) + struct.pack(">II", tile, tile))
        + _box(b"ispe", bytes(4) + struct.pack(">II", width, height))
        + _box(b"irot", bytes([quarter_turns]))
        + _box(b"colr", b"nclx" + struct.pack(">HHHB", 1, 13, 6, 0))
    )
    owned = [(n, [1, 2, 5]) for n in numbers] + [(main, [3, 4, 5])]
    owners = b"".join(
        struct.pack(">HB", n, len(which)) + bytes(0x80 | index for index in which)
        for n, which in owned
    )
    refs = struct.pack(">HH", main, len(numbers)) + b"".join(struct.pack(">H", n) for n in numbers)

    def meta(begin: int) -> bytes:
        places, at = b"", begin
        for n, (_, data) in zip(numbers, coded, strict=True):
            places += struct.pack(">HHHHII", n, 0, 0, 1, at, len(data))
            at += len(data)
        places += struct.pack(">HHHHII", main, 1, 0, 1, 0, len(grid))
        return _box(
            b"meta",
            bytes(4)
            + _box(b"hdlr", bytes(8) + b"pict" + bytes(13))
            + _box(b"pitm", bytes(4) + struct.pack(">H", main))
            + _box(b"iloc", bytes([1, 0, 0, 0, 0x44, 0]) + struct.pack(">H", main) + places)
            + _box(b"iinf", bytes(4) + struct.pack(">H", main) + infos)
            + _box(b"iref", bytes(4) + _box(b"dimg", refs))
            + _box(
                b"iprp",
                _box(b"ipco", properties)
                + _box(b"ipma", bytes(4) + struct.pack(">I", len(owned)) + owners),
            )
            + _box(b"idat", grid),
        )

    kind = _box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
    begin = len(kind) + len(meta(0)) + 8
    path.write_bytes(kind + meta(begin) + _box(b"mdat", b"".join(data for _, data in coded)))
    return path


def _coded(path: Path, piece: np.ndarray) -> tuple[bytes, bytes]:
    """Decoder configuration and data of one HEVC picture."""
    options = {
        "crf": "4",
        "preset": "ultrafast",
        "x265-params": "log-level=none:bframes=0:frame-threads=1:pools=none",
    }
    encode(path, [piece], codec="libx265", options=options)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        data = b"".join(bytes(packet) for packet in container.demux(stream) if packet.size)
        return stream.codec_context.extradata, data


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body
