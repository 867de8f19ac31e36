"""Who is to be animated."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..hyperreenact_core.reenact.knobs import BLEND
from .knobs import slider_input
from .sockets import CATEGORY, Faces, Latent, models_input


class Invert(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="HyperReenact_Invert",
            display_name="StyleGAN2 Invert",
            category=CATEGORY,
            description="Encodes who a face is: its W+ codes in the generator's latent space, its "
            "appearance and its identity. Done once for a person, whatever drives the face.",
            search_aliases=["e4e", "gan inversion", "encode face", "identity", "w+"],
            inputs=[
                models_input(),
                Faces.Input("faces", tooltip="The source face, from Align Face."),
                io.Int.Input(
                    "index",
                    default=0,
                    min=0,
                    max=99999,
                    advanced=True,
                    tooltip="Which picture to take where there are several, from 0.",
                ),
                io.Image.Input(
                    "picture",
                    optional=True,
                    tooltip="The picture the face was cut from, as it went into Align Face: with "
                    "it the latent keeps what Detail Transfer needs.",
                ),
            ],
            outputs=[
                Latent.Output("latent", tooltip="W+ codes and appearance of the source."),
                io.Image.Output(
                    "reconstruction",
                    tooltip="What the codes alone draw, before the hypernetwork refines it.",
                ),
            ],
        )

    @classmethod
    def execute(cls, models: Any, faces: Any, index: int, picture: Any = None) -> io.NodeOutput:
        from ..hyperreenact_core.reenact.stages import invert_face
        from .convert import image_of, picture_of
        from .host import ComfyHost

        crop, host = faces.crop_at(index), ComfyHost(models)
        own = None if picture is None else picture_of(picture, faces, index)
        inverted = invert_face(crop, models.networks, host, picture=own)
        return io.NodeOutput(inverted, image_of([inverted.reconstruction[None]], count=1))


class BlendIdentities(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="HyperReenact_BlendIdentities",
            display_name="Blend Identities",
            category=CATEGORY,
            description="Puts two people together into one, as the generator draws them: W+ codes "
            "and appearance. Detail Transfer carries the pixels of whom more is taken, so the "
            "blend shows with less detail.",
            search_aliases=["mix faces", "morph", "interpolate latents", "identity"],
            inputs=[
                models_input(),
                Latent.Input("first", tooltip="Who is drawn at 0, from StyleGAN2 Invert."),
                Latent.Input("second", tooltip="Who is drawn at 1."),
                slider_input(
                    BLEND,
                    "How much of the second is taken. Up to one half the first's picture "
                    "is kept for detail, above it the second's.",
                ),
            ],
            outputs=[
                Latent.Output("latent", tooltip="The blend, as from StyleGAN2 Invert."),
                io.Image.Output("reconstruction", tooltip="What its codes alone draw."),
            ],
        )

    @classmethod
    def execute(cls, models: Any, first: Any, second: Any, amount: float) -> io.NodeOutput:
        from ..hyperreenact_core.reenact.blend import blend_identities
        from .convert import image_of
        from .host import ComfyHost

        blended = blend_identities(first, second, amount, models.networks, ComfyHost(models))
        return io.NodeOutput(blended, image_of([blended.reconstruction[None]], count=1))
