"""FLV files joined end to end, as one file that FFmpeg can read."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

_SIGNATURE = b"FLV\x01"
_TAG_HEADER, _TAG_SIZE = 11, 4


def joined_flv(path: Path) -> io.RawIOBase | None:
    """The file without the headers of its later parts, closed when let go; None of other files.

    FFmpeg takes a header between two tags for a tag of five megabytes and reads over what follows.
    """
    file = path.open("rb")
    parts = _parts(file, path.stat().st_size)
    if len(parts) > 1:
        return _Parts(file, parts)
    file.close()
    return None


def _parts(file: BinaryIO, size: int) -> list[range]:
    """Bytes of the parts that an FLV file was joined from, later ones without their header."""
    header = file.read(9)
    if header[:4] != _SIGNATURE or len(header) < 9:
        return []
    begins, at = [0], int.from_bytes(header[5:9], "big") + _TAG_SIZE
    ends: list[int] = []
    while at < size:
        file.seek(at)
        tag = file.read(_TAG_HEADER)
        if tag[:4] == _SIGNATURE and len(tag) >= 9:
            ends.append(at)
            at += int.from_bytes(tag[5:9], "big") + _TAG_SIZE
            begins.append(at)
        else:
            at += _TAG_HEADER + int.from_bytes(tag[1:4], "big") + _TAG_SIZE
    return [range(begin, end) for begin, end in zip(begins, [*ends, size], strict=True)]


class _Parts(io.RawIOBase):
    """Some parts of a file, read as if nothing lay between them."""

    def __init__(self, file: BinaryIO, parts: list[range]) -> None:
        self._file, self._parts = file, parts
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: sum(map(len, self._parts))}
        self._at = max(0, base[whence] + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Fewer bytes than asked where a part ends, none at the end of the file."""
        inside = self._at
        for part in self._parts:
            if inside < len(part):
                rest = len(part) - inside
                self._file.seek(part[inside])
                data = self._file.read(rest if size < 0 else min(size, rest))
                self._at += len(data)
                return data
            inside -= len(part)
        return b""

    def close(self) -> None:
        self._file.close()
        super().close()
