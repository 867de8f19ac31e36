"""Writing: exact rates, sound in step, nothing lost on an interruption, nothing overwritten."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from hyperreenact_core.errors import OutputError
from hyperreenact_core.video.interrupts import interrupts_deferred
from hyperreenact_core.video.labels import AI_COMMENT, AI_KEY
from hyperreenact_core.video.output import FrameWriter
from hyperreenact_core.video.outputs import open_writer
from hyperreenact_core.video.pictures import read_image
from hyperreenact_core.video.reader import open_frames
from hyperreenact_core.video.sources import AudioSource
from hyperreenact_core.video.stills import write_image

NTSC = Fraction(30000, 1001)
SAMPLE_RATE = 48000


def picture(index: int = 0, *, width: int = 64, height: int = 48) -> np.ndarray:
    """A smooth gradient that changes from frame to frame."""
    y, x = np.mgrid[:height, :width]
    red = (x * 3 + index * 5) % 256
    return np.stack([red, y * 4 % 256, np.full_like(x, 90)], axis=-1).astype(np.uint8)


def pictures(count: int) -> Iterator[np.ndarray]:
    return (picture(index) for index in range(count))


def make_sound(path: Path, *, seconds: float, codec: str) -> AudioSource:
    """A tone that is silent but for a click every half second."""
    container = av.open(str(path), "w")
    stream = container.add_stream(codec, rate=SAMPLE_RATE)
    samples = np.zeros((2, int(seconds * SAMPLE_RATE)), np.float32)
    for click in range(0, samples.shape[1], SAMPLE_RATE // 2):
        samples[:, click : click + 480] = 0.8
    for begin in range(0, samples.shape[1], 1024):
        block = np.ascontiguousarray(samples[:, begin : begin + 1024])
        frame = av.AudioFrame.from_ndarray(block, "fltp", "stereo")
        frame.rate, frame.pts = SAMPLE_RATE, begin
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
    container.close()
    return AudioSource(path)


def decoded_sound(path: Path) -> tuple[np.ndarray, str, float]:
    """Samples placed by their time stamps relative to the first picture, codec, seconds."""
    with av.open(str(path)) as container:
        first = next(container.decode(video=0)).time
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        samples = np.zeros(SAMPLE_RATE * 60, np.float32)
        end = 0
        for frame in container.decode(stream):
            block = frame.to_ndarray().astype(np.float32)
            block = block[0] if frame.format.is_planar else block[0, ::2]
            at = round((frame.time - first) * SAMPLE_RATE)
            block = block[max(0, -at) :]
            samples[max(at, 0) : max(at, 0) + len(block)] = block
            end = max(at, 0) + len(block)
        return samples[:end], stream.codec_context.codec.canonical_name, end / SAMPLE_RATE


@pytest.mark.parametrize("rate", [Fraction(25), NTSC, Fraction(24000, 1001), Fraction(50)])
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_video_keeps_rate_frames_and_colours(tmp_path: Path, rate: Fraction, suffix: str) -> None:
    path = tmp_path / "new" / "folder" / f"out{suffix}"
    with open_writer(path, width=64, height=48, rate=rate, crf=8) as writer:
        for frame in pictures(12):
            writer.write(frame)
    assert writer.saved_as == path
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    source = open_frames(path)
    assert (source.rate, source.frame_count) == (rate, 12)
    for index, frame in enumerate(source):
        assert np.abs(frame.astype(int) - picture(index)).mean() < 5
    with av.open(str(path)) as container:
        tags = {key.lower(): value for key, value in container.metadata.items()}
        assert tags["comment"] == AI_COMMENT
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"
        assert container.streams.video[0].codec_context.codec.canonical_name == "h264"


def test_plain_colours_survive(tmp_path: Path) -> None:
    for name, colour in {"r": (230, 20, 30), "g": (30, 210, 40), "b": (20, 40, 220)}.items():
        frame = np.full((48, 64, 3), colour, np.uint8)
        with open_writer(tmp_path / f"{name}.mp4", width=64, height=48, rate=NTSC) as writer:
            writer.write(frame)
        (back,) = open_frames(tmp_path / f"{name}.mp4")
        assert np.abs(back.astype(int) - frame).max() <= 4


def test_the_index_stands_first(tmp_path: Path) -> None:
    with open_writer(tmp_path / "a.mp4", width=64, height=48, rate=NTSC) as writer:
        writer.write(picture())
    data = (tmp_path / "a.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_odd_sizes_gain_a_line_that_repeats_the_edge(tmp_path: Path) -> None:
    frame = picture(width=51, height=37)
    with open_writer(tmp_path / "odd.mp4", width=51, height=37, rate=NTSC, crf=4) as writer:
        writer.write(frame)
    (back,) = open_frames(tmp_path / "odd.mp4")
    assert back.shape == (38, 52, 3)
    padded = np.pad(frame, ((0, 1), (0, 1), (0, 0)), mode="edge")
    assert np.abs(back.astype(int) - padded).mean() < 6


@pytest.mark.parametrize(
    ("suffix", "source_codec", "source_suffix", "codec"),
    [
        (".mp4", "aac", ".mp4", "aac"),
        (".mov", "aac", ".mkv", "aac"),
        (".mp4", "libopus", ".mkv", "aac"),
        (".mp4", "pcm_s16le", ".mkv", "aac"),
        (".mkv", "libopus", ".mkv", "opus"),
        (".mp4", "libmp3lame", ".mkv", "mp3"),
    ],
)
def test_sound_is_carried_over_in_step_and_trimmed(
    tmp_path: Path, suffix: str, source_codec: str, source_suffix: str, codec: str
) -> None:
    audio = make_sound(tmp_path / f"sound{source_suffix}", seconds=3, codec=source_codec)
    path = tmp_path / f"out{suffix}"
    with open_writer(path, width=64, height=48, rate=NTSC, audio=audio) as writer:
        for frame in pictures(45):
            writer.write(frame)
    samples, got_codec, seconds = decoded_sound(path)
    assert got_codec == codec
    assert seconds == pytest.approx(45 / NTSC, abs=0.05)
    for click in range(3):
        at = click * SAMPLE_RATE // 2
        loud = np.abs(samples[max(0, at - 2400) : at + 4800])
        onset = max(0, at - 2400) + int(np.argmax(loud > 0.3))
        assert abs(onset - at) < 0.012 * SAMPLE_RATE, "clicks stay where they were"


def test_copied_sound_is_the_same_bytes(tmp_path: Path) -> None:
    audio = make_sound(tmp_path / "sound.mp4", seconds=2, codec="aac")
    with open_writer(tmp_path / "o.mp4", width=64, height=48, rate=NTSC, audio=audio) as writer:
        for frame in pictures(60):
            writer.write(frame)

    def packets(path: Path) -> list[bytes]:
        with av.open(str(path)) as container:
            return [bytes(p) for p in container.demux(audio=0) if p.size]

    original, copied = packets(audio.path), packets(tmp_path / "o.mp4")
    assert len(copied) >= len(original) - 3
    assert copied == original[: len(copied)]


def test_sound_is_shifted_to_the_first_frame(tmp_path: Path) -> None:
    audio = make_sound(tmp_path / "sound.mp4", seconds=3, codec="aac")
    late = AudioSource(audio.path, offset=Fraction(1, 4))
    with open_writer(tmp_path / "o.mp4", width=64, height=48, rate=NTSC, audio=late) as writer:
        for frame in pictures(45):
            writer.write(frame)
    samples, _, _ = decoded_sound(tmp_path / "o.mp4")
    onset = 4800 + int(np.argmax(np.abs(samples[4800:]) > 0.3))
    assert onset == pytest.approx(SAMPLE_RATE / 4, abs=0.012 * SAMPLE_RATE)


def test_sound_shorter_than_the_picture(tmp_path: Path) -> None:
    audio = make_sound(tmp_path / "sound.mp4", seconds=0.5, codec="aac")
    with open_writer(tmp_path / "o.mp4", width=64, height=48, rate=NTSC, audio=audio) as writer:
        for frame in pictures(60):
            writer.write(frame)
    assert len(list(open_frames(tmp_path / "o.mp4"))) == 60


def write_then(
    path: Path, error: type[BaseException], *, frames: int, audio: AudioSource | None = None
) -> FrameWriter:
    """Write some frames and leave the writer through an error; returns the writer."""
    writer = open_writer(path, width=64, height=48, rate=NTSC, audio=audio)
    try:
        with writer:
            for frame in pictures(frames):
                writer.write(frame)
            raise error
    except error:
        return writer


class Stop(BaseException):
    """A host's own interruption, which is no Exception."""


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, Stop, RuntimeError])
@pytest.mark.parametrize("name", ["out.mp4", "out.gif", "out.webp", "out"])
def test_an_interruption_keeps_what_was_done(
    tmp_path: Path, interruption: type[BaseException], name: str
) -> None:
    audio = make_sound(tmp_path / "sound.mp4", seconds=3, codec="aac")
    path = tmp_path / "results" / name
    writer = write_then(path, interruption, frames=30, audio=audio)
    assert writer.saved_as == path
    assert [p.name for p in path.parent.iterdir()] == [name]
    assert len(list(open_frames(path))) == 30
    if name == "out.mp4":
        _, _, seconds = decoded_sound(path)
        assert seconds == pytest.approx(30 / NTSC, abs=0.05)


