"""The frames of a clip that are looked at; damage ends or thins them out but raises nothing."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

import av

from ...errors import InputError
from ...imaging import ImageU8
from ...video.pictures import read_image
from ...video.reader import open_frames
from .scan import ClipPath, clip_pictures
from .settings import PrepareSettings

_DAMAGE = (InputError, av.FFmpegError, OSError, ValueError)
"""What reading a damaged file can raise."""


class ClipReading:
    """Every n-th frame [H, W, 3] of a clip; iterate once.

    step: n, known from the start. numbers: those of the frames given out so far, from 0.
    unreadable: damaged pictures of a folder that were left out. problem: one line where the clip
    could not be opened or breaks off, None otherwise.
    """

    def __init__(self, clip: ClipPath, settings: PrepareSettings) -> None:
        self._path, self._settings = clip.path, settings
        self.step = settings.every
        self.numbers: list[int] = []
        self.unreadable = 0
        self.problem: str | None = None
        self._frames: Iterator[tuple[int, ImageU8]] = iter(())
        try:
            self._frames = self._of_folder() if clip.path.is_dir() else self._of_video()
        except _DAMAGE as error:
            self.problem = self._explained(error)

    @property
    def looked_at(self) -> int:
        return len(self.numbers) + self.unreadable

    def __iter__(self) -> Iterator[ImageU8]:
        try:
            for number, picture in self._frames:
                self.numbers.append(number)
                yield picture
        except _DAMAGE as error:
            self.problem = self._explained(error)

    def _of_folder(self) -> Iterator[tuple[int, ImageU8]]:
        pictures = clip_pictures(self._path)
        self.step = self._settings.step(len(pictures))
        return self._readable(list(enumerate(pictures))[:: self.step])

    def _readable(self, pictures: list[tuple[int, Path]]) -> Iterator[tuple[int, ImageU8]]:
        for number, path in pictures:
            try:
                picture = read_image(path)
            except InputError:
                self.unreadable += 1
            else:
                yield number, picture

    def _of_video(self) -> Iterator[tuple[int, ImageU8]]:
        source = open_frames(self._path)
        self.step = self._settings.step(source.frame_count)
        return self._each_step(source.read_frames())

    def _each_step(self, frames: Generator[ImageU8, None, None]) -> Iterator[tuple[int, ImageU8]]:
        with closing(frames):
            for number, picture in enumerate(frames):
                if len(self.numbers) == self._settings.max_frames:
                    return
                if number % self.step == 0:
                    yield number, picture

    def _explained(self, error: Exception) -> str:
        """One line without the folders the clip lies in."""
        text = str(error).replace(str(self._path), self._path.name)
        return " ".join(text.split())
