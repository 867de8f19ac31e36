"""Whether a file ends before its own structure says it does."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

_MEDIA_BOXES = (b"mdat", b"moov", b"moof")
_MATROSKA, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"


def is_cut_off(path: Path) -> bool:
    """Whether an MP4, Matroska or AVI file is shorter than it says; False for other files."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        file.seek(0)
        if head[:4] == b"RIFF":
            return 8 + struct.unpack("<I", head[4:8])[0] > size
        if head[:4] == _MATROSKA:
            return _matroska_end(file) > size
        if head[4:8] == b"ftyp":
            return _boxes_end(file, size) > size
    return False


def _boxes_end(file: BinaryIO, size: int) -> int:
    """Where the boxes of an MP4 end; what follows them need not be one."""
    end = 0
    while end < size:
        file.seek(end)
        header = file.read(16)
        if len(header) < 8:
            return end
        length, name = struct.unpack(">I", header[:4])[0], header[4:8]
        if length == 1 and len(header) == 16:
            length = struct.unpack(">Q", header[8:])[0]
        if length < 8 or (end + length > size and name not in _MEDIA_BOXES):
            return end
        end += length
    return end


def _matroska_end(file: BinaryIO) -> int:
    """Where the segment ends; 0 where it does not say, as in a live recording."""
    file.read(4)
    header = _vint(file)
    if header is None:
        return 0
    file.seek(header, 1)
    if file.read(4) != _SEGMENT:
        return 0
    length = _vint(file)
    return 0 if length is None else file.tell() + length


def _vint(file: BinaryIO) -> int | None:
    """An EBML size; None where all bits are set: unknown."""
    first = file.read(1)
    if not first or first[0] == 0:
        return None
    extra = 8 - first[0].bit_length()
    value = int.from_bytes(bytes([first[0] & (0x7F >> extra)]) + file.read(extra), "big")
    return None if value == (1 << 7 * (extra + 1)) - 1 else value
