"""The time that a run has spent, over all resumptions, and what is to be done now."""

from __future__ import annotations

import time
from collections.abc import Mapping


class RunClock:
    """minutes: of training in all. steps: the most steps, if any. every: minutes between doings of
    each name. before: seconds spent before this resumption."""

    def __init__(
        self, minutes: float, steps: int | None, every: Mapping[str, float], *, before: float
    ) -> None:
        self._minutes, self._steps, self._every = minutes, steps, every
        self._start = time.monotonic() - before
        self._last: dict[str, float] = {}
        self._before = before

    def seconds(self) -> float:
        return time.monotonic() - self._start

    def progress(self, step: int) -> float:
        """0 to 1, of the time or of the steps, whichever is nearer its end."""
        passed = self.seconds() / (60 * self._minutes)
        return max(passed, step / self._steps) if self._steps else passed

    def over(self, step: int) -> bool:
        return self.progress(step) >= 1

    def due(self, what: str) -> bool:
        """Whether it is time for this; it then counts as done."""
        now = self.seconds()
        if now - self._last.get(what, self._before) < 60 * self._every[what]:
            return False
        self._last[what] = now
        return True
