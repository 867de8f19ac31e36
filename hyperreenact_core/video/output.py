"""What all writers share: a temporary file beside the target, renamed when it is whole."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import av
import numpy as np

from ..errors import OutputError
from ..imaging import ImageU8
from .interrupts import interrupts_deferred
from .pictures import PICTURE_SUFFIXES

Self = TypeVar("Self", bound="FrameWriter")


class FrameWriter(ABC):
    """Takes frames one by one; a context manager.

    Frames go to a hidden sibling of `path`, so what stands at `path` is untouched until the end.
    Leaving the context
    - normally: the result replaces `path`;
    - by Ctrl-C or another interruption, one frame or more written: so does what was done so far;
    - by an exception, one frame or more written: likewise, but where `path` exists already the
      unfinished result is put beside it as NAME.partial.SUFFIX;
    - without a frame: nothing is left behind.
    `saved_as` tells afterwards where the result is, None where there is none.

    All sizes are in pixels. OutputError where the target cannot be written.
    """

    def __init__(self, path: Path, *, width: int, height: int) -> None:
        self.path = path
        self.width = width
        self.height = height
        self.frames_written = 0
        self.saved_as: Path | None = None
        self._closed = False
        self._part = path.with_name(f".{path.stem}.part{path.suffix}")
        with output_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            _remove(self._part)

    @abstractmethod
    def _append(self, frame: ImageU8) -> None:
        """Write one frame, [height, width, 3] uint8, to the temporary file."""

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
        with interrupts_deferred(), output_errors(self.path):
            self._append(frame)
            self.frames_written += 1

    def close(self) -> None:
        """Finish the file and put it in its place; OutputError where no frame came."""
        if not self._closed and self.frames_written == 0:
            self._discard()
            raise OutputError(f"{self.path}: no frame came through, so nothing was written")
        self._conclude(self.path)

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
            target = self.path
            if isinstance(error, Exception) and target.exists():
                target = target.with_name(f"{target.stem}.partial{target.suffix}")
            # The error under way says more than that its remains could not be kept.
            with suppress(OutputError):
                self._conclude(target)

    def _conclude(self, target: Path) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            with interrupts_deferred(), output_errors(self.path):
                self._finish()
                _put_in_place(self._part, target)
                self.saved_as = target
        except BaseException:
            if self.saved_as is None:
                self._discard()
            raise

    def _discard(self) -> None:
        self._closed = True
        with suppress(OSError, av.FFmpegError):
            self._abandon()
        with suppress(OSError):
            _remove(self._part)


@contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Turn what the system or the encoder reports into one line that names the output."""
    try:
        yield
    except (OSError, av.FFmpegError) as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"{path} cannot be written ({reason}); choose another place or make room"
        ) from error


def check_not_input(path: Path, inputs: Sequence[Path]) -> None:
    """Refuse to write over a file or folder that is read, or a picture into a folder that is."""
    target = path.resolve()
    for given in inputs:
        source = given.resolve()
        joins_frames = source in target.parents and target.suffix.lower() in PICTURE_SUFFIXES
        if target == source or joins_frames:
            raise OutputError(f"{path} is also an input; choose another name for the output")


def _put_in_place(part: Path, target: Path) -> None:
    if not part.is_dir() or not target.exists():
        part.replace(target)
        return
    # A folder cannot be replaced in one step: move the old one aside first.
    aside = target.with_name(f".{target.name}.old")
    _remove(aside)
    target.rename(aside)
    part.rename(target)
    _remove(aside)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
