"""The faces of a picture that perform together, and all that they need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..hyperreenact_core.errors import InputError
from .cast import CastFaceOf
from .videos import driving_clip

if TYPE_CHECKING:
    from torch import Tensor

    from ..hyperreenact_core.choices import FaceChoice
    from ..hyperreenact_core.face.detect import FaceDetector
    from ..hyperreenact_core.reenact.missing import DrivingReport
    from ..hyperreenact_core.reenact.posetrack import PoseTrack
    from ..hyperreenact_core.reenact.results import ReenactedFrame, Reenactment
    from ..hyperreenact_core.reenact.roles import AlsoPlays, Role
    from ..hyperreenact_core.video.sources import FrameSource
    from .wishes import Wishes

_MAIN = "driving"


@dataclass(frozen=True)
class Stage:
    """Who is to play, with the clips open.

    main: who comes first. plays_rest: faces that nobody else does, instead of its own. also: the
    others. clips: by the names that these have for them. tracks: of clips without pictures.
    """

    main: AlsoPlays[str]
    plays_rest: bool
    also: list[AlsoPlays[str]]
    clips: dict[str, FrameSource]
    tracks: dict[str, PoseTrack]

    @property
    def name(self) -> str:
        """Of the clip that decides rate, length and sound."""
        return self.main.driving or _MAIN

    @property
    def clip(self) -> FrameSource:
        """What decides rate, length and sound."""
        return self.clips[self.name]


@contextmanager
def staged(
    cast: Sequence[CastFaceOf], driving: Any, poses: PoseTrack | None, performer: FaceChoice
) -> Iterator[Stage]:
    """Open what a cast needs; performer: the face of driving that plays the rest.

    InputError where somebody has nothing to perform.
    """
    from ..hyperreenact_core.reenact.roles import AlsoPlays

    clips: dict[str, FrameSource] = {}
    tracks: dict[str, PoseTrack] = {}
    names: dict[int, str] = {}
    with ExitStack() as stack:

        def named(video: Any, track: PoseTrack | None, name: str) -> str | None:
            given = video if track is None else track
            if given is None:
                return None
            if id(given) not in names:
                names[id(given)] = name
                clip = stack.enter_context(driving_clip(video, track))
                if track is not None:
                    clip, tracks[name] = replace(clip, frame_count=len(track)), track
                clips[name] = clip
            return names[id(given)]

        own = named(driving, poses, _MAIN)
        also = [
            AlsoPlays(
                one.face,
                named(None if one.poses is not None else one.driving, one.poses, f"video {number}"),
                one.performer,
            )
            for number, one in enumerate(cast, 1)
        ]
        if own is not None:
            yield Stage(AlsoPlays("largest", own, performer), True, also, clips, tracks)
            return
        if any(one.driving is None for one in also):
            raise InputError(
                "a face of the cast has nothing to perform: connect driving or poses to its Cast "
                "Face, or driving to Reenact Video"
            )
        yield Stage(also[0], False, also[1:], clips, tracks)


@dataclass(frozen=True)
class Troupe:
    """The faces that play together, and all that draws them."""

    wishes: Wishes
    roles: list[Role]
    stage: Stage
    finder: FaceDetector

    def play(self) -> Reenactment:
        """Draw them in one picture."""
        from ..hyperreenact_core.reenact.cast import reenact_cast
        from ..hyperreenact_core.reenact.roles import clips_of

        stage, wishes = self.stage, self.wishes
        clips = [stage.clips[name] for name in clips_of(stage.name, stage.also)]
        return reenact_cast(
            self.roles,
            clips,
            wishes.models.networks,
            wishes.host,
            options=wishes.options,
            detector=self.finder,
        )

    def place(self, last: ReenactedFrame | None) -> tuple[list[dict[str, int]], Tensor]:
        """Boxes and masks of the results, as the host has them."""
        from ..hyperreenact_core.reenact.placing import place_of
        from .casting import box_of

        if last is None or last.mask is None:
            raise TypeError("no result was shown")
        return [box_of(place_of(role.source)) for role in self.roles], last.mask[None]

    def told(self, report: DrivingReport) -> str:
        """What came of it, a line each."""
        from .casting import drawn_text, kept_lines

        performing = f"{len(self.roles)} of {self.roles[0].source.faces}"
        lines = [drawn_text(report), f"{performing} faces of the source perform"]
        return "\n".join([*lines, *kept_lines(report)])


def troupe(wishes: Wishes, stage: Stage) -> Troupe:
    """Everything that is computed once for several faces."""
    from ..hyperreenact_core.reenact.roles import roles_of

    finder = wishes.finder()
    roles = roles_of(
        wishes.people(finder),
        stage.name,
        stage.also,
        face=None if stage.plays_rest else stage.main.face,
        performer=stage.main.performer,
        name="the source picture",
        tracks=stage.tracks,
    )
    return Troupe(wishes, roles, stage, finder)