def interrupt_within() -> None:
    with interrupts_deferred():
        signal.raise_signal(signal.SIGINT)
        reached.append("the end")


reached: list[str] = []


def test_ctrl_c_waits_for_the_end_of_a_frame() -> None:
    reached.clear()
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        interrupt_within()
    assert reached == ["the end"]
    assert signal.getsignal(signal.SIGINT) is handler
    thread = threading.Thread(target=lambda: interrupts_deferred().__enter__())
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_real_ctrl_c_loses_no_packet(tmp_path: Path) -> None:
    """Interrupted at a random moment, the clip still has every frame at its exact rate."""
    path = tmp_path / "out.mp4"
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    writer = open_writer(path, width=64, height=48, rate=NTSC)

    def write_on() -> None:
        with writer:
            for index, frame in enumerate(pictures(10**6)):
                if index == 30:
                    timer.start()
                writer.write(frame)

    with pytest.raises(KeyboardInterrupt):
        write_on()
    source = open_frames(path)
    assert (source.rate, source.frame_count) == (NTSC, writer.frames_written)
    assert len(list(source)) == writer.frames_written


@pytest.mark.parametrize("name", ["out.mp4", "out.gif", "out.webp", "out", "out.png"])
def test_without_a_frame_nothing_is_left_and_nothing_lost(tmp_path: Path, name: str) -> None:
    path = tmp_path / "results" / name
    writer = write_then(path, KeyboardInterrupt, frames=0)
    assert writer.saved_as is None
    assert list(path.parent.iterdir()) == []
    with (
        pytest.raises(OutputError, match="no frame"),
        open_writer(path, width=64, height=48, rate=NTSC),
    ):
        pass
    assert list(path.parent.iterdir()) == []


