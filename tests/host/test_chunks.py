"""A long clip through VideoHelperSuite's meta-batch, where COMFYUI_VHS_PATH names a checkout."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.video.reader import open_frames
from hyperreenact_core.video.writer import VideoWriter
from tests.core.reenact.tiny import frames
from tests.host.comfy import MARKS, MODEL_SET, ROOT, VHS_PATH, Comfy
from tests.host.graphs import id_of, shipped

pytestmark = [*MARKS, pytest.mark.skipif(not VHS_PATH, reason="COMFYUI_VHS_PATH names no checkout")]

FRAMES, CHUNK, SIDE = 300, 64, 96
TINY = MODEL_SET == "tiny"


def test_chunks_are_bit_for_bit_the_same_as_one_batch(comfy: Comfy, tmp_path: Path):
    clip = _long_clip(tmp_path / "long.mp4")
    chunks = shipped("4 Long video in chunks")
    by_class = {node["class_type"]: key for key, node in chunks.items()}
    load, combine = by_class["VHS_LoadVideoPath"], by_class["VHS_VideoCombine"]
    chunks[load]["inputs"]["video"] = str(clip)
    chunks[by_class["VHS_BatchManager"]]["inputs"]["frames_per_batch"] = CHUNK
    del chunks[combine]["inputs"]["audio"]
    drawn = {"images": [id_of(chunks, "Synthesise"), 0], "name": "chunks"}
    chunks["digest"] = {"class_type": "Test_Digest", "inputs": drawn}
    comfy.done(chunks)
    pieces = _digests(comfy, "chunks")

    whole = {key: node for key, node in chunks.items() if key != combine}
    del whole[load]["inputs"]["meta_batch"]
    drawn["name"] = "whole"
    comfy.done(whole)
    assert pieces == _digests(comfy, "whole")
    assert len(set(pieces)) > FRAMES / 8, "the frames are not all one"


def _digests(comfy: Comfy, name: str) -> list[str]:
    """The checksums of all frames, once they are there: each chunk queues the next one."""
    while not comfy.is_idle():
        time.sleep(0.2)
    lines = (comfy.base / "output" / f"{name}.txt").read_text("utf-8").splitlines()
    assert len(lines) == FRAMES
    return lines


def _long_clip(path: Path) -> Path:
    """Every frame shows a face: one held over the edge of a chunk could not carry over."""
    with VideoWriter(path, width=SIDE, height=SIDE, rate=Fraction(25)) as writer:
        for frame in frames("f" * FRAMES, width=SIDE, height=SIDE) if TINY else _talk():
            writer.write(frame)
    return path


def _talk() -> Iterator[ImageU8]:
    """The talking sample, small, forwards and backwards until it is long enough."""
    talk = [_small(frame) for frame in open_frames(ROOT / "workflows/samples/talk.mp4")]
    return islice(cycle([*talk, *reversed(talk)]), FRAMES)


def _small(frame: ImageU8) -> ImageU8:
    return np.asarray(cv2.resize(frame, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
