"""The sockets of the pack, and inputs that several nodes have."""

from __future__ import annotations

from comfy_api.latest import io

from ..hyperreenact_core.choices import DETECTORS, FACE_WORDS
from ..hyperreenact_core.reenact.knobs import (
    BATCH_SIZE,
    DETAIL,
    MOTION_FACTOR,
    MOTION_MODES,
    SIZE,
    STABILISE,
    STRENGTHS,
    TRUNCATION_PSI,
)
from .knobs import float_input, whole_input

CATEGORY = "HyperReenact"

Models = io.Custom("HYPERREENACT_MODELS")
"""host.HostModels: the networks of a set."""
Faces = io.Custom("HYPERREENACT_FACES")
"""core AlignedFaces: one face a frame."""
Latent = io.Custom("HYPERREENACT_LATENT")
"""core InvertedFace: W+ codes, appearance and identity of the source."""
Poses = io.Custom("HYPERREENACT_POSES")
"""core PoseTrack: one pose a frame."""
CastList = io.Custom("HYPERREENACT_CAST")
"""A tuple of cast.CastFaceOf: the faces of a picture that have performers of their own."""
FaceFraming = io.Custom("HYPERREENACT_FRAMING")
"""core Framing: which square around a face results show."""
Deltas = io.Custom("HYPERREENACT_DELTAS")
"""host.HostDeltas: the recipe for the weight deltas of every frame."""
FaceLandmarks = io.Custom("FACE_LANDMARKS")
"""The host's own: face meshes of every frame."""
Curve = io.Custom("CURVE")
"""The host's own, from its Curve Editor: values 0 to 1 over places 0 to 1."""

_NUMBER = "number"
"""The choice that the second widget explains."""


def models_input() -> io.Input:
    """The networks to work with."""
    return Models.Input("models", tooltip="The networks, from Load HyperReenact Models.")


def face_inputs(whose: str, name: str = "face") -> list[io.Input]:
    """Which of several faces is meant."""
    return [
        io.Combo.Input(
            name,
            options=[*FACE_WORDS, _NUMBER],
            default=FACE_WORDS[0],
            tooltip=f"Which face to take where {whose} shows several: by size, by position, or by "
            "its number from the left.",
        ),
        io.Int.Input(
            f"{name}_number",
            default=0,
            min=0,
            max=99,
            advanced=True,
            tooltip=f"With {name} = number: counted from the left, beginning with 0.",
        ),
    ]


_STEADY = (
    "Frames over which the square around the face is smoothed and the tremble of what it performs "
    "is taken away. Odd; 1 leaves both as they are."
)


def window_input() -> io.Input:
    """Smoothing of the square, and of what the face performs."""
    return whole_input(STABILISE, _STEADY, step=2, advanced=True)


def follow_input() -> io.Input:
    """Following the face, or searching every frame."""
    return io.Boolean.Input(
        "follow",
        default=True,
        advanced=True,
        tooltip="Look for the face where it was in the frame before: fast and steady. Off: search "
        "every frame anew. With this off and stabilise = 1, a clip processed in chunks gives "
        "exactly the frames it gives in one piece.",
    )


def detector_input() -> io.Input:
    """What finds the faces. The last input of its node, so that saved graphs need not name it."""
    return io.Combo.Input(
        "detector",
        options=[*DETECTORS],
        default=DETECTORS[0],
        optional=True,
        advanced=True,
        tooltip="What finds the faces. auto: the model set's own networks. insightface: SCRFD and "
        "3D-68 landmarks, for difficult pictures; needs `pip install insightface onnxruntime` and "
        "its models, licensed for non-commercial research only, in "
        "models/insightface/models/buffalo_l.",
    )


def detail_input() -> io.Input:
    """How much of the source's pixels is kept. New, so optional and behind all older inputs."""
    return float_input(
        DETAIL,
        "How much of the source's own pixels is carried over: 1 = all that can be, 0 = the "
        "generator's picture alone.",
        optional=True,
    )


def size_input() -> io.Input:
    """Side of results, with a value that leaves it to the core. Behind `detail_input`."""
    return io.Int.Input(
        SIZE.name,
        default=0,
        min=0,
        max=int(SIZE.high),
        step=8,
        optional=True,
        advanced=True,
        tooltip="Side in pixels, 64 to 2048, of faces that are not pasted back. 0 = automatic: "
        "512, without detail the model set's own.",
    )


