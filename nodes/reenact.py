"""The whole chain in one node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any

from comfy_api.latest import InputImpl, io

from ..hyperreenact_core.choices import NO_FACE_POLICIES
from ..hyperreenact_core.reenact.knobs import COLOUR_MATCH
from .sockets import (
    CATEGORY,
    CastList,
    batch_input,
    detail_input,
    detector_input,
    face_inputs,
    follow_input,
    framing_input,
    given_inputs,
    models_input,
    place_outputs,
    psi_input,
    size_input,
    strength_inputs,
    window_input,
)

if TYPE_CHECKING:
    from ..hyperreenact_core.reenact.posetrack import PoseTrack
    from ..hyperreenact_core.video.sources import FrameSource
    from .cast import CastFaceOf
    from .casting import Play
    from .wishes import Wishes

_UNFRAMED = (
    "the face crop itself, and what is pasted back is a whole head with its hair; an identity's own"
)
_SOURCE = (
    "One picture of the face that is to be animated; of several, the first. Not needed with an "
    "identity."
)


def _option_inputs() -> list[io.Input]:
    return [
        *face_inputs("the clip"),
        io.Boolean.Input(
            "paste_back",
            default=False,
            tooltip="Lay every face over the source picture. Off: the face alone, as the "
            "generator draws it.",
        ),
        io.Boolean.Input(
            "colour_match",
            default=COLOUR_MATCH,
            advanced=True,
            tooltip="When pasting, shift the face's colours to meet the picture's.",
        ),
        window_input(),
        psi_input(),
        *strength_inputs(),
        batch_input(),
    ]


_NO_FACE = {
    "hold": "keeps the last pose",
    "source": "takes the source's own pose",
    "skip": "leaves the frame out",
    "error": "stops and names it",
}


def _no_face_input(*options: str) -> io.Input:
    meanings = ", ".join(f"{option} {_NO_FACE[option]}" for option in options)
    return io.Combo.Input(
        "no_face",
        options=[*options],
        default="hold",
        tooltip=f"A driving frame without a face: {meanings}.",
    )


def _report_output() -> io.Output:
    return io.String.Output(
        "report",
        tooltip="How many frames showed a face, how much came from the source, and what was left "
        "aside.",
    )


class Reenact(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="HyperReenact_Reenact",
            display_name="Reenact (all in one)",
            category=CATEGORY,
            description="Animates the face of one picture with the movements of a clip.",
            search_aliases=["face reenactment", "live portrait", "talking head", "animate face"],
            inputs=[
                models_input(),
                io.Image.Input("source", optional=True, tooltip=_SOURCE),
                io.Image.Input(
                    "driving",
                    optional=True,
                    tooltip="The frames whose movements it takes. Not needed with poses.",
                ),
                _no_face_input(*NO_FACE_POLICIES),
                *_option_inputs(),
                follow_input(),
                detector_input(),
                detail_input(),
                size_input(),
                *given_inputs(),
                framing_input(_UNFRAMED),
            ],
            outputs=[
                io.Image.Output("images", tooltip="One picture a driving frame."),
                _report_output(),
                *place_outputs(),
                io.Image.Output("crops", tooltip="The faces alone, as they were drawn."),
            ],
        )

    @classmethod
    def execute(
        cls, models: Any, driving: Any = None, poses: Any = None, **widgets: Any
    ) -> io.NodeOutput:
        from .casting import Driven, Shown, cast
        from .convert import Frames, image_of_frames
        from .wishes import wishes_of

        shown, wishes = Shown(), wishes_of(models, **widgets)
        frames = [] if poses is not None else Frames(driven(driving), name="driving")
        height, width = frames[0].shape[:2] if len(frames) else (1, 1)
        count, pasted = len(frames) if poses is None else len(poses), wishes.options.paste_back
        play = cast(wishes, Driven(frames, height, width, count, poses))
        with closing(play.play()) as results:
            images = image_of_frames(shown.images(results, keeps_faces=pasted), count=count)
        crops = image_of_frames(shown.faces, count=count) if pasted else images
        return io.NodeOutput(images, play.told(results.report), *play.place(shown.last), crops)


class ReenactVideo(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="HyperReenact_ReenactVideo",
            display_name="Reenact Video",
            category=CATEGORY,
            description="Animates the face of one picture with a video, frame by frame: length "
            "costs no memory, and sound and frame rate are kept.",
            search_aliases=["face reenactment", "video to video", "talking head", "animate face"],
            inputs=[
                models_input(),
                io.Image.Input("source", optional=True, tooltip=_SOURCE),
                io.Video.Input(
                    "driving",
                    optional=True,
                    tooltip="The video whose movements it takes. With poses only its sound and "
                    "frame rate are used.",
                ),
                # Leaving frames out would part picture and sound.
                _no_face_input("hold", "source", "error"),
                *_option_inputs(),
                detector_input(),
                detail_input(),
                size_input(),
                *given_inputs(),
                CastList.Input(
                    "cast",
                    optional=True,
                    tooltip="Who plays which face of a source with several people, from Cast Face. "
                    "Driving then plays every face that is not cast; without driving these stay as "
                    "they are, and the first cast face's video decides length, rate and sound.",
                ),
                framing_input(_UNFRAMED),
            ],
            outputs=[
                io.Video.Output("video", tooltip="The finished video, with the clip's sound."),
                _report_output(),
                *place_outputs(),
                io.Video.Output("crops", tooltip="The faces alone, as they were drawn."),
            ],
        )

    @classmethod
    def execute(
        cls, models: Any, driving: Any = None, poses: Any = None, cast: Any = None, **widgets: Any
    ) -> io.NodeOutput:
        from ..hyperreenact_core.reenact.movie import write_movie
        from .videos import face_file, new_file
        from .wishes import wishes_of

        wishes = wishes_of(models, **widgets)
        with (
            new_file(".mp4") as output,
            face_file(bool(cast) or wishes.options.paste_back) as faces,
            ExitStack() as stack,
        ):
            play, clip = stack.enter_context(_on_stage(wishes, driving, poses, cast))
            results = stack.enter_context(closing(play.play()))
            last = write_movie(results, clip, output, faces=faces)
        report = play.told(results.report)
        video, crops = (InputImpl.VideoFromFile(str(path)) for path in (output, faces or output))
        return io.NodeOutput(video, report, *play.place(last), crops)


@contextmanager
def _on_stage(
    wishes: Wishes, driving: Any, poses: PoseTrack | None, others: Sequence[CastFaceOf] | None
) -> Iterator[tuple[Play, FrameSource]]:
    """Who plays, and the clip that decides rate, length and sound."""
    from .casting import Driven, cast
    from .troupe import staged, troupe
    from .videos import driving_clip

    if others:
        with staged(others, driving, poses, wishes.options.driving.choice) as stage:
            yield troupe(wishes, stage), stage.clip
    else:
        with driving_clip(driving, poses) as clip:
            driven = Driven(clip, clip.height, clip.width, clip.frame_count, poses, clip.name_of)
            yield cast(wishes, driven), clip


def driven(driving: Any) -> Any:
    """The driving clip; an error that tells what to connect where there is none."""
    from ..hyperreenact_core.errors import InputError

    if driving is None:
        raise InputError("there is nothing to perform: connect driving or poses")
    return driving
