"""What the face is to do: read from a clip, or set by hand."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from .sockets import (
    CATEGORY,
    Curve,
    FaceLandmarks,
    Faces,
    Poses,
    batch_input,
    fps_input,
    models_input,
)

_SLIDERS = {
    "yaw": (75.0, -75.0, 1.0, "Turn of the head in degrees, positive to the picture's right."),
    "pitch": (35.0, -35.0, 1.0, "Nod in degrees, positive down."),
    "roll": (30.0, -30.0, 1.0, "Tilt in degrees, positive counter-clockwise."),
    "jaw": (1.0, 0.0, 0.05, "How far the mouth is open."),
    "smile": (1.0, 0.0, 0.05, "Corners of the mouth up and out."),
    "frown": (1.0, 0.0, 0.05, "Corners of the mouth down."),
    "pucker": (1.0, 0.0, 0.05, "Lips forward, as for a kiss."),
    "brows": (1.0, -0.3, 0.05, "Both eyebrows, positive up."),
    "furrow": (1.0, 0.0, 0.05, "Eyebrows drawn together."),
    "blink": (1.0, 0.0, 0.05, "How far both eyes are closed."),
    "gaze_x": (1.0, -1.0, 0.05, "Where the eyes look, positive to the picture's right."),
    "gaze_y": (1.0, -1.0, 0.05, "Where the eyes look, positive up."),
}
"""Name -> greatest value, least value, step, what it moves."""
_FOLDED = {"frown", "pucker", "brows", "furrow", "blink"}


class ExtractPose(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="HyperReenact_ExtractPose",
            display_name="Extract Pose",
            category=CATEGORY,
            description="Reads the pose of the head and the expression from driving faces: what "
            "the source face is to do, frame by frame.",
            search_aliases=["head pose", "expression", "motion", "driving", "euler angles"],
            inputs=[
                models_input(),
                Faces.Input("faces", tooltip="The driving faces, from Align Face."),
                batch_input(),
                fps_input(),
                FaceLandmarks.Input(
                    "face_landmarks",
                    optional=True,
                    tooltip="Landmarks of the same pictures from the host's own Detect Face "
                    "Landmarks (MediaPipe): the performance is taken from them and their "
                    "blendshapes.",
                ),
            ],
            outputs=[
                Poses.Output("poses", tooltip="One pose a frame."),
                io.Image.Output("plot", tooltip="Angles and expression over the frames."),
            ],
        )

    @classmethod
    def execute(
        cls,
        models: Any,
        faces: Any,
        batch_size: int,
        fps: float = 25.0,
        face_landmarks: Any = None,
    ) -> io.NodeOutput:
        from ..hyperreenact_core.reenact.given_performance import with_meshes
        from ..hyperreenact_core.reenact.plots import plot_poses
        from ..hyperreenact_core.reenact.posetrack import extract_poses
        from .convert import image_of_frames
        from .host import ComfyHost

        host = ComfyHost(models)
        track = extract_poses(
            faces.crops,
            models.networks,
            host,
            batch_size=host.batch_size(batch_size),
            seen=faces,
            rate=fps,
        )
        if face_landmarks is not None:
            track = with_meshes(track, face_landmarks, faces, rate=fps)
        return io.NodeOutput(track, image_of_frames([plot_poses(track)], count=1))


class PuppetPose(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="HyperReenact_PuppetPose",
            display_name="Puppet Pose",
            category=CATEGORY,
            description="A performance without a driving clip: sliders or keyframes move a "
            "head. Sets such as starter are told what it does, others look at it.",
            search_aliases=["head turn", "pose editor", "keyframes", "gaze", "expression"],
            inputs=[
                models_input(),
                io.Int.Input(
                    "frames", default=1, min=1, max=9999, tooltip="How many frames to make."
                ),
                *(
                    io.Float.Input(
                        name,
                        default=0.0,
                        min=low,
                        max=high,
                        step=step,
                        display_mode=io.NumberDisplay.slider,
                        advanced=name in _FOLDED,
                        tooltip=meaning,
                    )
                    for name, (high, low, step, meaning) in _SLIDERS.items()
                ),
                io.String.Input(
                    "keyframes",
                    default="",
                    multiline=True,
                    placeholder="0: yaw=-30\n24: yaw=30 smile=0.8",
                    tooltip="One line a keyframe, such as '24: yaw=-30 smile=0.8'. Values ease "
                    "from key to key; what has no key stays as its slider says.",
                ),
                batch_input(),
                fps_input(),
                Curve.Input(
                    "curve",
                    optional=True,
                    # Newer pages would draw a curve of their own here, and move yaw by it.
                    extra_dict={"forceInput": True},
                    tooltip="From the host's own Curve Editor: one slider over all frames, from "
                    "its least value at the bottom to its greatest at the top.",
                ),
                io.Combo.Input(
                    "curve_moves",
                    options=list(_SLIDERS),
                    default="yaw",
                    optional=True,
                    tooltip="What the curve moves, instead of the slider and its keyframes.",
                ),
            ],
            outputs=[
                Poses.Output("poses", tooltip="One pose a frame."),
                io.Image.Output("puppet", tooltip="The drawn head that was looked at."),
                io.Image.Output("plot", tooltip="Angles and expression over the frames."),
            ],
        )

    @classmethod
    def execute(
        cls,
        models: Any,
        frames: int,
        keyframes: str,
        batch_size: int,
        fps: float = 25.0,
        curve: Any = None,
        curve_moves: str = "yaw",
        **sliders: float,
    ) -> io.NodeOutput:
        from ..hyperreenact_core.reenact import puppet
        from ..hyperreenact_core.reenact.plots import plot_poses
        from .convert import image_of_frames
        from .host import ComfyHost

        host = ComfyHost(models)
        keys = puppet.parse_keyframes(keyframes)
        if curve is not None:
            keys = puppet.with_curve(keys, curve_moves, curve.interp, frames=frames)
        motion = puppet.puppet_motion(puppet.PuppetPose(**sliders), keys, frames=frames)
        track, pictures = puppet.puppet_track(
            motion, models.networks, host, batch_size=host.batch_size(batch_size), rate=fps
        )
        return io.NodeOutput(
            track,
            image_of_frames(pictures, count=frames),
            image_of_frames([plot_poses(track)], count=1),
        )
