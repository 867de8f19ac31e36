"""The expression of one face, shaped by sliders."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..hyperreenact_core.reenact.sliders import PRESETS, SLIDERS
from .sockets import CATEGORY, Poses, detector_input, face_inputs, models_input

_FOLDED = {"jaw_x", "squint", "press", "sneer"}


class ExpressionEditor(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="HyperReenact_ExpressionEditor",
            display_name="Expression Editor",
            category=CATEGORY,
            description="Shapes the expression of a face with sliders: 0 everywhere leaves the "
            "picture as it is. Once it has run, the picture below follows the sliders at once.",
            # So that a run tells every page which face it shows, also where nothing had to be done.
            is_output_node=True,
            search_aliases=["smile", "blink", "gaze", "head turn", "live portrait", "face edit"],
            inputs=[
                models_input(),
                io.Image.Input("source", tooltip="One picture of the face; of several, the first."),
                io.Combo.Input(
                    "preset",
                    options=list(PRESETS),
                    default="neutral",
                    tooltip="An expression to begin with; the sliders come on top.",
                ),
                io.Float.Input(
                    "preset_amount",
                    default=1.0,
                    min=0.0,
                    max=1.0,
                    step=0.05,
                    display_mode=io.NumberDisplay.slider,
                    tooltip="How much of the preset.",
                ),
                io.Boolean.Input(
                    "link",
                    default=True,
                    tooltip="Left and right move together: the right side does as the left slider "
                    "says. Off for a wink.",
                ),
                *(
                    io.Float.Input(
                        slider.name,
                        default=0.0,
                        min=slider.low,
                        max=slider.high,
                        step=slider.step,
                        display_mode=io.NumberDisplay.slider,
                        advanced=slider.name in _FOLDED,
                        tooltip=slider.text,
                    )
                    for slider in SLIDERS.values()
                ),
                io.Boolean.Input(
                    "paste_back",
                    default=True,
                    tooltip="The whole picture with the edited face in it. Off: the square around "
                    "the face.",
                ),
                *face_inputs("the picture"),
                detector_input(),
            ],
            outputs=[
                io.Image.Output("image", tooltip="The picture with the new expression."),
                Poses.Output(
                    "poses",
                    tooltip="The edited pose and expression as a track of one frame, for other "
                    "faces and for Save Pose Track.",
                ),
            ],
        )

    @classmethod
    def execute(
        cls,
        models: Any,
        source: Any,
        preset: str,
        preset_amount: float,
        link: bool,
        paste_back: bool,
        face: str,
        face_number: int,
        detector: str = "auto",
        **sliders: float,
    ) -> io.NodeOutput:
        from ..hyperreenact_core.reenact.editor import edited_face, expression_track
        from .convert import choice_of, first_frame, image_of_frames
        from .host import ComfyHost
        from .live import expression_of, open_live

        host = ComfyHost(models, previews=False)  # the node has a picture of its own
        expression = expression_of(preset, preset_amount, link, sliders)
        picture, choice = first_frame(source, name="source"), choice_of(face, face_number)
        key, editor = open_live(picture, models, host, choice=choice, kind=detector)
        edited = edited_face(editor, expression, host, size=editor.side)
        result = editor.pasted(edited) if paste_back else edited.picture
        return io.NodeOutput(
            image_of_frames([result], count=1),
            expression_track(editor, expression, models.networks, host),
            ui={"editor": [key]},
        )
