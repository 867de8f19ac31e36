"""Memory that ran out: the libraries say so in many ways, and none says what to do."""

from __future__ import annotations

import argparse
import errno
import sys

_NAMES = {"OutOfMemoryError"}
"""torch's own, of any kind of device."""
_PHRASES = ("can't allocate memory", "not enough memory", "out of memory", "insufficient memory")
"""Of RuntimeErrors and OpenCV's errors."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out, on the processor's side or a device's."""
    if isinstance(error, MemoryError) or type(error).__name__ in _NAMES:
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    text = str(error).lower()
    return isinstance(error, RuntimeError | _opencv_error()) and any(p in text for p in _PHRASES)


def memory_advice(error: BaseException, args: argparse.Namespace) -> str:
    """One line that says what ran out and what this command can do about it."""
    said = " ".join(str(error).split())
    if type(error).__name__ in _NAMES or "cuda" in said.lower():
        where, ways = "the device's memory ran out", ["--device cpu"]
    else:
        where, ways = "memory ran out", ["smaller pictures", "closing other programs"]
    for option in ("workers", "batch_size"):
        value: object = getattr(args, option, None)
        if isinstance(value, int) and value > 1:
            ways.insert(0, f"--{option.replace('_', '-')} {value // 2}")
    detail = f" ({said[:100]})" if said else ""
    return f"{where}{detail}; try {', or '.join(ways)}"


def _opencv_error() -> type[Exception]:
    cv2 = sys.modules.get("cv2")
    found: object = getattr(cv2, "error", None)
    return found if isinstance(found, type) and issubclass(found, Exception) else RuntimeError
