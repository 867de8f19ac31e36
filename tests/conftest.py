"""What all tests share."""

from __future__ import annotations

import os
import signal
from pathlib import Path

_CPU = Path("/proc/cpuinfo")
if _CPU.is_file() and "avx512f" not in _CPU.read_text():
    # oneDNN's AVX2 kernels write past their memory in the gradients of convolutions as narrow as
    # those of the tests (strided, 4 or 6 channels). It reads this once, when torch is loaded.
    os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX")


def pytest_configure() -> None:
    """Ctrl-C works in tests even where the run was started in the background.

    A shell starts background jobs with SIGINT ignored, which Python then leaves so; the tests
    that interrupt themselves, and the programs they start, would never stop.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
