"""A Markdown file of results: the parts between its marks are made by a command, the rest is not.

A part begins with the line `<!-- begin NAME -->` and ends with `<!-- end NAME -->`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ..errors import InputError
from ..whole_files import write_whole

_MARK = re.compile(r"^<!-- (begin|end) ([a-z0-9_]+) -->$", re.MULTILINE)


def check_marks(path: Path) -> tuple[str, ...]:
    """Names of the parts of a file, in order; InputError where it cannot be read or has none."""
    marks = _MARK.findall(_read(path))
    names = tuple(name for kind, name in marks if kind == "begin")
    expected = [(kind, name) for name in names for kind in ("begin", "end")]
    if not names or marks != expected or len(set(names)) < len(names):
        raise InputError(
            f"{path} has no parts to be renewed, or unpaired marks; put each between lines "
            "`<!-- begin NAME -->` and `<!-- end NAME -->`"
        )
    return names


def renew(path: Path, parts: Mapping[str, str]) -> None:
    """Put new text into the parts that are named in the file; the others stay as they are.

    Raises InputError as `check_marks`, OutputError where the file cannot be written.
    """
    text = _read(path)
    for name in check_marks(path):
        if name in parts:
            begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
            before, _, rest = text.partition(begin)
            after = rest[rest.index(end) :]
            text = f"{before}{begin}\n{parts[name].strip()}\n\n{after}"
    write_whole(path, text.encode())


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read ({error}); name a Markdown file") from error
