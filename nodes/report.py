"""How good the result is, in numbers."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from .sockets import CATEGORY, Faces, models_input


class QualityReport(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="HyperReenact_QualityReport",
            display_name="Reenactment Quality Report",
            category=CATEGORY,
            description="Measures, frame by frame, how much the result looks like the source and "
            "how well it follows the driving face. Where the set has judging networks that saw "
            "none of the training, they judge.",
            search_aliases=["metrics", "identity similarity", "csim", "evaluate", "compare"],
            inputs=[
                models_input(),
                io.Image.Input(
                    "images", tooltip="The drawn faces as they are drawn, before pasting back."
                ),
                Faces.Input("source_faces", tooltip="The source face, from Align Face."),
                Faces.Input("driving_faces", tooltip="The driving faces, one an image."),
            ],
            outputs=[
                io.Image.Output("plot", tooltip="The figures over the frames."),
                io.String.Output("text", tooltip="Means and worst frames."),
                io.Float.Output("identity", tooltip="Mean identity similarity, at most 1."),
            ],
        )

    @classmethod
    def execute(
        cls, models: Any, images: Any, source_faces: Any, driving_faces: Any
    ) -> io.NodeOutput:
        from ..hyperreenact_core.evaluation.clip import report_on_clip
        from .convert import crops_of, image_of_frames
        from .host import ComfyHost

        report = report_on_clip(
            crops_of(images, name="images"),
            source_faces.crop_at(0).image,
            [crop.image for crop in driving_faces.crops],
            models.networks,
            ComfyHost(models),
        )
        plot = image_of_frames([report.to_plot()], count=1)
        return io.NodeOutput(plot, report.to_text(), float(report.identity.mean()))
