"""What is handed on, and what of it climbs, in a tree of three small files."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from studies.traced import Tracer, Tree

CONTRACT = """
[[tool.importlinter.contracts]]
containers = ["hyperreenact_core"]
layers = ["cli", "face : video"]
"""
FILES = {
    "__init__.py": "",
    "cli/__init__.py": "",
    "face/__init__.py": "",
    "cli/command.py": """
from ..face.find import find
from ..face.stream import each

def run(value):
    find(value, told)
    find(1, told)
    return list(each(step(value) for _ in range(2)))

def told(value):
    return value

def step(value):
    return value
""",
    "face/find.py": """
def find(value, asked):
    return asked(value)
""",
    "face/stream.py": """
from .find import find

def each(values):
    for value in values:
        yield find([value], len)
""",
}
CORE = "hyperreenact_core"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").write_text(CONTRACT, "utf-8")
    for name, text in FILES.items():
        path = tmp_path / CORE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    for name in [name for name in sys.modules if name.partition(".")[0] == CORE]:
        monkeypatch.delitem(sys.modules, name)
    return tmp_path


def test_layers_and_imports_say_what_stands_above(root: Path) -> None:
    tree = Tree(root)
    command, find, stream = (
        f"{CORE}.{name}" for name in ("cli.command", "face.find", "face.stream")
    )
    assert tree.stands_above(command, find)
    assert not tree.stands_above(find, command)
    assert tree.stands_above(stream, find)
    assert not tree.stands_above(find, stream)
    assert not tree.stands_above(find, find)
    assert tree.stands_above("nodes.reenact", command)


def test_callbacks_and_iterators_that_are_pulled_climb_and_plain_calls_do_not(root: Path) -> None:
    tracer = Tracer(Tree(root), lambda value: value == "the value")
    tracer.run(lambda: importlib.import_module(f"{CORE}.cli.command").run("the value"))
    walked = {str(call).replace(f"{CORE}.", "") for call in tracer.calls}
    assert "cli.command:run -> face.find:find" in walked
    assert "cli.command:run.<locals>.<genexpr> -> cli.command:step" in walked
    climbs = {str(call).replace(f"{CORE}.", "") for call in tracer.climbs()}
    assert climbs == {
        "face.find:find -> cli.command:told",
        "face.stream:each -> cli.command:run.<locals>.<genexpr>",
    }


def test_what_never_holds_the_value_is_no_part_of_its_walk(root: Path) -> None:
    tracer = Tracer(Tree(root), lambda value: value == "another")
    tracer.run(lambda: importlib.import_module(f"{CORE}.cli.command").run("the value"))
    assert tracer.calls == {}
