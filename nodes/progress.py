"""The line in a node that tells how far it is and how long it will take."""

from __future__ import annotations

import time

from comfy_execution.utils import get_executing_context
from server import PromptServer

_SHORT = 3.0
"""Seconds of a run that needs no line."""
_EVERY = 0.5
"""Seconds between two lines."""


class ProgressLine:
    """Tells the page that queued the graph, in the node that is executed where this is made.

    It has no words, so that it is read in any language: 12 / 60 · 0:14, the time that is left.
    """

    def __init__(self) -> None:
        context = get_executing_context()
        self._node = None if context is None else context.node_id
        self._start = self._last = time.monotonic()
        self._before: int | None = None

    def tell(self, done: int, total: int) -> None:
        """So many of all are finished; the first call is what the pace is counted from."""
        now = time.monotonic()
        if self._before is None:
            self._before, self._start = done, now
        ended = done >= total
        if self._node is None or now - self._start < _SHORT:
            return
        if now - self._last < _EVERY and not ended:
            return
        self._last = now
        pace = (now - self._start) / max(done - self._before, 1)
        text = f"{done} / {total} · {clock(pace * (total - done))}"
        server = PromptServer.instance
        server.send_progress_text(text, self._node, server.client_id)


def clock(seconds: float) -> str:
    """`0:07`, `12:30`, `1:02:03`."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
