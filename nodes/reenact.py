"""The whole chain in one node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from comfy_api.latest import InputImpl, io

from ..hyperreenact_core.choices import NO_FACE_POLICIES
from ..hyperreenact_core.reenact.knobs import COLOUR_MATCH
from .sockets import (
    CATEGORY,
    batch_input,
    detail_input,
    detector_input,
    face_inputs,
    follow_input,
    models_input,
    psi_input,
    size_input,
    strength_inputs,
    window_input,
)

_SOURCE = "One picture of the face that is to be animated; of several, the first."


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
                io.Image.Input("source", tooltip=_SOURCE),
                io.Image.Input("driving", tooltip="The frames whose movements it takes."),
                _no_face_input(*NO_FACE_POLICIES),
                *_option_inputs(),
                follow_input(),
                detector_input(),
                detail_input(),
                size_input(),
            ],
            outputs=[
                io.Image.Output("images", tooltip="One picture a driving frame."),
                _report_output(),
            ],
        )

    @classmethod
    def execute(
        cls, models: Any, source: Any, driving: Any, follow: bool, **options: Any
    ) -> io.NodeOutput:
        from .convert import Frames, image_of_frames
        from .host import ComfyHost

        host, frames = ComfyHost(models), Frames(driving, name="driving")
        face, reenactor = _prepare(models, host, source, follow=follow, **options)
        results = reenactor.reenact(face, frames, total=len(frames))
        images = image_of_frames((result.image for result in results), count=len(frames))
        return io.NodeOutput(images, _text(results.report, face, options, source=source))


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
                io.Image.Input("source", tooltip=_SOURCE),
                io.Video.Input("driving", tooltip="The video whose movements it takes."),
                # Leaving frames out would part picture and sound.
                _no_face_input("hold", "source", "error"),
                *_option_inputs(),
                detector_input(),
                detail_input(),
                size_input(),
            ],
            outputs=[
                io.Video.Output("video", tooltip="The finished video, with the clip's sound."),
                _report_output(),
            ],
        )

    @classmethod
    def execute(cls, models: Any, source: Any, driving: Any, **options: Any) -> io.NodeOutput:
        from ..hyperreenact_core.reenact.movie import reenact_clip
        from .host import ComfyHost
        from .videos import new_file, opened

        host = ComfyHost(models)
        face, reenactor = _prepare(models, host, source, follow=True, **options)
        with new_file(".mp4") as output, opened(driving) as clip:
            report = reenact_clip(face, clip, reenactor, output)
            text = _text(report, face, options, source=source)
        return io.NodeOutput(InputImpl.VideoFromFile(str(output)), text)


def _prepare(
    models: Any,
    host: Any,
    source: Any,
    *,
    face: str,
    face_number: int,
    no_face: Any,
    paste_back: bool,
    colour_match: bool,
    stabilise: int,
    follow: bool,
    truncation_psi: float,
    coarse: float,
    middle: float,
    fine: float,
    batch_size: int,
    detector: str = "auto",
    detail: float = 1.0,
    size: int = 0,
) -> tuple[Any, Any]:
    """The analysed source, and what animates it."""
    from ..hyperreenact_core.face.given import EachFrameAlone
    from ..hyperreenact_core.reenact.driving import DrivingOptions
    from ..hyperreenact_core.reenact.pipeline import ReenactOptions, Reenactor
    from ..hyperreenact_core.reenact.source import analyse_source
    from ..hyperreenact_core.reenact.strength import DeltaStrength
    from .convert import choice_of, first_frame

    choice = choice_of(face, face_number)
    options = ReenactOptions(
        driving=DrivingOptions(no_face=no_face, choice=choice, stabilise=stabilise),
        batch_size=host.batch_size(batch_size),
        strength=DeltaStrength(coarse, middle, fine),
        detail=detail,
        size=size or None,
        paste_back=paste_back,
        colour_match=colour_match,
    )
    finder = host.detector(detector)
    reenactor = Reenactor(
        models.networks,
        host,
        options=options,
        detector=finder if follow else EachFrameAlone(finder, choice),
    )
    analysed = analyse_source(
        first_frame(source, name="source"),
        models.networks,
        host,
        detector=finder,
        truncation_psi=truncation_psi,
    )
    return analysed, reenactor


def _text(report: Any, face: Any, options: Mapping[str, Any], *, source: Any) -> str:
    """What came of it, a line each."""
    from ..hyperreenact_core.reenact.tracking import cuts_text
    from .convert import kept_text

    lines = [
        f"{report.drawn} of {report.frames} frames drawn, {report.without_face} without a face"
        + cuts_text(report.cuts)
    ]
    if report.kept:
        lines.append(kept_text(report.kept))
    if len(source) > 1:
        lines.append(f"source holds {len(source)} pictures: only the first was used")
    if source.shape[-1] == 4:
        lines.append("source has an alpha channel: it was laid over white, the result is opaque")
    if face.turns:
        lines.append("the source's face lies, so the picture was turned upright to be drawn")
    if face.faces > 1:
        lines.append(f"the source picture shows {face.faces} faces: the largest was animated")
    if report.faces > 1:
        chosen = (
            f"number {options['face_number']}" if options["face"] == "number" else options["face"]
        )
        lines.append(f"driving frames show up to {report.faces} faces: followed was the {chosen}")
    return "\n".join(lines)
