"""From files to a file: what all jobs do alike, whatever they draw."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from contextlib import closing

from ..host import Host
from ..imaging import ImageU8
from ..video.output import FrameWriter, telling_kept


class FileJob(ABC):
    """A request whose files were looked at and whose output is open; `run` does it, once.

    Making one loads no weights. Raises InputError or OutputError that name the file.
    writer: tells, also after an error, how many frames were written and where they are.
    """

    writer: FrameWriter

    @abstractmethod
    def images(self, host: Host) -> Generator[ImageU8, None, None]:
        """The results [H, W, 3], drawn as they are asked for."""

    def run(self, host: Host) -> None:
        """Draw and write frame by frame.

        What was done before an error or an interruption is kept, as `video.output.FrameWriter`
        says. Raises InputError, NoFaceError, ModelError, OutputError, or what the host raises.
        """
        with telling_kept(self.writer), closing(self.images(host)) as images:
            for image in images:
                self.writer.write(image)