def given_inputs() -> list[io.Input]:
    """What stands in for pictures, and what is known of them. New, so behind all older inputs."""
    return [
        Latent.Input(
            "identity",
            optional=True,
            tooltip="Who is animated, instead of a source picture: from StyleGAN2 Invert with its "
            "picture, Blend Identities or Load Identity.",
        ),
        Poses.Input(
            "poses",
            optional=True,
            tooltip="What is performed, instead of a driving clip's movements: from Edit Motion, "
            "Mix Motion, Puppet Pose or Load Pose Track.",
        ),
        io.BoundingBox.Input(
            "bboxes",
            optional=True,
            force_input=True,
            tooltip="Boxes around the driving faces from any detector: landmarks are looked for "
            "only there. One box, a list, or a list for every frame.",
        ),
        io.Mask.Input(
            "front",
            optional=True,
            tooltip="What of the source picture stays in front of the face: hands, a microphone, "
            "hair. It does not move along, and with paste_back it lies over the result.",
        ),
    ]


def motion_inputs() -> list[io.Input]:
    """How a performance becomes the footage's. New, so optional and behind all older inputs."""
    factors = {"expression": "what the face does", "head": "how the head turns"}
    return [
        io.Combo.Input(
            "motion",
            options=[*MOTION_MODES],
            default=MOTION_MODES[0],
            optional=True,
            tooltip="absolute: the very performance of driving. relative: its change since its "
            "first frame is added to what the footage does, which suits pose and both where the "
            "cameras stood elsewhere.",
        ),
        *(
            float_input(
                MOTION_FACTOR,
                f"Factor of {meaning}: 0 = as in the footage, 1 = as performed, more exaggerates.",
                name=name,
                optional=True,
            )
            for name, meaning in factors.items()
        ),
    ]


def framing_input(without: str) -> io.Input:
    """Which square around the face results show. New, so optional and behind all older inputs."""
    return FaceFraming.Input(
        "framing",
        optional=True,
        tooltip="The square around the source's face that results show, from Frame Face. Without "
        f"it: {without}.",
    )


def place_outputs() -> list[io.Output]:
    """Where the faces are in the results. New, so behind all older outputs."""
    return [
        io.BoundingBox.Output(
            "boxes",
            tooltip="The square of the face in the results: a list of one box, the same in every "
            "frame.",
        ),
        io.Mask.Output(
            "masks",
            tooltip="How much of each pixel of the results is the new face: one mask, the same for "
            "every frame. Without paste_back all of it.",
        ),
    ]


def batch_input() -> io.Input:
    """Frames at once."""
    return whole_input(
        BATCH_SIZE,
        "Frames the networks work on at once. It changes speed and memory, not the "
        "picture. 0 = automatic: 8 on a GPU, 1 on the CPU.",
        advanced=True,
    )


def fps_input() -> io.Input:
    """The rate of a pose track. New, so optional and behind all older inputs."""
    return io.Float.Input(
        "fps",
        default=25.0,
        min=1.0,
        max=240.0,
        step=0.001,
        optional=True,
        advanced=True,
        tooltip="Frames a second of the clip: the times that the pose track notes for other "
        "programs.",
    )


def psi_input() -> io.Input:
    """Truncation, with a value that means the set's own."""
    return float_input(
        TRUNCATION_PSI,
        "How much of the face's distance from the mean face is kept: 1 = all of it, "
        "0 = the mean face. Less looks cleaner and less like the source. Below 0: the model "
        "set's own value.",
        advanced=True,
    )


def strength_inputs() -> list[io.Input]:
    """Factors of the weight deltas."""
    groups = {
        "coarse": "the coarse layers (up to 8 px: pose and shape of the head)",
        "middle": "the middle layers (up to 32 px: features and expression)",
        "fine": "the fine layers (above 32 px: colours and texture)",
    }
    return [
        float_input(
            knob,
            f"Strength of the changes to {groups[knob.name]}. 1 = as trained, 0 = none.",
            advanced=True,
        )
        for knob in STRENGTHS
    ]