def test_what_exists_stays_until_the_end(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    path.write_bytes(b"an older result")
    with open_writer(path, width=64, height=48, rate=NTSC) as writer:
        writer.write(picture())
        assert path.read_bytes() == b"an older result"
    assert open_frames(path).frame_count == 1


def test_a_failure_does_not_replace_an_older_result(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    path.write_bytes(b"an older result")
    writer = write_then(path, RuntimeError, frames=1)
    assert path.read_bytes() == b"an older result"
    assert writer.saved_as == tmp_path / "out.partial.mp4"
    assert open_frames(writer.saved_as).frame_count == 1


@pytest.mark.parametrize(
    ("suffix", "rate", "tolerance"),
    [(".gif", Fraction(25), 0), (".webp", Fraction(25), 0), (".webp", NTSC, 0.1)],
)
def test_animations(tmp_path: Path, suffix: str, rate: Fraction, tolerance: float) -> None:
    path = tmp_path / f"anim{suffix}"
    with open_writer(path, width=65, height=47, rate=rate) as writer:
        for index in range(20):
            writer.write(picture(index, width=65, height=47))
    source = open_frames(path)
    assert abs(source.rate - rate) <= tolerance
    frames = list(source)
    assert len(frames) == 20
    for index, frame in enumerate(frames):
        error = np.abs(frame.astype(int) - picture(index, width=65, height=47))
        assert error.mean() < (8 if suffix == ".gif" else 6)
    with Image.open(path) as animation:
        assert animation.info["loop"] == 0
        label = animation.info["comment" if suffix == ".gif" else "xmp"]
        assert AI_COMMENT.encode() in label


def test_gif_keeps_its_length_at_high_rates(tmp_path: Path) -> None:
    with open_writer(tmp_path / "a.gif", width=64, height=48, rate=Fraction(120)) as writer:
        for frame in pictures(120):
            writer.write(frame)
    source = open_frames(tmp_path / "a.gif")
    assert source.frame_count is not None
    assert source.frame_count / source.rate == pytest.approx(1, abs=0.05)


def test_folder_of_frames(tmp_path: Path) -> None:
    for count in (3, 2):  # the second run replaces the first
        with open_writer(tmp_path / "frames", width=64, height=48, rate=NTSC) as writer:
            for frame in pictures(count):
                writer.write(frame)
    names = sorted(p.name for p in (tmp_path / "frames").iterdir())
    assert names == ["000000.png", "000001.png"]
    assert [p.name for p in tmp_path.iterdir()] == ["frames"]
    assert (read_image(tmp_path / "frames" / "000001.png") == picture(1)).all()
    with Image.open(tmp_path / "frames" / "000000.png") as still:
        assert still.info[AI_KEY] == "true"
        assert still.info["Comment"] == AI_COMMENT


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.png").write_bytes(b"precious")
    with pytest.raises(OutputError, match=r"holiday\.png"):
        open_writer(tmp_path, width=64, height=48, rate=NTSC)
    assert (tmp_path / "holiday.png").read_bytes() == b"precious"


@pytest.mark.parametrize("name", ["one.png", "one.jpg", "one.webp"])
def test_single_pictures_are_marked(tmp_path: Path, name: str) -> None:
    write_image(tmp_path / name, picture(), metadata={"source": "anna.png"})
    assert AI_COMMENT.encode() in (tmp_path / name).read_bytes()
    assert b"anna.png" in (tmp_path / name).read_bytes()
    error = np.abs(read_image(tmp_path / name).astype(int) - picture())
    assert error.mean() < (6 if name != "one.png" else 1e-9)


def test_a_picture_file_takes_one_frame_only(tmp_path: Path) -> None:
    writer = open_writer(tmp_path / "one.png", width=64, height=48, rate=NTSC)
    writer.write(picture())
    with pytest.raises(OutputError, match="one picture only"), writer:
        writer.write(picture(1))
    assert (read_image(tmp_path / "one.png") == picture()).all()


def test_unusable_outputs_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    clip = tmp_path / "in.mp4"
    clip.write_text("x")
    refused = {
        tmp_path / "file" / "out.mp4": "cannot be written",
        tmp_path / "file": "is a file",
        tmp_path / "out.xyz": r"\.xyz files cannot be written",
        clip: "also an input",
        tmp_path / "sub" / ".." / "in.mp4": "also an input",
    }
    for path, hint in refused.items():
        with pytest.raises(OutputError, match=hint) as error:
            open_writer(path, width=64, height=48, rate=NTSC, inputs=[clip])
        assert "\n" not in str(error.value)
        assert path.name in str(error.value)
    assert clip.read_text() == "x"
    with pytest.raises(OutputError, match="also an input"):
        open_writer(tmp_path / "o.png", width=64, height=48, rate=NTSC, inputs=[tmp_path])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
def test_an_unwritable_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="cannot be written"):
            open_writer(tmp_path / "out.mp4", width=64, height=48, rate=NTSC)
    finally:
        tmp_path.chmod(0o700)


def test_a_full_disk(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    path = tmp_path / "out.webp"
    writer = open_writer(path, width=64, height=48, rate=NTSC)
    writer._file.close()
    writer._file = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115
    with pytest.raises(OutputError, match="make room"), writer:
        writer.write(picture())
    assert list(tmp_path.iterdir()) == []


def test_frames_of_another_size_are_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="expected uint8"),
        open_writer(tmp_path / "a.mp4", width=64, height=48, rate=NTSC) as writer,
    ):
        writer.write(picture(width=32))


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.parametrize("name", ["out.mp4", "out.gif", "out.webp"])
def test_memory_does_not_grow_with_length(tmp_path: Path, name: str) -> None:
    if not Path("/proc/self/statm").exists():
        pytest.skip("needs /proc to measure memory")
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (160, 128, 3), np.uint8)
    count = 260 if name == "out.mp4" else 120
    # Frames take 60 KiB each: were they held, the growth would be 3.5 MiB at least.
    with open_writer(tmp_path / name, width=128, height=160, rate=NTSC) as writer:
        for index in range(count):
            writer.write(np.roll(noise, index * 3, axis=0))
            if index == 59:
                early = resident_mib()
        assert resident_mib() - early < 2.5
    early = 0.0
    for index, _ in enumerate(open_frames(tmp_path / name)):
        if index == 59:
            early = resident_mib()
    assert resident_mib() - early < 2.5
