"""The command line's own process waits without spinning and keeps to its quota."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hyperreenact_core.cli import threads
from hyperreenact_core.cli.main import main
from hyperreenact_core.cli.threads import processor_quota, settle_threads


def machine(root: Path, groups: str, files: dict[str, str]) -> Path:
    """A file system with a process in these cgroups."""
    for name, text in {"proc/self/cgroup": groups, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("groups", "files", "quota"),
    [
        ("0::/\n", {"sys/fs/cgroup/cpu.max": "150000 100000\n"}, 1.5),
        ("0::/a/b\n", {"sys/fs/cgroup/a/cpu.max": "200000 100000\n"}, 2.0),
        ("0::/a\n", {"sys/fs/cgroup/a/cpu.max": "max 100000\n"}, None),
        ("0::/outside/group\n", {"sys/fs/cgroup/cpu.max": "400000 100000"}, 4.0),
        (
            "3:cpuset:/x\n2:cpu,cpuacct:/d\n0::/\n",
            {
                "sys/fs/cgroup/cpu,cpuacct/d/cpu.cfs_quota_us": "300000\n",
                "sys/fs/cgroup/cpu,cpuacct/d/cpu.cfs_period_us": "100000\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            },
            3.0,
        ),
        ("nonsense", {}, None),
    ],
)
def test_the_quota_of_either_kind_of_cgroup_is_found(
    tmp_path: Path, groups: str, files: dict[str, str], quota: float | None
) -> None:
    assert processor_quota(machine(tmp_path, groups, files)) == quota


def test_a_machine_without_cgroups_has_no_quota(tmp_path: Path) -> None:
    assert processor_quota(tmp_path) is None


def test_a_quota_below_the_processors_sets_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "processors", lambda: 64)
    monkeypatch.setattr(threads, "processor_quota", lambda: 1.5)
    environment = {"OPENCV_FOR_THREADS_NUM": "7"}
    settle_threads(environment)
    assert environment["OMP_NUM_THREADS"] == "2"
    assert environment["OPENCV_FOR_THREADS_NUM"] == "7", "the user's own word counts"
    monkeypatch.setattr(threads, "processor_quota", lambda: None)
    free: dict[str, str] = {}
    settle_threads(free)
    assert "OMP_NUM_THREADS" not in free


def test_only_a_process_of_its_own_is_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
    for name in names:
        monkeypatch.delenv(name, raising=False)
    before = dict(os.environ)
    assert main(["models", "list"]) == 0
    assert dict(os.environ) == before
    code = (
        "import os, sys\n"
        "from hyperreenact_core.cli.main import main\n"
        "sys.argv[1:] = ['models', 'list']\n"
        "assert main() == 0\n"
        f"print([os.environ[name] for name in {names}])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "['PASSIVE', '0', '0']"
