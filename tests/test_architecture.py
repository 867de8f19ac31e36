"""docs/architecture.md names every room and no other, and only files that there are."""

from __future__ import annotations

import re
from pathlib import Path

from tests.test_layout import PYTHON_FILES, ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
ROOMS = re.findall(r"^\| `([\w/.]+)` \|", PAGE, flags=re.MULTILINE)


def room_of(path: Path) -> str:
    """Folder of a file, "nodes/"; all tests are one."""
    folder = path.parent.relative_to(ROOT).as_posix()
    if folder.partition("/")[0] == "tests":
        return "tests/"
    return "." if folder == "." else f"{folder}/"


def test_every_room_is_named_once():
    assert sorted(ROOMS) == sorted({room_of(path) for path in PYTHON_FILES})


def test_files_and_folders_that_are_named_exist():
    named = re.findall(r"`((?:\w+/)+[\w.]*|\w+\.(?:py|toml))`", PAGE)
    assert len(named) > len(ROOMS)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_stations_of_the_ways_exist():
    ways = "\n".join(re.findall(r"```\n(.*?)```", PAGE, flags=re.DOTALL))
    stations = re.findall(r"\b(?:video|face|reenact|heads|training)/[\w/*]+", ways)
    core = ROOT / "hyperreenact_core"
    assert stations
    assert [s for s in stations if not (any(core.glob(s)) or any(core.glob(f"{s}.py")))] == []
