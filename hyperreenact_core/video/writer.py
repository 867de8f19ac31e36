"""Video with the driving clip's frame rate and sound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from .sound import COPIED_INTO_MKV, COPIED_INTO_MP4, COPIED_INTO_WEBM, AudioTrack
from .sources import AudioSource

VIDEO_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm"})
KEEPING_ALPHA = frozenset({".mov", ".webm"})

_H264 = ("libx264", "h264")
"""libx264 where PyAV was built with it, else whatever H.264 encoder there is."""
_VP9, _PRORES = ("libvpx-vp9",), ("prores_ks",)

# The encoder's look-ahead holds frames: bounded, so that memory is. One thread: the same pictures
# give the same bytes, however fast they come and whatever else the machine does.
_X264_OPTIONS = {"preset": "fast", "x264-params": "rc-lookahead=20:sync-lookahead=0"}
_X264_THREADS = 1
_VP9_OPTIONS = {"b": "0", "deadline": "good", "cpu-used": "4", "auto-alt-ref": "0"}
_VP9_SCALE = 63 / 51
"""Its quality goes to 63 where that of H.264 goes to 51."""
_THREADS = 4

_SOUND = {".mkv": (COPIED_INTO_MKV, "aac"), ".webm": (COPIED_INTO_WEBM, "libopus")}
"""What is copied into a container, and what other sound becomes."""

_BT709 = 1
_LIMITED_RANGE = 1


@dataclass(frozen=True)
class _Coding:
    """encoders: the first that there is. pixels: FFmpeg's name of their format."""

    encoders: tuple[str, ...]
    pixels: str
    options: dict[str, str]


def _coding(suffix: str, *, crf: int, alpha: bool) -> _Coding:
    if suffix == ".webm":
        options = {"crf": str(round(crf * _VP9_SCALE)), **_VP9_OPTIONS}
        return _Coding(_VP9, "yuva420p" if alpha else "yuv420p", options)
    if alpha:
        return _Coding(_PRORES, "yuva444p10le", {"profile": "4444"})
    return _Coding(_H264, "yuv420p", {"crf": str(crf), **_X264_OPTIONS})


class VideoWriter(FrameWriter):
    """Encodes frames (BT.709) as H.264 into MP4, MOV or MKV, as VP9 into WebM.

    alpha: see FrameWriter; WebM keeps it, MOV as ProRes 4444, the others do not. Chroma needs even
    sides: an odd picture is padded by repeating its last column or row.
    `rate` is kept exactly. `audio` is copied packet by packet, or encoded as AAC or Opus where its
    codec does not belong into the container, in step with the frames; it ends with the last frame.
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
        alpha: ImageU8 | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(path, width=width, height=height)
        suffix = path.suffix.lower()
        self.alpha = alpha if suffix in KEEPING_ALPHA else None
        coding = _coding(suffix, crf=crf, alpha=self.alpha is not None)
        self._pixels = coding.pixels
        self._rate = rate
        self._padding = ((0, height % 2), (0, width % 2), (0, 0))
        self._audio: AudioTrack | None = None
        is_matroska = suffix in (".mkv", ".webm")
        with output_errors(path):
            # Sound begins before the picture, with what its decoder needs: as it is in Matroska.
            options = (
                {"avoid_negative_ts": "disabled"} if is_matroska else {"movflags": "+faststart"}
            )
            self._container = av.open(media_name(self._part), "w", options=options)
        try:
            self._container.metadata.update(labelled(metadata))
            encoder = _encoder_name(path, coding.encoders)
            added = self._container.add_stream(encoder, rate=rate, options=coding.options)
            self._stream = cast(VideoStream, added)
            self._stream.width = width + width % 2
            self._stream.height = height + height % 2
            self._stream.pix_fmt = coding.pixels
            context = self._stream.codec_context
            context.thread_count = _X264_THREADS if coding.encoders == _H264 else _THREADS
            context.colorspace = context.color_primaries = context.color_trc = _BT709
            context.color_range = _LIMITED_RANGE
            if audio is not None:
                copied, sound = _SOUND.get(suffix, (COPIED_INTO_MP4, "aac"))
                self._audio = AudioTrack(audio, self._container, copied=copied, encoder=sound)
        except BaseException:
            self._discard()
            raise

    def _append(self, frame: ImageU8) -> None:
        padded = np.pad(frame, self._padding, mode="edge") if self._is_odd else frame
        picture = av.VideoFrame.from_ndarray(padded, "rgb24" if self.alpha is None else "rgba")
        picture = picture.reformat(format=self._pixels, dst_colorspace="ITU709")
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


def _encoder_name(path: Path, names: Sequence[str]) -> str:
    for name in names:
        try:
            Codec(name, "w")
        except UnknownCodecError:
            continue
        return name
    raise OutputError(
        f"{path}: this PyAV cannot encode {names[0]}; install PyAV from PyPI, or write to a "
        "folder, a .gif or a .webp"
    )
