"""A video whose face takes another performance."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import InputImpl, io

from ..hyperreenact_core.reenact.knobs import (
    KEEP_IN_FRONT,
    LENGTH_RULES,
    MOTION_FACTOR,
    MOTION_MODES,
    SOUNDS,
    TRANSFERS,
)
from .sockets import (
    CATEGORY,
    Poses,
    detector_input,
    face_inputs,
    models_input,
    motion_inputs,
    window_input,
)


def front_input() -> io.Boolean.Input:
    """Whether what lies before the face of a clip stays there; comes last."""
    return io.Boolean.Input(
        "keep_in_front",
        default=KEEP_IN_FRONT,
        optional=True,
        tooltip="Hands, microphones and hair that are found before the face stay before what is "
        "drawn. Switch off where parts of the face are taken for such things.",
    )


class ReenactFootage(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="HyperReenact_ReenactFootage",
            display_name="Reenact Footage",
            category=CATEGORY,
            description="Puts another performance into the face of a video: its frames, its frame "
            "rate and all pixels that nothing changes stay as they are.",
            search_aliases=["lip sync", "dubbing", "video to video", "edit expression"],
            inputs=[
                models_input(),
                io.Video.Input("source", tooltip="The footage whose face is to be changed."),
                io.Video.Input(
                    "driving",
                    optional=True,
                    tooltip="The video whose performance it takes. With poses only its sound and "
                    "frame rate are used.",
                ),
                io.Combo.Input(
                    "transfer",
                    options=[*TRANSFERS],
                    default=TRANSFERS[0],
                    tooltip="What is taken from driving: expression = what the face does, lips = "
                    "of that mouth and jaw alone, pose = how the head is turned, both = face and "
                    "turn. The rest stays as in the footage.",
                ),
                io.Combo.Input(
                    "length",
                    options=[*LENGTH_RULES],
                    default="shortest",
                    tooltip="Where footage and driving are not equally long: shortest stops with "
                    "the shorter one, hold keeps its last frame, loop begins it anew, stretch "
                    "plays driving faster or slower.",
                ),
                io.Combo.Input(
                    "sound",
                    options=[*SOUNDS],
                    default=SOUNDS[0],
                    tooltip="Whose sound the result has. auto = that of driving if it has any and "
                    "is not stretched, else the footage's.",
                ),
                *face_inputs("the footage"),
                window_input(),
                detector_input(),
                *motion_inputs(),
                Poses.Input(
                    "poses",
                    optional=True,
                    tooltip="What is performed, instead of what driving shows: from Edit Motion, "
                    "which sets regions apart, steadies and retimes, Mix Motion, Puppet Pose or "
                    "Load Pose Track.",
                ),
                front_input(),
            ],
            outputs=[
                io.Video.Output("video", tooltip="The footage with the other performance."),
                io.String.Output("report", tooltip="How many frames were changed."),
            ],
        )

    @classmethod
    def execute(
        cls,
        models: Any,
        source: Any,
        transfer: Any,
        length: Any,
        sound: Any,
        face: str,
        face_number: int,
        stabilise: int,
        detector: Any = "auto",
        motion: Any = MOTION_MODES[0],
        expression: float = MOTION_FACTOR.default,
        head: float = MOTION_FACTOR.default,
        driving: Any = None,
        poses: Any = None,
        keep_in_front: bool = KEEP_IN_FRONT,
    ) -> io.NodeOutput:
        from ..hyperreenact_core.reenact.footage import FootageOptions
        from ..hyperreenact_core.reenact.footage_job import FootageJob, FootageRequest
        from ..hyperreenact_core.reenact.motion.live import LiveMotion
        from .convert import choice_of
        from .host import ComfyHost
        from .model_sets import insight_root
        from .videos import driving_clip, new_file, opened

        options = FootageOptions(
            choice_of(face, face_number),
            stabilise,
            transfer=transfer,
            motion=LiveMotion(motion, expression, head),
            keep_in_front=keep_in_front,
        )
        with (
            new_file(".mp4") as output,
            opened(source) as footage,
            driving_clip(driving, poses) as clip,
        ):
            request = FootageRequest(
                footage,
                clip,
                output,
                options,
                length=length,
                sound=sound,
                track=poses,
                detector=detector,
                insight_root=insight_root(),
            )
            job = FootageJob(request, models.networks)
            job.run(ComfyHost(models))
        count = job.writer.frames_written
        report = f"{count - job.unchanged} of {count} frames changed, {job.unchanged} show no face"
        return io.NodeOutput(InputImpl.VideoFromFile(str(output)), report)
