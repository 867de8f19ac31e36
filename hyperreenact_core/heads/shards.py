"""Training pictures in bulk: people, clips and pairs of frames as safetensors files.

shard_files.py says what the files hold. `shards.json` holds the settings: it claims the folder.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from ..errors import InputError, OutputError
from ..whole_files import write_whole
from .assets import Assets, find_assets
from .backgrounds import Pictures, find_pictures
from .body import load_body
from .figure import make_figure
from .people import sample_person
from .shard_files import SETTINGS_FILE
from .stage import Stage
from .takes import Recipe, film
from .wardrobe import Wardrobe

if TYPE_CHECKING:
    from ..host import Spread

CLIP_STREAM = 0xC2
"""Keeps the random numbers of clips apart from those of other uses of the same seed."""
FINER = 1.5
"""Sub-pixels of the pictures along x and y; two cost more and can hardly be told from it."""
_FORMAT = 1
_ONE_THREAD = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "LP_NUM_THREADS": "0",  # Mesa's software rasteriser: no threads besides the caller's
}

Progress = Callable[[int, int], None]
"""Called with (pictures done, pictures in all)."""


@dataclass(frozen=True)
class ShardSettings:
    """All that decides the bytes of a folder of shards."""

    first_person: int
    people: int
    clips_per_person: int
    size: int
    seed: int
    people_per_shard: int
    recipe: Recipe
    backgrounds: str = ""
    """Digest of the pictures that some clips have for a background, empty where there are none."""

    @property
    def frames_per_person(self) -> int:
        return self.clips_per_person * self.recipe.frames

    def shards(self) -> list[range]:
        """The people of each shard."""
        stop = self.first_person + self.people
        starts = range(self.first_person, stop, self.people_per_shard)
        return [range(start, min(start + self.people_per_shard, stop)) for start in starts]


def write_shards(
    out: Path,
    *,
    people: int,
    clips_per_person: int = 2,
    size: int = 256,
    seed: int = 0,
    first_person: int = 0,
    people_per_shard: int = 4,
    recipe: Recipe | None = None,
    backgrounds: Path | None = None,
    workers: int = 1,
    spread: Spread | None = None,
    assets: Path | None = None,
    progress: Progress | None = None,
) -> list[Path]:
    """Render a folder of shards and return their paths; finished shards are kept as they are.

    The same settings give the same bytes on a machine, however many workers: each is a process of
    its own with one thread, spawned, so call this under `if __name__ == "__main__"`. spread: other
    workers instead, which must find the same folders under the same names. backgrounds: a
    folder of pictures without people, which some clips have for a background. Raises InputError
    where the folder holds shards of other settings, a number makes no sense, a picture cannot be
    read, or the extra, the assets or OpenGL are missing; OutputError where a worker is killed.
    """
    pictures = Pictures() if backgrounds is None else find_pictures(backgrounds)
    settings = ShardSettings(
        first_person=first_person,
        people=people,
        clips_per_person=clips_per_person,
        size=size,
        seed=seed,
        people_per_shard=people_per_shard,
        recipe=recipe or Recipe(),
        backgrounds=pictures.digest,
    )
    _check(settings, workers)
    folder = find_assets(assets)
    _claim(out, settings)
    todo = [part for part in settings.shards() if not shard_path(out, part).exists()]
    total = people * settings.frames_per_person
    done = total - sum(map(len, todo)) * settings.frames_per_person
    job = _Job(
        out.resolve(), settings, folder.resolve(), tuple(p.resolve() for p in pictures.paths)
    )
    parts = spread(partial(_renderer, job), todo) if spread else _run(job, todo, workers)
    for part in parts:
        done += len(part) * settings.frames_per_person
        if progress is not None:
            progress(done, total)
    return [shard_path(out, part) for part in settings.shards()]


def shard_path(out: Path, people: range) -> Path:
    """File of the shard of these people."""
    return out / f"people-{people.start:06d}-{people.stop - 1:06d}.safetensors"


def _check(settings: ShardSettings, workers: int) -> None:
    recipe = settings.recipe
    counts = asdict(replace(settings, first_person=1, seed=1))
    counts = {k: v for k, v in counts.items() if k not in ("recipe", "backgrounds")}
    counts["workers"] = workers
    for name, value in counts.items():
        if value < 1:
            raise InputError(f"{name} is {value}: give a number of at least 1")
    if recipe.frames < 2 or recipe.frames % 2:
        raise InputError(f"{recipe.frames} frames a clip: give an even number, they come in pairs")
    if settings.first_person < 0 or settings.seed < 0:
        raise InputError("first_person and seed must not be negative")
    if settings.size < 16:
        raise InputError(f"size is {settings.size}: give at least 16 pixels")
    low, high = recipe.side
    if not 0.2 <= low <= high <= 20:
        raise InputError(f"side is {low} to {high}: give two factors of the face from 0.2 to 20")
    if not 0 <= recipe.shift <= 2:
        raise InputError(f"shift is {recipe.shift}: give a share of the face from 0 to 2")
    for name in ("expressions", "occluded"):
        if not 0 <= getattr(recipe, name) <= 1:
            raise InputError(f"{name} is {getattr(recipe, name)}: give a share from 0 to 1")
    if not recipe.fps > 0:
        raise InputError(f"fps is {recipe.fps}: give a positive number")


def _claim(out: Path, settings: ShardSettings) -> None:
    """Write the settings beside the shards, or see that they are the same."""
    path = out / SETTINGS_FILE
    fields = asdict(settings)
    if not settings.backgrounds:
        del fields["backgrounds"]
    text = json.dumps({"format": _FORMAT, **fields}, indent=2) + "\n"
    if not path.exists():
        write_whole(path, text.encode())
    elif path.read_text() != text:
        raise InputError(f"{out} holds shards of other settings (see {path}): use another folder")


@dataclass(frozen=True)
class _Job:
    """What every process is told."""

    out: Path
    settings: ShardSettings
    assets: Path
    pictures: tuple[Path, ...]


def _run(job: _Job, todo: list[range], workers: int) -> Iterator[range]:
    """Write shards, yielding the people of each as it is done."""
    if not todo:
        return
    context = multiprocessing.get_context("spawn")
    count = min(workers, len(todo))
    with (
        _single_threaded(),
        ProcessPoolExecutor(count, mp_context=context, initializer=_end_with_parent) as pool,
    ):
        try:
            # One alone: the first on a machine fills the body model's cache, others read it.
            pool.submit(_prepare, job.assets, job.settings.size).result()
            shards = [pool.submit(_write_shard, job, part) for part in todo]
            for shard in as_completed(shards):
                yield shard.result()
        except BrokenProcessPool as error:
            raise OutputError(
                f"{job.out}: a process that rendered was ended, perhaps for want of memory; "
                "finished shards are kept: run the same again, with fewer workers"
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _single_threaded() -> Iterator[None]:
    """Processes started inside use one thread each; libraries read the variables as they load."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(_ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _end_with_parent() -> None:
    """A process whose parent was killed would otherwise wait for work for ever."""
    import cv2

    cv2.setNumThreads(1)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent.sentinel,), daemon=True).start()


