"""Training pictures in bulk: people, clips and frames as safetensors shards.

A clip is one person in one environment; its frames are independent stills. Shard files hold
    images      uint8   [N, S, S, 3]        RGB
    landmarks   float32 [N, 68, 2]          xy in pixels of the picture
    face_mask   uint8   [N, S // 2, S // 2] 0 to 255, share of face
    parameters  float32 [N, P]              see vector.py
    identity    int64   [N]                 seed of the person
    clip        int64   [N]                 number of the clip, unique in the folder
    pose        float32 [N, 3]              yaw, pitch, roll in degrees
    expression  float32 [N, 12]             Expression.as_array()
    geometry    float32 [N, 28]             Identity.geometry
with N = people * clips * frames, ordered by person, then clip. `shards.json` holds the settings.
"""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from ..errors import InputError
from ..whole_files import write_whole
from .camera import FaceFraming
from .parameters import Environment, Identity
from .renderer import Rendering, render
from .sampling import sample_environment, sample_expression, sample_identity, sample_pose
from .vector import parameter_vector

SETTINGS_FILE = "shards.json"
CLIP_STREAM = 0xC1
"""Keeps the random numbers of clips apart from those of other uses of the same seed."""
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

Progress = Callable[[int, int], None]
"""Called with (pictures done, pictures in all)."""


@dataclass(frozen=True)
class ShardSettings:
    """All that decides the bytes of a folder of shards.

    framing: its jitters are the largest ones; each frame draws its own within +- them.
    """

    first_identity: int
    identities: int
    clips_per_identity: int
    frames_per_clip: int
    size: int
    seed: int
    framing: FaceFraming | None
    shard_identities: int

    @property
    def frames_per_identity(self) -> int:
        return self.clips_per_identity * self.frames_per_clip

    def shards(self) -> list[range]:
        """The identities of each shard."""
        stop = self.first_identity + self.identities
        starts = range(self.first_identity, stop, self.shard_identities)
        return [range(start, min(start + self.shard_identities, stop)) for start in starts]


def write_shards(
    out: Path,
    *,
    first_identity: int,
    identities: int,
    clips_per_identity: int,
    frames_per_clip: int,
    size: int,
    seed: int,
    framing: FaceFraming | None = None,
    shard_identities: int = 50,
    workers: int = 1,
    progress: Progress | None = None,
) -> list[Path]:
    """Render a folder of shards and return their paths; finished shards are kept as they are.

    The same settings give the same bytes, however many workers. With more than one worker new
    processes are spawned: call this under `if __name__ == "__main__"`. Raises InputError where the
    folder holds shards of other settings or a number makes no sense.
    """
    settings = ShardSettings(
        first_identity=first_identity,
        identities=identities,
        clips_per_identity=clips_per_identity,
        frames_per_clip=frames_per_clip,
        size=size,
        seed=seed,
        framing=framing,
        shard_identities=shard_identities,
    )
    _check(settings)
    _claim(out, settings)
    jobs = [(out, settings, people) for people in settings.shards()]
    todo = [job for job in jobs if not shard_path(out, job[2]).exists()]
    total = identities * settings.frames_per_identity
    done = total - sum(len(people) for _, _, people in todo) * settings.frames_per_identity
    for people in _run(todo, workers):
        done += len(people) * settings.frames_per_identity
        if progress is not None:
            progress(done, total)
    return [shard_path(out, people) for people in settings.shards()]


def shard_path(out: Path, people: range) -> Path:
    """File of the shard of these identities."""
    return out / f"people-{people.start:06d}-{people.stop - 1:06d}.safetensors"


def _check(settings: ShardSettings) -> None:
    counts = asdict(replace(settings, first_identity=1, seed=1, framing=None))
    for name, value in counts.items():
        if value is not None and value < 1:
            raise InputError(f"{name} is {value}: give a number of at least 1")
    if settings.size % 2:
        raise InputError(f"size is {settings.size}: give an even number of pixels")
    if settings.first_identity < 0 or settings.seed < 0:
        raise InputError("first_identity and seed must not be negative")


def _claim(out: Path, settings: ShardSettings) -> None:
    """Write the settings beside the shards, or see that they are the same."""
    path = out / SETTINGS_FILE
    text = json.dumps(asdict(settings), indent=2) + "\n"
    if not path.exists():
        write_whole(path, text.encode())
    elif path.read_text() != text:
        raise InputError(f"{out} holds shards of other settings (see {path}): use another folder")


def _run(jobs: list[tuple[Path, ShardSettings, range]], workers: int) -> Iterator[range]:
    """Write shards, yielding the identities of each as it is done."""
    if workers <= 1 or len(jobs) <= 1:
        yield from map(_write_shard, jobs)
        return
    context = multiprocessing.get_context("spawn")
    with _single_threaded(), context.Pool(min(workers, len(jobs))) as pool:
        yield from pool.imap_unordered(_write_shard, jobs)


@contextmanager
def _single_threaded() -> Iterator[None]:
    """Processes started inside use one thread each; numpy reads the variables when it loads."""
    before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _write_shard(job: tuple[Path, ShardSettings, range]) -> range:
    out, settings, people = job
    frames: list[dict[str, NDArray[Any]]] = []
    for seed in people:
        identity = sample_identity(seed)
        for number in range(settings.clips_per_identity):
            clip = (seed - settings.first_identity) * settings.clips_per_identity + number
            for rendering in render_clip(identity, settings, seed=seed, number=number):
                origin = {"identity": np.array(seed, np.int64), "clip": np.array(clip, np.int64)}
                frames.append({**_record(rendering), **origin})
    arrays = {name: np.stack([frame[name] for frame in frames]) for name in frames[0]}
    # Not the library's `save_file`: its files may be read by their owner alone.
    write_whole(shard_path(out, people), save(arrays))
    return people


def render_clip(
    identity: Identity, settings: ShardSettings, *, seed: int, number: int
) -> Iterator[Rendering]:
    """The frames of one clip of person `seed`."""
    rng = np.random.default_rng([CLIP_STREAM, settings.seed, seed, number])
    environment: Environment = sample_environment(rng)
    for _ in range(settings.frames_per_clip):
        yield render(
            identity,
            sample_expression(rng),
            sample_pose(rng),
            environment,
            size=settings.size,
            framing=_jittered(settings.framing, rng),
        )


def _jittered(framing: FaceFraming | None, rng: np.random.Generator) -> FaceFraming | None:
    """Draw the jitters of one frame."""
    if framing is None:
        return None
    x, y, scale = (float(v) for v in rng.uniform(-1, 1, 3))
    return replace(
        framing,
        jitter_x=framing.jitter_x * x,
        jitter_y=framing.jitter_y * y,
        jitter_scale=framing.jitter_scale * scale,
    )


def _record(rendering: Rendering) -> dict[str, NDArray[Any]]:
    """What a shard keeps of one picture."""
    pose, half = rendering.pose, rendering.image.shape[0] // 2
    share = rendering.face_mask.reshape(half, 2, half, 2).mean((1, 3))
    return {
        "images": rendering.image,
        "landmarks": rendering.landmarks,
        "face_mask": (share * 255).round().astype(np.uint8),
        "parameters": parameter_vector(
            rendering.identity, rendering.expression, pose, rendering.environment
        ),
        "pose": np.array([pose.yaw_deg, pose.pitch_deg, pose.roll_deg], np.float32),
        "expression": rendering.expression.as_array(),
        "geometry": rendering.identity.geometry,
    }
