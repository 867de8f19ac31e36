"""What all writers share: frames go to a hidden place, which is put in place when it is whole."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import av
import numpy as np

from ..errors import HyperReenactError, OutputError
from ..imaging import ImageU8
from ..whole_files import Part, name_with, unwritable
from .interrupts import interrupts_deferred
from .pictures import PICTURE_SUFFIXES
from .transparency import with_alpha

Self = TypeVar("Self", bound="FrameWriter")


class FrameWriter(ABC):
    """Takes frames one by one; a context manager.

    Frames go to a hidden place beside `path`, so what stands at `path` is untouched until the end;
    see `whole_files`. Leaving the context
    - normally: the result replaces `path`;
    - by Ctrl-C or another interruption, one frame or more written: so does what was done so far;
    - by an exception, one frame or more written: likewise, but where `path` exists already the
      unfinished result is put beside it as NAME.partial.SUFFIX;
    - without a frame: nothing is left behind.
    `saved_as` tells afterwards where the result is, None where there is none.

    All sizes are in pixels. OutputError where the target cannot be written.
    """

    alpha: ImageU8 | None = None
    """Opacity [height, width] of all frames, which lie over white; None: opaque."""

    def __init__(self, path: Path, *, width: int, height: int) -> None:
        self.path = path
        self.width = width
        self.height = height
        self.frames_written = 0
        self.saved_as: Path | None = None
        self._closed = False
        with output_errors(path):
            self._place = Part(path)
        self._part = self._place.path

    @abstractmethod
    def _append(self, frame: ImageU8) -> None:
        """Write one frame, uint8, to the temporary file: [height, width, 3], with alpha 4."""

    @abstractmethod
    def _finish(self) -> None:
        """Complete and close the temporary file; at least one frame was written."""

    @abstractmethod
    def _abandon(self) -> None:
        """Close the temporary file however it stands; it is removed afterwards."""

    def write(self, frame: ImageU8) -> None:
        """Append one frame, uint8 RGB [height, width, 3]."""
        if frame.shape != (self.height, self.width, 3) or frame.dtype != np.uint8:
            raise ValueError(
                f"expected uint8 [{self.height}, {self.width}, 3], got {frame.dtype} "
                f"{list(frame.shape)}"
            )
        picture = frame if self.alpha is None else with_alpha(frame, self.alpha)
        with interrupts_deferred(), output_errors(self.path):
            self._append(picture)
            self.frames_written += 1

    def close(self) -> None:
        """Finish the file and put it in its place; OutputError where no frame came."""
        if not self._closed and self.frames_written == 0:
            self._discard()
            raise OutputError(f"{self.path}: no frame came through, so nothing was written")
        self._conclude()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        elif self.frames_written == 0:
            self._discard()
        else:
            target, beside = self._place.target, None
            if isinstance(error, Exception) and target.exists():
                beside = target.with_name(name_with(target.name, ".partial"))
            # The error under way says more than that its remains could not be kept.
            with suppress(OutputError):
                self._conclude(beside)

    def _conclude(self, beside: Path | None = None) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            with interrupts_deferred(), output_errors(self.path):
                self._finish()
                self._place.put(beside)
                self.saved_as = beside or self.path
        finally:
            if self.saved_as is None:
                self._discard()
            self._place.discard()

    def _discard(self) -> None:
        self._closed = True
        with suppress(OSError, av.FFmpegError):
            self._abandon()
        self._place.discard()


@contextmanager
def telling_kept(writer: FrameWriter) -> Iterator[None]:
    """The writer's context, whose own errors also say how much of the work was kept, and where."""
    try:
        with writer:
            yield
    except HyperReenactError as error:
        if writer.saved_as is None:
            raise
        done = f"the {writer.frames_written} frames before that are kept in {writer.saved_as}"
        raise type(error)(f"{error}; {done}") from error


@contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Turn what the system or the encoder reports into one line that names the output."""
    try:
        yield
    except (OSError, av.FFmpegError) as error:
        raise unwritable(path, error) from error


def check_not_input(path: Path, inputs: Sequence[Path]) -> None:
    """Refuse to write over a file or folder that is read, or a picture into a folder that is."""
    target = path.resolve()
    for given in inputs:
        source = given.resolve()
        joins_frames = source in target.parents and target.suffix.lower() in PICTURE_SUFFIXES
        if target == source or joins_frames:
            raise OutputError(f"{path} is also an input; choose another name for the output")
