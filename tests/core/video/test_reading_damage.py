"""Reading: one damaged packet costs one picture, and is told."""

from __future__ import annotations

import logging
from fractions import Fraction
from pathlib import Path

import av
import pytest

from hyperreenact_core.video.reader import open_frames
from tests.core.video.clips import damage, encode, make_clip, picture, runs


@pytest.mark.parametrize("codec", ["libx264", "mpeg4", "libvpx-vp9"])
@pytest.mark.parametrize("suffix", [".mp4", ".avi"])
def test_a_damaged_packet_is_held_over(
    tmp_path: Path, codec: str, suffix: str, caplog: pytest.LogCaptureFixture
) -> None:
    if (codec, suffix) == ("libvpx-vp9", ".avi"):
        pytest.skip("AVI has no VP9")
    path = encode(tmp_path / f"x{suffix}", map(picture, range(48)), codec=codec, rate=Fraction(24))
    damage(path, 16)
    with caplog.at_level(logging.WARNING):
        source = open_frames(path)
        standing = runs(source)
    assert sum(standing) == source.frame_count == 48
    assert len(standing) == 47
    assert max(standing) == 2
    (record,) = caplog.records
    assert path.name in record.message
    assert "1 damaged" in record.message


def test_pictures_that_a_decoder_drops_in_silence_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    options = {"x265-params": "log-level=none:keyint=12"}
    path = encode(tmp_path / "x.mp4", map(picture, range(48)), codec="libx265", options=options)
    with caplog.at_level(logging.WARNING):
        assert len(runs(open_frames(path))) == 48
        assert not caplog.records
        damage(path, 16)
        standing = runs(open_frames(path))
    assert sum(standing) == 48
    (record,) = caplog.records
    assert f"{48 - len(standing)} damaged" in record.message


def test_pictures_that_a_decoder_shows_damaged_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = encode(tmp_path / "x.avi", map(picture, range(24)), codec="mpeg4")
    data = path.read_bytes()
    with av.open(str(path)) as container:
        packet = [p for p in container.demux() if p.size][12]
        begin, end = packet.pos + 8, packet.pos + packet.size
    noise = bytes((31 * at) % 256 for at in range(end - begin))
    path.write_bytes(data[:begin] + noise + data[end:])
    with caplog.at_level(logging.WARNING):
        assert len(list(open_frames(path))) == 24
    assert "pictures are shown damaged" in caplog.text


def test_pictures_that_a_broadcast_lost_are_told_and_seams_are_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    part = encode(tmp_path / "x.ts", map(picture, range(48))).read_bytes()
    (tmp_path / "joined.ts").write_bytes(part * 2)
    third = len(part) // 188 // 3 * 188
    (tmp_path / "lossy.ts").write_bytes(part[:third] + part[third + 12 * 188 :])
    with caplog.at_level(logging.WARNING):
        assert len(runs(open_frames(tmp_path / "joined.ts"))) == 96
        assert not caplog.records
        standing = runs(open_frames(tmp_path / "lossy.ts"))
    assert sum(standing) == 48 > len(standing)
    assert f"{48 - len(standing)} damaged pictures" in caplog.text


def test_whole_clips_warn_of_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for suffix in (".mp4", ".mkv", ".ts", ".avi"):
        list(open_frames(make_clip(tmp_path / f"x{suffix}", audio_codec="aac")))
    assert not caplog.records


def test_a_damaged_beginning_is_left_out(tmp_path: Path) -> None:
    path = encode(tmp_path / "x.mp4", map(picture, range(48)), options={"g": "12", "bf": "0"})
    damage(path, 0)
    source = open_frames(path)
    frames = list(source)
    assert 30 < len(frames) <= 47
    assert source.frame_count == len(frames)
