"""Clips through several processes, each with networks of its own; the order stays."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path

import torch

from ...errors import TrainingError
from ...face.detect import FaceDetector
from ...host import Host, LocalHost
from ...models.sets import LoadedSet
from ...reenact.views import detector_of
from .clip import ClipCrops, prepare_clip
from .scan import ClipPath
from .settings import PrepareSettings


@dataclass(frozen=True)
class Clipper:
    """Turns clips into crops on one device. insight_root: see `detector_of`."""

    models: LoadedSet
    settings: PrepareSettings
    insight_root: Path | None
    device: torch.device
    detector: FaceDetector
    check_interrupt: Callable[[], None]

    @staticmethod
    def on(
        host: Host, models: LoadedSet, settings: PrepareSettings, *, insight_root: Path | None
    ) -> Clipper:
        """One that works on a host's device; ModelError or InputError without a detector."""
        return Clipper(
            models=models,
            settings=settings,
            insight_root=insight_root,
            device=host.device,
            detector=detector_of(models, host, settings.detector, insight_root=insight_root),
            check_interrupt=host.check_interrupt,
        )

    def __call__(self, clip: ClipPath) -> ClipCrops:
        return prepare_clip(
            clip,
            self.detector,
            self.settings,
            check_interrupt=self.check_interrupt,
        )


def spread_out(
    clipper: Clipper, clips: Sequence[ClipPath], workers: int
) -> Generator[ClipCrops, None, None]:
    """What `clipper` makes of each clip, in order, from `workers` new processes.

    They are spawned: call this under `if __name__ == "__main__"`. At most two clips a process are
    ahead of the one that is asked for. Raises TrainingError where a process dies.
    """
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    executor = ProcessPoolExecutor(
        workers,
        mp_context=context,
        initializer=_start,
        initargs=(
            clipper.models.folder,
            clipper.settings,
            clipper.insight_root,
            str(clipper.device),
            stop,
        ),
    )
    ahead: deque[Future[ClipCrops]] = deque()
    try:
        for clip in clips:
            ahead.append(executor.submit(_work, clip))
            if len(ahead) >= 2 * workers:
                yield _result(ahead, clipper)
        while ahead:
            yield _result(ahead, clipper)
    except BrokenProcessPool as error:
        raise TrainingError(
            "a worker process died, perhaps for want of memory; run the command again with fewer "
            "workers"
        ) from error
    finally:
        stop.set()
        executor.shutdown(cancel_futures=True)


def _result(ahead: deque[Future[ClipCrops]], clipper: Clipper) -> ClipCrops:
    """The oldest result, waited for so that a host can stop the run."""
    clipper.check_interrupt()
    return ahead.popleft().result()


def clipper_of(
    folder: Path, settings: PrepareSettings, insight_root: Path | None, device: str
) -> Clipper:
    """One for a worker, with the networks of a folder on its device."""
    return _on(LocalHost(device=device), folder, settings, insight_root)


def _on(host: Host, folder: Path, settings: PrepareSettings, insight_root: Path | None) -> Clipper:
    models = LoadedSet(folder)
    clipper = Clipper.on(host, models, settings, insight_root=insight_root)
    for network in models.detector_networks:
        network.to(host.device)
    return clipper


class _StoppedError(Exception):
    """The run was ended; nobody waits for this clip any more."""


_clipper: Clipper | None = None
"""The one of this worker process."""


def _start(
    folder: Path, settings: PrepareSettings, insight_root: Path | None, device: str, stop: Event
) -> None:
    global _clipper
    # Ctrl-C reaches every process of the terminal; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    _clipper = _on(_WorkerHost(device, stop), folder, settings, insight_root)


class _WorkerHost(LocalHost):
    """Stops when the parent says so."""

    def __init__(self, device: str, stop: Event) -> None:
        super().__init__(device=device)
        self._stop = stop

    def check_interrupt(self) -> None:
        if self._stop.is_set():
            raise _StoppedError


def _work(clip: ClipPath) -> ClipCrops:
    if _clipper is None:
        raise RuntimeError("a worker was given a clip before it was started")
    return _clipper(clip)
