"""What a worker does with a piece of a clip."""

from __future__ import annotations

import json
import shutil
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import InputError, ModelError
from ..host import LocalHost, detail_dtype, find_device, number_format
from ..models.sets import LoadedSet, load_set
from ..reenact.clip import ClipJob
from ..reenact.missing import DrivingReport
from ..reenact.pipeline import Reenactor
from ..reenact.ranges import cast_of, load_range, range_length, read_ranges, save_range
from ..reenact.source import SourceFace
from ..video.pictures import read_image
from ..video.stills import FolderWriter
from ..whole_files import write_whole
from .names import models_digest
from .shard import ClipPlan, Made, Shard, Tools


class ClipWorker:
    """Does pieces; keeps the networks, and the source of the clip it had last."""

    def __init__(self) -> None:
        self._sets: dict[Tools, tuple[LoadedSet, LocalHost]] = {}
        self._cast: tuple[str, SourceFace, Reenactor] | None = None

    def __call__(self, shard: Shard) -> Made:
        """Do a piece unless it is there; raises what `ClipJob.run` does."""
        began = time.monotonic()
        clip = shard.clip
        if is_done(clip):
            return Made(0, 0, 0.0)
        match shard.kind:
            case "whole":
                ranges, frames = 0, self._whole(clip)
            case "read":
                counts, fresh = self._read(clip)
                ranges, frames = len(counts), sum(counts) if fresh else 0
            case "draw":
                ranges, frames = 0, self._draw(clip, shard.number)
            case "join":
                ranges, frames = 0, self._join(clip)
        return Made(ranges, frames, time.monotonic() - began)

    def _whole(self, clip: ClipPlan) -> int:
        models, host = self._tools(clip.tools)
        job = ClipJob(clip.request, models)
        job.run(host)
        _mark_done(clip, job.writer.frames_written, job.report)
        return job.writer.frames_written

    def _read(self, clip: ClipPlan) -> tuple[list[int], bool]:
        if clip.reading.is_file():
            return frame_counts(clip), False
        _, host = self._tools(clip.tools)
        source, reenactor = self._source(clip)
        report = DrivingReport()
        counts: list[int] = []
        length = range_length(clip.length, clip.request, host)
        for frames in read_ranges(clip.request, source, reenactor, report, length=length):
            save_range(clip.posed(len(counts)), frames)
            counts.append(len(frames))
        said: dict[str, Any] = {"frames": counts, "report": asdict(report)}
        write_whole(clip.reading, json.dumps(said).encode())
        return counts, True

    def _draw(self, clip: ClipPlan, number: int) -> int:
        if is_drawn(clip, number):
            return 0
        source, reenactor = self._source(clip)
        images = reenactor.draw_read(source, load_range(clip.posed(number)))
        first = next(images)
        height, width = first.shape[:2]
        with FolderWriter(clip.drawn(number), width=width, height=height) as writer:
            writer.write(first)
            for image in images:
                writer.write(image)
        return writer.frames_written

    def _join(self, clip: ClipPlan) -> int:
        models, _ = self._tools(clip.tools)
        numbers = range(len(frame_counts(clip)))
        job = ClipJob(clip.request, models)
        # By name, not as a driving clip: these are known to be ours, and in order.
        pictures = (path for n in numbers for path in sorted(clip.drawn(n).glob("*.png")))
        job.write_drawn(read_image(path) for path in pictures)
        said = json.loads(clip.reading.read_bytes())
        _mark_done(clip, job.writer.frames_written, DrivingReport(**said["report"]))
        return job.writer.frames_written

    def _source(self, clip: ClipPlan) -> tuple[SourceFace, Reenactor]:
        if self._cast is None or self._cast[0] != clip.name:
            self._cast = clip.name, *cast_of(clip.request, *self._tools(clip.tools))
        return self._cast[1:]

    def _tools(self, tools: Tools) -> tuple[LoadedSet, LocalHost]:
        if tools not in self._sets:
            models = load_set(tools.model_set, tools.model_paths)
            if models_digest(models) != tools.digest:
                raise ModelError(
                    f"{models.folder} holds other weights on this worker than where the run was "
                    "started; copy the model set there, or share the folder"
                )
            device = find_device(tools.device)
            dtype = number_format(tools.precision, device)
            quick = detail_dtype(device, dtype) if tools.precision == "auto" else dtype
            host = LocalHost(device=str(device), dtype=dtype, detail_dtype=quick)
            self._sets[tools] = models, host
        return self._sets[tools]


def is_done(clip: ClipPlan) -> bool:
    """Whether the result is there as it was written."""
    return is_made(clip.done, clip.request.out)


def is_made(record: Path, out: Path) -> bool:
    """Whether a result is there as `mark_made` saw it."""
    try:
        return json.loads(record.read_bytes())["bytes"] == _size(out)
    except (OSError, ValueError, KeyError):
        return False


def mark_made(record: Path, out: Path, **said: Any) -> None:
    """Write down that a result is there."""
    words = {"out": str(out), "bytes": _size(out), **said}
    write_whole(record, json.dumps(words).encode())


def done_frames(clip: ClipPlan) -> int:
    """How many frames a clip has that is done."""
    return int(json.loads(clip.done.read_bytes())["frames"])


def frame_counts(clip: ClipPlan) -> list[int]:
    """Of the ranges of a clip that was read; InputError where its record is damaged."""
    try:
        return list(json.loads(clip.reading.read_bytes())["frames"])
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{clip.reading} cannot be read; remove it and run again") from error


def is_drawn(clip: ClipPlan, number: int) -> bool:
    """Whether all frames of a range are there: what was interrupted leaves some."""
    return len(list(clip.drawn(number).glob("*.png"))) == frame_counts(clip)[number]


def _mark_done(clip: ClipPlan, frames: int, report: DrivingReport) -> None:
    mark_made(clip.done, clip.request.out, frames=frames, without_face=report.without_face)
    with suppress(OSError):
        shutil.rmtree(clip.place, ignore_errors=True)


def _size(path: Path) -> int:
    """Bytes of a file, or of a folder's files."""
    if path.is_dir():
        return sum(p.stat().st_size for p in path.iterdir() if not p.name.startswith("."))
    return path.stat().st_size
