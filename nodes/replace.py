"""A video whose face is replaced by somebody else's."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import InputImpl, io

from ..hyperreenact_core.reenact.knobs import COLOUR_MATCH, KEEP_IN_FRONT, TRUNCATION_PSI
from .footage import front_input
from .sockets import (
    CATEGORY,
    Latent,
    detector_input,
    face_inputs,
    models_input,
    window_input,
)


class ReplaceFace(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="HyperReenact_ReplaceFace",
            display_name="Replace Face",
            category=CATEGORY,
            description="A video performs with a new face: that of the source lies on the head of "
            "the video, does what its face did, and is lit as that was. All pixels off the face "
            "stay as they are.",
            search_aliases=["face swap", "swap face", "new face", "deepfake", "double"],
            inputs=[
                models_input(),
                io.Image.Input(
                    "source",
                    optional=True,
                    tooltip="One picture of the new face; of several, the first. Not needed with "
                    "an identity.",
                ),
                io.Video.Input("driving", tooltip="The video whose face is to be replaced."),
                *face_inputs("the video"),
                io.Boolean.Input(
                    "colour_match",
                    default=COLOUR_MATCH,
                    tooltip="Light and colour the new face as that of the video.",
                ),
                window_input(),
                detector_input(),
                Latent.Input(
                    "identity",
                    optional=True,
                    tooltip="Whose face it is, instead of a source picture: from StyleGAN2 Invert "
                    "with its picture, or Load Identity.",
                ),
                front_input(),
            ],
            outputs=[
                io.Video.Output("video", tooltip="The video with the new face."),
                io.String.Output("report", tooltip="How many frames were changed."),
            ],
        )

    @classmethod
    def execute(
        cls,
        models: Any,
        driving: Any,
        face: str,
        face_number: int,
        colour_match: bool,
        stabilise: int,
        source: Any = None,
        detector: str = "auto",
        identity: Any = None,
        keep_in_front: bool = KEEP_IN_FRONT,
    ) -> io.NodeOutput:
        from ..hyperreenact_core.reenact.replace_face import ReplaceOptions
        from ..hyperreenact_core.reenact.replace_job import ReplaceJob
        from .convert import choice_of
        from .host import ComfyHost
        from .videos import new_file, opened
        from .wishes import who

        host = ComfyHost(models)
        finder = host.detector(detector)
        own = who(
            models, host, source, identity, detector=finder, truncation_psi=TRUNCATION_PSI.default
        )
        options = ReplaceOptions(
            choice_of(face, face_number),
            stabilise,
            colour_match=colour_match,
            keep_in_front=keep_in_front,
        )
        with new_file(".mp4") as output, opened(driving) as clip:
            job = ReplaceJob(clip, output, options, models.networks, lambda _: (own, finder))
            job.run(host)
        count = job.writer.frames_written
        report = f"{count - job.unchanged} of {count} frames changed, {job.unchanged} show no face"
        return io.NodeOutput(InputImpl.VideoFromFile(str(output)), report)
