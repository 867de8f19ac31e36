"""Reading: every picture at its time, at the rate that is meant."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from hyperreenact_core.video.rates import snapped, timing_of
from hyperreenact_core.video.reader import open_frames
from tests.core.video.clips import encode, make_clip, picture, runs

CONTAINERS = [".mp4", ".mov", ".mkv", ".ts", ".flv"]
MS = Fraction(1000)
NO_B_FRAMES = {"bf": "0"}


def test_the_pictures_that_a_decoder_keeps_to_the_end_have_their_times(tmp_path: Path) -> None:
    frames = map(picture, (0, 9, 18))
    path = encode(tmp_path / "x.mkv", frames, rate=MS, times=[0, 3000, 7000], last=2000)
    source = open_frames(path)
    assert [float(stood / source.rate) for stood in runs(source)] == pytest.approx([3, 4, 2])


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_a_change_of_rate_keeps_every_picture(tmp_path: Path, suffix: str) -> None:
    """12 pictures in 0.6 s, 12 more in 0.2 s."""
    times = [50 * i for i in range(12)] + [600 + round(1000 * i / 60) for i in range(12)]
    source = open_frames(
        encode(tmp_path / f"x{suffix}", map(picture, range(24)), rate=MS, times=times, last=17)
    )
    frames = list(source)
    assert source.rate == 60
    assert len(frames) == pytest.approx(48, abs=1)
    assert runs(frames)[:23] == [3] * 12 + [1] * 11
    assert source.frame_count == len(frames)


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_holds_stay_however_long(tmp_path: Path, suffix: str) -> None:
    """A recording of a screen: 72 seconds, a minute of it the same picture."""
    times = [0, 25, 50, 75, 75 + 63 * 25, 1675, 1700, 1775]
    source = open_frames(
        encode(
            tmp_path / f"x{suffix}",
            map(picture, range(8)),
            times=times,
            options=NO_B_FRAMES,
            last=25,
        )
    )
    frames = list(source)
    assert len(frames) / source.rate == pytest.approx(72, abs=1)
    slots = np.cumsum([0, *runs(frames)[:-1]]) / float(source.rate)
    assert slots == pytest.approx(np.array(times) / 25, abs=0.03)


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_the_last_hold_stays(tmp_path: Path, suffix: str) -> None:
    source = open_frames(
        encode(tmp_path / f"x{suffix}", map(picture, range(5)), options=NO_B_FRAMES, last=50)
    )
    assert source.rate == 25
    assert runs(source) == [1, 1, 1, 1, 50]


@pytest.mark.parametrize("rate", [Fraction(60000, 1001), Fraction(24000, 1001), Fraction(17)])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
@pytest.mark.parametrize("frames", [4, 30])
def test_even_pictures_have_their_nominal_rate(
    tmp_path: Path, rate: Fraction, suffix: str, frames: int
) -> None:
    source = open_frames(encode(tmp_path / f"x{suffix}", map(picture, range(frames)), rate=rate))
    assert (source.rate, source.frame_count) == (rate, frames)
    assert runs(source) == [1] * frames


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_jitter_of_a_phone_is_29_97(tmp_path: Path, suffix: str) -> None:
    times = [round(i * 33.37 + i * 7919 % 13 - 6) + 6 for i in range(120)]
    source = open_frames(
        encode(tmp_path / f"x{suffix}", map(picture, range(120)), rate=MS, times=times, last=33)
    )
    assert source.rate == Fraction(30000, 1001)
    assert len(runs(source)) >= 119


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_clip_may_begin_late(tmp_path: Path, suffix: str) -> None:
    times = list(range(250, 325))
    source = open_frames(encode(tmp_path / f"x{suffix}", map(picture, range(75)), times=times))
    assert (source.rate, source.frame_count) == (25, 75)
    assert runs(source) == [1] * 75


@pytest.mark.parametrize("codec", ["mpeg4", "libx264"])
def test_empty_packets_of_avi_are_holds(tmp_path: Path, codec: str) -> None:
    times = [0, 1, 2, 3, 10, 11, 12, 20, 21, 22]
    source = open_frames(
        encode(tmp_path / "x.avi", map(picture, range(10)), codec=codec, times=times)
    )
    assert source.rate == 25
    assert runs(source) == [1, 1, 1, 7, 1, 1, 8, 1, 1, 1]


@pytest.mark.parametrize(
    ("suffix", "codec"), [(".ts", "libx264"), (".mpg", "mpeg2video"), (".flv", "libx264")]
)
def test_joined_streams_go_on(tmp_path: Path, suffix: str, codec: str) -> None:
    parts = [
        encode(tmp_path / f"{n}{suffix}", map(picture, range(n)), codec=codec) for n in (20, 30)
    ]
    joined = tmp_path / f"joined{suffix}"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    source = open_frames(joined)
    assert (source.rate, source.frame_count) == (25, 50)
    assert runs(source) == [1] * 50


@pytest.mark.parametrize("suffix", [".ts", ".flv"])
def test_joined_streams_with_sound_go_on(tmp_path: Path, suffix: str) -> None:
    parts = [make_clip(tmp_path / f"{n}{suffix}", frames=n, audio_codec="aac") for n in (40, 60)]
    joined = tmp_path / f"joined{suffix}"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts) * 2)
    assert runs(open_frames(joined)) == [1] * 200


@pytest.mark.parametrize(
    ("measured", "meant"),
    [
        (Fraction(19001, 317), Fraction(60000, 1001)),
        (Fraction(2997, 100), Fraction(30000, 1001)),
        (Fraction(11988, 500), Fraction(24000, 1001)),
        (Fraction(30), Fraction(30)),
        (Fraction(17), Fraction(17)),
    ],
)
def test_rates_are_snapped_to_the_standard(measured: Fraction, meant: Fraction) -> None:
    assert snapped(measured) == meant


def test_uneven_times_on_a_grid_take_its_rate() -> None:
    timing = timing_of(np.array([0, 1, 2, 30, 31, 50]), Fraction(1, 25), end=Fraction(51, 25))
    assert (timing.rate, timing.frame_count) == (25, 51)


def test_even_slides_do_not_stretch_the_end() -> None:
    timing = timing_of(np.array([0, 10_000, 20_000]), 1 / MS, end=Fraction(20_040, 1000))
    assert timing.frame_count / timing.rate == pytest.approx(20.04, abs=0.03)


def test_a_hold_does_not_stretch_the_end() -> None:
    times = np.array([0, 40, 80, 5080, 5120, 5160])
    timing = timing_of(times, 1 / MS, end=None)
    assert timing.seconds == pytest.approx(5.2)
