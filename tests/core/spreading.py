"""Items through one worker here, pickled as they are on their way to a cluster."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from multiprocessing.reduction import ForkingPickler
from typing import Any

from hyperreenact_core.batch.engines.local import InProcess
from hyperreenact_core.batch.pool import in_order


def spread(
    start: Callable[[], Callable[[Any], Any]], items: Sequence[Any]
) -> Generator[Any, None, None]:
    start, items = ForkingPickler.loads(ForkingPickler.dumps((start, items)))
    yield from in_order(InProcess(start), items)
