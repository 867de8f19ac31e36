"""The shape of the repository itself."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOP_LEVEL = (
    "__init__.py",
    "nodes",
    "hyperreenact_core",
    "workflows",
    "models_registry.yaml",
    "tests",
    "pyproject.toml",
)
BUILT = {"build", "dist", "out", "runs", "data"}
"""Folders at the top that git ignores, besides hidden ones."""
MAX_LINES = 300
MAX_BYTES = 16 * 2**20
PICKLING = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve"}


def files_under(folder: Path) -> Iterator[Path]:
    """The repository's files, without what is built or generated in it."""
    for path in sorted(folder.iterdir()):
        if path.name == "__pycache__" or path.name.startswith(".") or path.suffix == ".egg-info":
            continue
        if folder == ROOT and path.name in BUILT:
            continue
        if path.is_dir():
            yield from files_under(path)
        else:
            yield path


FILES = list(files_under(ROOT))
PYTHON_FILES = [path for path in FILES if path.suffix == ".py"]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("expected", TOP_LEVEL)
def test_the_seven_top_level_names_exist(expected: str):
    path = ROOT / expected
    assert path in FILES or any(path in file.parents for file in FILES)


def test_a_host_installs_the_same_ranges():
    """ComfyUI's managers read requirements.txt; torch is the host's own."""
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    listed = project.partition("\ndependencies = [\n")[2].partition("\n]")[0]
    ranges = [line.strip(' ",') for line in listed.splitlines()]
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    wanted = [line for line in lines if not line.startswith("#")]
    assert wanted == [line for line in ranges if not line.startswith("torch")]


NEEDED_BY_NODES = (
    "LICENSE",
    "README.md",
    "__init__.py",
    "hyperreenact_core/weights/head_model.safetensors",
    "hyperreenact_core/weights/starter/hypernetwork.safetensors",
    "hyperreenact_core/weights/starter/detector.safetensors",
    "hyperreenact_core/weights/starter/set.json",
    "locales/en/nodeDefs.json",
    "models_registry.yaml",
    "nodes/__init__.py",
    "pyproject.toml",
    "requirements.txt",
    "web/icon.svg",
    "workflows/1 Quick start.json",
    "workflows/samples/talk.mp4",
)
LEFT_OUT = (".ci", "tests", "benchmarks", "studies", "docs/images")
MAX_PACK_BYTES = 44 * 2**20


def listed(*options: str) -> set[str]:
    """Tracked files, as git names them."""
    line = ["git", "-c", "core.quotePath=off", "ls-files", "--cached", *options]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("this is no git checkout")
    return set(done.stdout.splitlines())


def test_the_zip_of_a_host_holds_what_nodes_need_and_little_else():
    """`comfy node pack` zips the tracked files that .comfyignore does not name."""
    packed = listed() - listed("--ignored", "--exclude-from=.comfyignore")
    assert set(NEEDED_BY_NODES) <= packed
    assert not {name for name in packed if name.startswith(tuple(f"{top}/" for top in LEFT_OUT))}
    assert not {name for name in packed if "judge_" in name}
    sizes = [(ROOT / name).stat().st_size for name in packed if (ROOT / name).is_file()]
    assert sum(sizes) < MAX_PACK_BYTES


def test_a_source_distribution_leaves_the_same_out():
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    excluded = project.partition("[tool.hatch.build.targets.sdist]\nexclude = [")[2].partition("]")[
        0
    ]
    assert {f'"/{name}"' for name in LEFT_OUT} <= set(excluded.split(", "))
    assert 'packages = ["hyperreenact_core"]' in project, "a wheel holds the library alone"


def test_no_file_is_too_large():
    assert [name(path) for path in FILES if path.stat().st_size > MAX_BYTES] == []


def test_python_files_stay_short():
    lengths = {name(path): len(path.read_text("utf-8").splitlines()) for path in PYTHON_FILES}
    assert {path: lines for path, lines in lengths.items() if lines > MAX_LINES} == {}


def test_nothing_imports_a_pickling_module():
    assert [name(path) for path in PYTHON_FILES if imported(path) & PICKLING] == []


def imported(path: Path) -> set[str]:
    """Top-level names of the modules a file imports."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            modules.add(node.module.partition(".")[0])
    return modules
