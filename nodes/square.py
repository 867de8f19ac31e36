"""The square around a face that results show."""

from __future__ import annotations

from comfy_api.latest import io

from ..hyperreenact_core.reenact.knobs import CROP_OFFSETS, CROP_ROLL, CROP_SIZE
from .knobs import slider_input
from .sockets import CATEGORY, FaceFraming

_MEANINGS = (
    "Side of the square around the face that results show, over that of the face crop: larger "
    "ones draw, and paste back, more of the picture around it.",
    "How far that square is moved to the right, in sides of the face crop; below 0 to the left.",
    "How far it is moved down, in sides of the face crop; below 0 up.",
    "Degrees by which what it shows is turned, counter-clockwise.",
)


class FrameFace(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="HyperReenact_FrameFace",
            display_name="Frame Face",
            category=CATEGORY,
            description="Chooses the square around a source's face that results show: how large it "
            "is, where the face sits in it, and how it is turned. Link it to framing of Align "
            "Face, Reenact or Reenact Video.",
            search_aliases=["crop factor", "crop size", "crop scale", "zoom", "padding", "rotate"],
            inputs=[
                slider_input(knob, meaning, step=1.0 if knob is CROP_ROLL else 0.05)
                for knob, meaning in zip(
                    (CROP_SIZE, *CROP_OFFSETS, CROP_ROLL), _MEANINGS, strict=True
                )
            ],
            outputs=[FaceFraming.Output("framing", tooltip="The square, told from the face crop.")],
        )

    @classmethod
    def execute(
        cls, crop_size: float, crop_x: float, crop_y: float, crop_roll: float
    ) -> io.NodeOutput:
        from ..hyperreenact_core.types import Framing

        return io.NodeOutput(Framing(crop_size, crop_x, crop_y, crop_roll))
