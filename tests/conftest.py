"""What all tests share."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Ctrl-C works in tests even where the run was started in the background.

    A shell starts background jobs with SIGINT ignored, which Python then leaves so; the tests
    that interrupt themselves, and the programs they start, would never stop.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
