"""Several people of one picture, each with a performer of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from comfy_api.latest import io

from .sockets import CATEGORY, CastList, Poses, face_inputs

if TYPE_CHECKING:
    from ..hyperreenact_core.choices import FaceChoice
    from ..hyperreenact_core.reenact.posetrack import PoseTrack


@dataclass(frozen=True)
class CastFaceOf:
    """A face of the picture and who plays it: a face of a VIDEO or poses; neither: of driving."""

    face: FaceChoice
    performer: FaceChoice
    driving: Any = None
    poses: PoseTrack | None = None


class CastFace(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="HyperReenact_CastFace",
            display_name="Cast Face",
            category=CATEGORY,
            description="Gives one face of a picture with several people a performer of its own. "
            "Chain one node a face, and link the last one to cast of Reenact Video.",
            search_aliases=["two people", "several faces", "multiple faces", "role", "duet"],
            inputs=[
                *face_inputs("the source picture"),
                io.Video.Input(
                    "driving",
                    optional=True,
                    tooltip="The video whose movements this face takes. Without it and without "
                    "poses: driving of Reenact Video.",
                ),
                *face_inputs("its video", "performer"),
                Poses.Input(
                    "poses",
                    optional=True,
                    tooltip="What this face performs, instead of a video's movements: from Edit "
                    "Motion, Mix Motion, Puppet Pose or Load Pose Track.",
                ),
                CastList.Input(
                    "before",
                    optional=True,
                    tooltip="The faces that were cast so far, from another Cast Face.",
                ),
            ],
            outputs=[
                CastList.Output("cast", tooltip="This face and those before it, with who plays.")
            ],
        )

    @classmethod
    def execute(
        cls,
        face: str,
        face_number: int,
        performer: str,
        performer_number: int,
        driving: Any = None,
        poses: Any = None,
        before: Any = (),
    ) -> io.NodeOutput:
        from .convert import choice_of

        own = CastFaceOf(
            choice_of(face, face_number), choice_of(performer, performer_number), driving, poses
        )
        return io.NodeOutput((*before, own))