def _watch(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


@cache
def _tools(assets: Path, size: int) -> tuple[Wardrobe, Stage]:
    """What a process needs, made once."""
    return Wardrobe(Assets(assets)), Stage(size, finer=FINER)


def _prepare(assets: Path, size: int) -> None:
    load_body()
    _tools(assets, size)


def _renderer(job: _Job) -> Callable[[range], range]:
    """What writes a shard, for a worker that is not a process of ours."""
    import cv2

    os.environ.update(_ONE_THREAD)
    cv2.setNumThreads(1)
    _prepare(job.assets, job.settings.size)
    return partial(_write_shard, job)


def _write_shard(job: _Job, people: range) -> range:
    settings = job.settings
    wardrobe, stage = _tools(job.assets, settings.size)
    arrays: dict[str, NDArray[Any]] = {}
    described: dict[int, Any] = {}
    count, row = len(people) * settings.frames_per_person, 0
    for seed in people:
        figure = make_figure(sample_person(seed, wardrobe), wardrobe)
        described[seed] = asdict(figure.person)
        for number in range(settings.clips_per_person):
            clip = (seed - settings.first_person) * settings.clips_per_person + number
            rng = np.random.default_rng([CLIP_STREAM, settings.seed, seed, number])
            for record in film(stage, figure, settings.recipe, rng, pictures=job.pictures):
                record |= {"identity": np.int64(seed), "clip": np.int64(clip)}
                record["partner"] = np.int64(row ^ 1)
                for name, value in record.items():
                    if name not in arrays:
                        arrays[name] = np.empty((count, *value.shape), value.dtype)
                    arrays[name][row] = value
                row += 1
    # Not the library's `save_file`: its files may be read by their owner alone.
    write_whole(shard_path(job.out, people), save(arrays, {"people": json.dumps(described)}))
    return people
