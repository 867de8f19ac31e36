"""All clips of a run through a pool, piece by piece; what became of each."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from ..errors import InputError
from ..video.reader import open_frames
from .pool import Pool, work_through
from .report import JobResult, JobState
from .run import done_frames, is_done, is_drawn
from .shard import ClipPlan, Made, Shard


@dataclass
class _Clip:
    """A clip under way. left: ranges that are not drawn yet. workers: who had its pieces."""

    number: int
    plan: ClipPlan
    left: int = 0
    seconds: float = 0.0
    workers: dict[str, None] = field(default_factory=dict[str, None])

    def result(self, state: JobState, *, reason: str = "", frames: int = 0) -> JobResult:
        """What became of it."""
        return JobResult(self.number, state, reason, frames, self.seconds, tuple(self.workers))


def run_clips(
    plans: Iterable[tuple[int, ClipPlan]],
    pool: Pool[Shard, Made],
    *,
    tell: Callable[[str], None],
) -> Iterator[JobResult]:
    """Do every clip that is not done, and say of each what became of it, in any order.

    plans: with the number of each job. A clip that fails on its own input fails alone.
    """
    clips: dict[str, _Clip] = {}
    todo: deque[Shard] = deque()
    for number, plan in plans:
        if is_done(plan):
            yield JobResult(number, "there", frames=done_frames(plan))
        elif plan.name in clips:
            yield JobResult(number, "failed", reason="the same job stands before it")
        else:
            clips[plan.name] = _Clip(number, plan)
            todo.append(Shard("read" if _is_long(plan) else "whole", plan))

    def told(line: str) -> None:
        tell(f"repeated: {line}")

    for done in work_through(pool, todo, tell=told):
        shard = done.item
        clip = clips.get(shard.clip.name)
        if clip is None:  # failed in another piece
            continue
        if done.worker:
            clip.workers[done.worker] = None
        if done.failure is not None:
            del clips[shard.clip.name]
            for other in [s for s in todo if s.clip == shard.clip]:
                todo.remove(other)
            yield clip.result("failed", reason=str(done.failure))
            continue
        made = done.result or Made(0, 0, 0.0)
        clip.seconds += made.seconds
        if shard.kind in ("whole", "join"):
            del clips[shard.clip.name]
            yield clip.result("done", frames=done_frames(shard.clip))
            continue
        if shard.kind == "read":
            missing = [n for n in range(made.ranges) if not is_drawn(shard.clip, n)]
            clip.left = len(missing)
            # Before other clips: what is begun takes room on the disk until it is joined.
            todo.extendleft(Shard("draw", shard.clip, n) for n in reversed(missing))
        else:
            clip.left -= 1
        if clip.left == 0:
            todo.appendleft(Shard("join", shard.clip))


def _is_long(plan: ClipPlan) -> bool:
    """Whether a clip is worth cutting; where it cannot be opened, a worker will say why."""
    request = plan.request
    if request.compare:  # shows what is not kept of the driving frames
        return False
    with suppress(InputError):
        count = open_frames(request.driving, default_rate=request.default_rate).frame_count
        if count is None:
            return True
        rest = count - request.start
        return (rest if request.limit is None else min(rest, request.limit)) > plan.length
    return False
