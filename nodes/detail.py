"""The source's own pixels in what the generator drew."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..hyperreenact_core.reenact.knobs import DETAIL, SIZE
from .knobs import float_input, whole_input
from .sockets import CATEGORY, Latent, Poses, batch_input, models_input


class DetailTransfer(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="HyperReenact_DetailTransfer",
            display_name="Detail Transfer",
            category=CATEGORY,
            description="Carries the source's own pixels - skin, hair, background - to where the "
            "pose puts them, and leaves to the generator only what the source does not show. "
            "Between Synthesise and Paste Back.",
            search_aliases=["sharpen", "restore face", "refine", "high resolution", "upscale face"],
            inputs=[
                models_input(),
                io.Image.Input(
                    "images",
                    optional=True,
                    tooltip="The drawn faces, from Synthesise Reenactment. With detail = 1 most "
                    "sets, such as starter, do without: leave it open for poses from a CSV.",
                ),
                Latent.Input(
                    "latent",
                    tooltip="The source, from StyleGAN2 Invert with its picture, or such a file.",
                ),
                Poses.Input("poses", tooltip="The poses the images were drawn in, one an image."),
                float_input(
                    DETAIL,
                    "How much of the source's own pixels is carried over: 1 = all that "
                    "can be, 0 = the generator's picture alone, enlarged.",
                ),
                whole_input(SIZE, "Side of the results in pixels.", step=8),
                batch_input(),
            ],
            outputs=[
                io.Image.Output("images", tooltip="The faces with the source's detail."),
                io.String.Output(
                    "report", tooltip="How much of the head came from the source, mean and least."
                ),
            ],
        )

    @classmethod
    def execute(
        cls,
        models: Any,
        latent: Any,
        poses: Any,
        detail: float,
        size: int,
        batch_size: int,
        images: Any = None,
    ) -> io.NodeOutput:
        from ..hyperreenact_core.reenact.stages import draw_details
        from .convert import crops_of, image_of, kept_text, unpacked
        from .host import ComfyHost

        host, kept = ComfyHost(models), list[float]()
        drawn = draw_details(
            None if images is None else crops_of(images, name="images"),
            latent,
            poses,
            models.networks,
            host,
            amount=detail,
            size=size,
            batch_size=host.batch_size(batch_size),
        )
        result = image_of(unpacked(drawn, kept), count=len(poses))
        return io.NodeOutput(result, kept_text(kept))
