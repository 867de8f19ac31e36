"""Performances edited and mixed, between reading and drawing them."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..hyperreenact_core.reenact.knobs import (
    LENGTH_RULES,
    LOOP_BLEND,
    MIX_WEIGHT,
    MOTION_FACTOR,
    MOTION_SECONDS,
    MOTION_SMOOTH,
    MOTION_SPEED,
    REGIONS,
    RELATIVES,
)
from .knobs import float_input, slider_input, whole_input
from .sockets import CATEGORY, Latent, Poses

_MOST_FRAMES = 9999
_OUTPUTS = {
    "poses": "The result: draw it with Detail Transfer, or save it.",
    "plot": "All channels over the frames; thin lines are what it was before.",
    "report": "Length, and how much head and face trembled before and after.",
}


def _frames_input(name: str, tooltip: str, *, least: int = 0, default: int = 0) -> io.Input:
    return io.Int.Input(
        name, default=default, min=least, max=_MOST_FRAMES, advanced=True, tooltip=tooltip
    )


def _target_inputs() -> list[io.Input]:
    """New, so optional and behind all older inputs."""
    return [
        io.Int.Input(
            "length",
            default=0,
            min=0,
            max=_MOST_FRAMES,
            optional=True,
            advanced=True,
            tooltip="Play one pass in so many frames instead of at a speed; 0 = by the speed.",
        ),
        float_input(
            MOTION_SECONDS,
            "The same in seconds; 0 = by the speed.",
            step=0.04,
            optional=True,
            advanced=True,
        ),
        whole_input(
            LOOP_BLEND,
            "With loop: frames before and after the seam over which its jump is evened "
            "out; 0 = it jumps.",
            optional=True,
            advanced=True,
        ),
    ]


def _outputs() -> list[io.Output]:
    return [
        Poses.Output("poses", tooltip=_OUTPUTS["poses"]),
        io.Image.Output("plot", tooltip=_OUTPUTS["plot"]),
        io.String.Output("report", tooltip=_OUTPUTS["report"]),
    ]


class EditMotion(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="HyperReenact_EditMotion",
            display_name="Edit Motion",
            category=CATEGORY,
            description="Changes a performance: relative to a frame, stronger or weaker by region, "
            "mirrored, steadied, retimed, looped.",
            search_aliases=["relative motion", "expression multiplier", "smooth", "retime", "loop"],
            inputs=[
                Poses.Input("poses", tooltip="The performance to change."),
                io.Combo.Input(
                    "relative",
                    options=[*RELATIVES],
                    default=RELATIVES[0],
                    tooltip="Take the change since the first or the calmest frame, laid on the "
                    "source's own face, instead of the very pose and face.",
                ),
                *(
                    slider_input(
                        MOTION_FACTOR,
                        "Factor of what it does: 0 leaves the source's own, 1 is as "
                        "performed, more exaggerates.",
                        name=region,
                    )
                    for region in REGIONS
                ),
                io.Boolean.Input("mirror", default=False, tooltip="Left for right."),
                float_input(
                    MOTION_SMOOTH,
                    "Frames over which trembling is taken out; blinks and plosives stay. "
                    "2 is good, 0 = not at all.",
                    step=0.5,
                ),
                float_input(MOTION_SPEED, "2 is twice as fast."),
                io.Boolean.Input("ping_pong", default=False, tooltip="There and back."),
                _frames_input("loop", "How often it is repeated.", least=1, default=1),
                _frames_input("start", "Begin with this frame, from 0."),
                _frames_input("frames", "So many frames from there on; 0 = all."),
                _frames_input("blend_in", "Frames over which it grows out of the source's face."),
                _frames_input("blend_out", "Frames over which it returns to the source's face."),
                Latent.Input(
                    "latent",
                    optional=True,
                    tooltip="Whose own face and head factors and relative begin from, from "
                    "StyleGAN2 Invert with the picture; without it a neutral face.",
                ),
                *_target_inputs(),
            ],
            outputs=_outputs(),
        )

    @classmethod
    def execute(cls, poses: Any, latent: Any = None, **wanted: Any) -> io.NodeOutput:
        from ..hyperreenact_core.reenact.motion.edit import MotionEdit, edit_motion
        from ..hyperreenact_core.reenact.motion.rest import rest_of

        before = poses.states
        source = None if latent is None else rest_of(latent)
        return _result(before, edit_motion(before, MotionEdit(**wanted), source=source))


class MixMotion(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="HyperReenact_MixMotion",
            display_name="Mix Motion",
            category=CATEGORY,
            description="Puts two performances together, region by region: eyes from one, mouth "
            "from the other, or from one to the other over time.",
            search_aliases=["combine motion", "blend motion", "eyes from", "lips from"],
            inputs=[
                Poses.Input("first", tooltip="The performance that is followed at 0."),
                Poses.Input("second", tooltip="The performance that is followed at 1."),
                *(
                    slider_input(MIX_WEIGHT, "0 follows the first, 1 the second.", name=region)
                    for region in REGIONS
                ),
                io.Combo.Input(
                    "length",
                    options=[*LENGTH_RULES],
                    default=LENGTH_RULES[0],
                    tooltip="Of unequal lengths: hold keeps the shorter one's last frame, loop "
                    "begins it again, shortest cuts the longer, stretch fits the second.",
                ),
                io.String.Input(
                    "keyframes",
                    default="",
                    multiline=True,
                    placeholder="0: all=0\n24: mouth=1 eyes=0",
                    tooltip="Weights over time, one line a keyframe, such as '24: mouth=1 eyes=0' "
                    "or '24: all=1'. Values ease from key to key.",
                ),
            ],
            outputs=_outputs(),
        )

    @classmethod
    def execute(
        cls, first: Any, second: Any, length: Any, keyframes: str, **weights: float
    ) -> io.NodeOutput:
        from ..hyperreenact_core.reenact.keyframes import parse_keys
        from ..hyperreenact_core.reenact.motion.mix import (
            MIX_KEY,
            MIX_LIMITS,
            MotionMix,
            mix_motion,
        )

        keys = parse_keys(keyframes, MIX_LIMITS, such_as=MIX_KEY)
        mix = MotionMix(weights, keys, length)  # pyright: ignore[reportArgumentType]
        before = first.states
        return _result(before, mix_motion(before, second.states, mix))


def _result(before: Any, after: Any) -> io.NodeOutput:
    from ..hyperreenact_core.reenact.motion.report import motion_report
    from ..hyperreenact_core.reenact.plots import plot_poses
    from ..hyperreenact_core.reenact.posetrack import track_of
    from .convert import image_of_frames

    track = track_of(after)
    picture = plot_poses(track, before=track_of(before))
    return io.NodeOutput(track, image_of_frames([picture], count=1), motion_report(before, after))
