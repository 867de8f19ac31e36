"""From the source and the poses to pictures."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from .sockets import (
    CATEGORY,
    Deltas,
    Faces,
    Latent,
    Poses,
    batch_input,
    models_input,
    psi_input,
    strength_inputs,
)


class Hypernetwork(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="HyperReenact_Hypernetwork",
            display_name="Identity-Refining Hypernetwork",
            category=CATEGORY,
            description="Plans how the generator's weights change for every frame: toward the "
            "source's identity and the driving pose at once. Nothing is computed before a frame "
            "is drawn, so a thousand frames cost no memory here.",
            search_aliases=["weight deltas", "refine", "retarget", "hyperstyle"],
            inputs=[
                models_input(),
                Latent.Input("latent", tooltip="The source, from StyleGAN2 Invert or a file."),
                Poses.Input("poses", tooltip="What the face is to do, one pose a frame."),
                *strength_inputs(),
                Faces.Input(
                    "source_faces",
                    optional=True,
                    tooltip="Another picture of the source to take the appearance from. Without "
                    "it: the one that was inverted.",
                ),
            ],
            outputs=[Deltas.Output("deltas", tooltip="The plan, one entry a frame.")],
        )

    @classmethod
    def execute(
        cls,
        models: Any,
        latent: Any,
        poses: Any,
        coarse: float,
        middle: float,
        fine: float,
        source_faces: Any = None,
    ) -> io.NodeOutput:
        from ..hyperreenact_core.reenact.stages import appearance_of, plan_deltas
        from ..hyperreenact_core.reenact.strength import DeltaStrength
        from .host import ComfyHost, HostDeltas

        appearance = None
        if source_faces is not None:
            crop = source_faces.crop_at(0)
            appearance = appearance_of(crop, models.networks, ComfyHost(models))
        strength = DeltaStrength(coarse, middle, fine)
        recipe = plan_deltas(
            latent, poses, models.networks, strength=strength, appearance=appearance
        )
        return io.NodeOutput(HostDeltas(models, recipe))


class Synthesise(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="HyperReenact_Synthesise",
            display_name="Synthesise Reenactment",
            category=CATEGORY,
            description="Draws the source face in every pose. The same inputs always give the "
            "same pictures: there is no seed.",
            search_aliases=["stylegan", "generate face", "render", "decode"],
            inputs=[
                Latent.Input("latent", tooltip="The source, from StyleGAN2 Invert or a file."),
                Deltas.Input("deltas", tooltip="From the Identity-Refining Hypernetwork."),
                psi_input(),
                batch_input(),
            ],
            outputs=[io.Image.Output("images", tooltip="The drawn faces, one a pose.")],
        )

    @classmethod
    def execute(
        cls, latent: Any, deltas: Any, truncation_psi: float, batch_size: int
    ) -> io.NodeOutput:
        from ..hyperreenact_core.reenact.stages import draw_frames
        from .convert import image_of
        from .host import ComfyHost

        host = ComfyHost(deltas.models)
        batches = draw_frames(
            latent,
            deltas.recipe,
            host,
            truncation_psi=truncation_psi,
            batch_size=host.batch_size(batch_size),
        )
        return io.NodeOutput(image_of(batches, count=len(deltas.recipe)))
