"""H.264 video with the driving clip's frame rate and sound."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.codec import Codec
from av.codec.codec import UnknownCodecError
from av.video.stream import VideoStream

from ..errors import OutputError
from ..imaging import ImageU8
from .labels import labelled
from .media import media_name
from .output import FrameWriter, output_errors
from .sound import COPIED_INTO_MKV, COPIED_INTO_MP4, AudioTrack
from .sources import AudioSource

VIDEO_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".mkv"})

_ENCODERS = ("libx264", "h264")
"""libx264 where PyAV was built with it, else whatever H.264 encoder there is."""

# The encoder's look-ahead and threads hold frames: bounded, so that memory is, on any machine.
_X264_OPTIONS = {"preset": "fast", "x264-params": "rc-lookahead=20:sync-lookahead=0"}
_THREADS = 4

_BT709 = 1
_LIMITED_RANGE = 1


class VideoWriter(FrameWriter):
    """Encodes frames as H.264 (yuv420p, BT.709) into MP4, MOV or MKV.

    Chroma needs even sides: an odd picture is padded by repeating its last column or row.
    `rate` is kept exactly. `audio` is copied packet by packet, or encoded as AAC where its codec
    does not belong into the container, in step with the frames; it ends with the last frame.
    MP4 and MOV begin with their index (faststart). Every file is tagged as AI-generated in
    `comment` and `description`; MP4 keeps only well-known keys of `metadata`.
    """

    def __init__(
        self,
        path: Path,
        *,
        width: int,
        height: int,
        rate: Fraction,
        audio: AudioSource | None = None,
        crf: int = 18,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(path, width=width, height=height)
        self._rate = rate
        self._padding = ((0, height % 2), (0, width % 2), (0, 0))
        self._audio: AudioTrack | None = None
        is_mkv = path.suffix.lower() == ".mkv"
        with output_errors(path):
            # Sound begins before the picture, with what its decoder needs: as it is in Matroska.
            options = {"avoid_negative_ts": "disabled"} if is_mkv else {"movflags": "+faststart"}
            self._container = av.open(media_name(self._part), "w", options=options)
        try:
            self._container.metadata.update(labelled(metadata))
            options = {"crf": str(crf), **_X264_OPTIONS}
            self._stream = cast(
                VideoStream,
                self._container.add_stream(_encoder_name(path), rate=rate, options=options),
            )
            self._stream.width = width + width % 2
            self._stream.height = height + height % 2
            self._stream.pix_fmt = "yuv420p"
            context = self._stream.codec_context
            context.thread_count = _THREADS
            context.colorspace = context.color_primaries = context.color_trc = _BT709
            context.color_range = _LIMITED_RANGE
            if audio is not None:
                copied = COPIED_INTO_MKV if is_mkv else COPIED_INTO_MP4
                self._audio = AudioTrack(audio, self._container, copied=copied)
        except BaseException:
            self._discard()
            raise

    def _append(self, frame: ImageU8) -> None:
        padded = np.pad(frame, self._padding, mode="edge") if self._is_odd else frame
        picture = av.VideoFrame.from_ndarray(padded, format="rgb24")
        picture = picture.reformat(format="yuv420p", dst_colorspace="ITU709")
        picture.pts = self.frames_written
        picture.time_base = 1 / self._rate
        self._container.mux(self._stream.encode(picture))
        if self._audio is not None:
            self._audio.advance((self.frames_written + 1) / self._rate)

    def _finish(self) -> None:
        self._container.mux(self._stream.encode(None))
        self._abandon()

    def _abandon(self) -> None:
        if self._audio is not None:
            self._audio.close()
        self._container.close()

    @property
    def _is_odd(self) -> bool:
        return self.width % 2 == 1 or self.height % 2 == 1


def _encoder_name(path: Path) -> str:
    for name in _ENCODERS:
        try:
            Codec(name, "w")
        except UnknownCodecError:
            continue
        return name
    raise OutputError(
        f"{path}: this PyAV cannot encode H.264; install PyAV from PyPI, or write to a folder, a "
        ".gif or a .webp"
    )
