"""Writing: nothing is lost on an interruption, nothing overwritten, refusals are one line."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest

from hyperreenact_core.errors import OutputError
from hyperreenact_core.video.interrupts import STOP_SIGNALS, interrupts_deferred
from hyperreenact_core.video.output import FrameWriter
from hyperreenact_core.video.outputs import open_writer
from hyperreenact_core.video.reader import open_frames
from hyperreenact_core.video.sources import AudioSource
from tests.core.video.sounds import NTSC, decoded_sound, make_sound, picture, pictures


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


def interrupt_within(number: signal.Signals) -> None:
    with interrupts_deferred():
        signal.raise_signal(number)
        reached.append("the end")


reached: list[str] = []


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_request_to_stop_waits_for_the_end_of_a_frame(number: signal.Signals) -> None:
    reached.clear()
    before = signal.signal(number, signal.default_int_handler)
    handler = signal.getsignal(number)
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupt_within(number)
        assert reached == ["the end"]
        assert signal.getsignal(number) is handler
    finally:
        signal.signal(number, before)


def test_outside_the_main_thread_no_handler_is_touched() -> None:
    handler = signal.getsignal(signal.SIGINT)
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


NAMES = ["out.mp4", "out.mkv", "out.gif", "out.webp", "out", "out.png"]


@pytest.mark.parametrize("name", NAMES)
def test_two_runs_with_one_output_both_write_whole_files(tmp_path: Path, name: str) -> None:
    path, count = tmp_path / name, 1 if name == "out.png" else 30
    with open_writer(path, width=64, height=48, rate=NTSC) as other:
        mine = write_then(path, KeyboardInterrupt, frames=count)
        for _ in range(1 if name == "out.png" else 7):
            other.write(picture())
        assert len(list(open_frames(path))) == count
    assert mine.saved_as == other.saved_as == path
    assert len(list(open_frames(path))) == other.frames_written
    assert [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", NAMES)
def test_any_legal_name_is_taken(tmp_path: Path, name: str) -> None:
    suffix = Path(name).suffix
    path = tmp_path / ("n" * (255 - len(suffix)) + suffix)
    writer = write_then(path, RuntimeError, frames=1)
    assert writer.saved_as == path
    again = write_then(path, RuntimeError, frames=1)
    assert again.saved_as is not None
    assert again.saved_as.name.endswith(f".partial{suffix}")
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("name", NAMES)
def test_a_link_as_output_is_followed(tmp_path: Path, name: str) -> None:
    there = tmp_path / "there"
    if not Path(name).suffix:
        (there / name).mkdir(parents=True)
    link = tmp_path / name
    link.symlink_to(there / name)
    write_then(link, KeyboardInterrupt, frames=1)
    assert link.is_symlink()
    assert len(list(open_frames(there / name))) == 1
    failed = write_then(link, RuntimeError, frames=1)
    assert failed.saved_as is not None
    assert failed.saved_as.parent == there
    assert len(list(there.iterdir())) == 2


@pytest.mark.parametrize("name", NAMES)
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
