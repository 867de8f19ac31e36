"""Threads of the command line's own process: as many as it may use, and none that spins waiting.

OpenMP's threads burn their processors while they wait for the next piece of work; where others
want the machine too, that slows everything several times. What they do is read from the
environment when torch is loaded, so it is set before; what the user has set stays.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, MutableMapping
from pathlib import Path

from ..batch.pool import processors

_WAIT_PASSIVELY = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "GOMP_SPINCOUNT": "0",  # of GNU's runtime, which torch's wheels for Linux bring
    "KMP_BLOCKTIME": "0",  # of LLVM's and Intel's, which those for macOS and Windows bring
}
_COUNTS = ("OMP_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")


def settle_threads(environment: MutableMapping[str, str]) -> None:
    """Set what is not set, for a process that has not loaded torch yet."""
    for name, value in _WAIT_PASSIVELY.items():
        environment.setdefault(name, value)
    allowed, quota = processors(), processor_quota()
    # The libraries see by themselves which processors a process is tied to, but not its quota.
    if quota is not None and math.ceil(quota) < allowed:
        for name in _COUNTS:
            environment.setdefault(name, str(math.ceil(quota)))


def processor_quota(root: Path = Path("/")) -> float | None:
    """How many processors' time the process may take by its cgroup; None without a limit.

    root: of the file system, with /proc and /sys below it.
    """
    quotas = [quota for folder in _cgroups(root) if (quota := _quota(folder)) is not None]
    return min(quotas, default=None)


def _cgroups(root: Path) -> Iterator[Path]:
    """The folders of the process's cgroup and those above it, of both versions."""
    mount = root / "sys" / "fs" / "cgroup"
    try:
        lines = (root / "proc" / "self" / "cgroup").read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and "cpu" not in controllers.split(","):
            continue
        base = mount / controllers if controllers else mount
        inside = Path(path.lstrip("/"))
        # In a container the path may be one of the machine outside: its own group is the mount.
        yield from (base / above for above in (inside, *inside.parents))


def _quota(folder: Path) -> float | None:
    try:
        if (folder / "cpu.max").is_file():
            quota, period = (folder / "cpu.max").read_text("ascii").split()
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text("ascii")
            period = (folder / "cpu.cfs_period_us").read_text("ascii")
        value = float(quota) / float(period)
    except (OSError, ValueError, ZeroDivisionError):  # "max" is no number: there is no limit
        return None
    return value if value > 0 else None
