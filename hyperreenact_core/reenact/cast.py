"""Several faces of one picture at once, each driven by a face of a clip."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from math import ceil
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..errors import InputError
from ..face.detect import FaceDetector
from ..face.search import searched
from ..host import Host, Preview
from ..imaging import ImageU8
from ..models.sets import LoadedSet
from ..video.sources import FrameSource
from .layers import laid_over, layers_of, without_others
from .looks import Looker
from .options import ReenactOptions
from .people import Scene, follow_people
from .perform import perform
from .performers import Performer, SharedScenes
from .pipeline import Reenactor
from .placing import feather_of
from .results import ReenactedFrame, Reenactment
from .roles import Role
from .source import SourceFace
from .views import crop_rule, with_readings


def reenact_cast(
    roles: Sequence[Role],
    clips: Sequence[FrameSource],
    models: LoadedSet,
    host: Host,
    *,
    options: ReenactOptions,
    detector: FaceDetector | None = None,
    start: int = 0,
    limit: int | None = None,
) -> Reenactment:
    """Animate faces of one picture together: each result is the whole picture.

    roles: their sources were found in one picture; where faces overlap, the larger one lies in
    front. clips: the first role's decides rate and length; others are shown at its rate, and those
    that end before hold their last pose. A clip that plays several roles is read once, one whose
    role has a track not at all.
    detector: the set's own if None. start, limit: first frame, and how many at most.
    The report is the first role's. Raises InputError where the options drop frames, a role has no
    clip, or a performer cannot be had; else as `Reenactor.reenact`.
    """
    if not roles or any(not 0 <= role.clip < len(clips) for role in roles):
        raise InputError("every face needs a driving clip: give at least one of each")
    if options.driving.no_face == "skip":
        raise InputError(
            "frames without a face cannot be dropped where several faces play: hold the last "
            "pose, take the picture's own (source), or stop (error)"
        )
    finder = with_readings(detector, models, host)
    rate = clips[roles[0].clip].rate
    parts = {role.clip: _Part(clips[role.clip], rate, start, limit) for role in roles}
    looker = Looker(models, host)
    seen = {role.clip for role in roles if role.track is None}
    scenes = {at: _scenes(parts[at], models, host, finder, looker) for at in sorted(seen)}
    shared = {number: SharedScenes(stream) for number, stream in scenes.items()}
    alone = replace(options, paste_back=False)
    plays: list[Reenactment] = []
    for role in roles:
        others = [other.source.crop for other in roles if other is not role]
        picture = without_others(role.source.picture, role.source.crop, others)
        source = replace(role.source, picture=picture)
        if role.track is not None:
            track = role.track.take(parts[role.clip].rows(len(role.track)))
            plays.append(perform(source, track, models, _Unheard(host), alone))
            continue
        performer = Performer(shared[role.clip].reader(), role.performer)
        reenactor = Reenactor(models, _Unheard(host), options=alone, detector=performer)
        name_frame = parts[role.clip].name_of
        plays.append(reenactor.reenact(source, performer.frames(), name_frame=name_frame))
    drawn = _together(
        [role.source for role in roles],
        plays,
        host,
        side=options.side(models),
        colour_match=options.colour_match,
        feather=feather_of(options),
        total=parts[roles[0].clip].total,
    )
    needed = [*models.reading_networks, models.fast(host.dtype).appearance]
    return Reenactment(_on_stage(drawn, [*plays, *scenes.values()], host, needed), plays[0].report)


@dataclass(frozen=True)
class _Part:
    """The stretch of a clip that plays, at the rate of the results."""

    clip: FrameSource
    rate: Fraction
    start: int
    limit: int | None

    @property
    def total(self) -> int | None:
        count = self.clip.frame_count
        if count is None:
            return self.limit
        rest = max(count - self.start, 0)
        return rest if self.limit is None else min(rest, self.limit)

    def name_of(self, index: int) -> str:
        return self.clip.name_of(int((index + self.start) * self.clip.rate / self.rate))

    def rows(self, count: int) -> list[int]:
        """Of a track of `count` frames, which one is shown at every moment of the results."""
        shown = range(self.start, ceil(count * self.rate / self.clip.rate))
        if self.limit is not None:
            shown = shown[: self.limit]
        return [int(at * self.clip.rate / self.rate) for at in shown]

    def frames(self) -> Generator[ImageU8, None, None]:
        with closing(self.clip.read_frames()) as frames:
            stop = None if self.limit is None else self.start + self.limit
            yield from islice(self._timed(frames), self.start, stop)

    def _timed(self, frames: Iterator[ImageU8]) -> Iterator[ImageU8]:
        """At every moment of the results the picture that the clip shows then."""
        shown = 0
        for at, frame in enumerate(frames):
            while shown * self.clip.rate < (at + 1) * self.rate:
                yield frame
                shown += 1


def _scenes(
    part: _Part, models: LoadedSet, host: Host, finder: FaceDetector, looker: Looker
) -> Generator[Scene, None, None]:
    """Everybody in a clip, frame by frame."""
    rule = crop_rule(models.settings)

    def searched_frames(frames: Iterable[ImageU8]) -> Iterator[ImageU8]:
        for frame in frames:
            host.check_interrupt()
            yield searched(frame, rule)

    with closing(part.frames()) as frames:
        yield from follow_people(searched_frames(frames), finder, looker.look)


def _on_stage(
    results: Generator[ReenactedFrame, None, None],
    opened: Sequence[Any],
    host: Host,
    networks: Sequence[nn.Module],
) -> Generator[ReenactedFrame, None, None]:
    """The results, with the networks that follow people on the device; closes what was opened."""
    with ExitStack() as stack, host.on_device(networks, 0):
        for stream in reversed(opened):
            stack.enter_context(closing(stream))
        yield from results


def _together(
    sources: Sequence[SourceFace],
    plays: Sequence[Reenactment],
    host: Host,
    *,
    side: int,
    colour_match: bool,
    feather: float,
    total: int | None,
) -> Generator[ReenactedFrame, None, None]:
    """All faces in their places, as long as the first one plays."""
    layers = layers_of([source.crop for source in sources], side=side)
    last: list[ReenactedFrame | None] = [None] * len(plays)
    for first in plays[0]:
        last = [first, *(next(p, held) for p, held in zip(plays[1:], last[1:], strict=True))]
        faces = [result.image for result in last if result is not None]
        if len(faces) < len(plays):
            raise InputError("a driving clip gives no frame: begin earlier in it")
        scene = sources[0]
        whole = laid_over(
            scene.picture,
            layers,
            faces,
            colour_match=colour_match,
            feather=feather,
            front=scene.front,
        )
        picture = scene.as_given(whole.frame)
        host.check_interrupt()
        host.progress(first.index + 1, total, lambda shown=picture: shown)
        mask = torch.rot90(whole.mask, -scene.turns)
        yield replace(first, image=picture, mask=mask)


class _Unheard:
    """A host that is told no progress: of several runs at once, only their sum is worth telling."""

    def __init__(self, host: Host) -> None:
        self._host = host

    @property
    def device(self) -> torch.device:
        return self._host.device

    @property
    def dtype(self) -> torch.dtype:
        return self._host.dtype

    @property
    def detail_dtype(self) -> torch.dtype:
        return self._host.detail_dtype

    def on_device(
        self, modules: Sequence[nn.Module], bytes_needed: int = 0
    ) -> AbstractContextManager[None]:
        return self._host.on_device(modules, bytes_needed)

    def progress(self, done: int, total: int | None, preview: Preview | None = None) -> None:
        return None

    def check_interrupt(self) -> None:
        self._host.check_interrupt()

    def model_paths(self) -> Sequence[Path]:
        return self._host.model_paths()
