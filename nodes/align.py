"""Faces out of frames, and back into them."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..hyperreenact_core.choices import MISSING_FACE
from .sockets import (
    CATEGORY,
    FaceLandmarks,
    Faces,
    detector_input,
    face_inputs,
    follow_input,
    framing_input,
    models_input,
    window_input,
)

_PREVIEW_SIDE = 512


class AlignFace(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="HyperReenact_AlignFace",
            display_name="Align Face",
            category=CATEGORY,
            description="Finds one face in every picture, follows it through the batch, and cuts "
            "it out as the networks want it.",
            search_aliases=["face crop", "detect face", "face alignment", "landmarks", "face"],
            inputs=[
                models_input(),
                io.Image.Input("images", tooltip="A source picture, or the frames of a clip."),
                *face_inputs("a picture"),
                io.Combo.Input(
                    "no_face",
                    options=[*MISSING_FACE],
                    default="hold",
                    tooltip="A picture without a face: hold takes the last face (before any, the "
                    "first one), skip leaves the picture out, error stops and names it.",
                ),
                window_input(),
                follow_input(),
                FaceLandmarks.Input(
                    "face_landmarks",
                    optional=True,
                    tooltip="Landmarks from the host's own Detect Face Landmarks (MediaPipe), to "
                    "be used instead of ours.",
                ),
                io.BoundingBox.Input(
                    "bboxes",
                    optional=True,
                    force_input=True,
                    tooltip="Boxes around faces from any detector: landmarks are looked for only "
                    "there. One box, a list, or a list for every picture.",
                ),
                detector_input(),
                framing_input("the face crop itself"),
            ],
            outputs=[
                Faces.Output("faces", tooltip="Crop, place and landmarks of each face."),
                io.Image.Output("crops", tooltip="The faces, cut out."),
                io.Mask.Output("masks", tooltip="The face itself in each crop, brows to chin."),
                io.Image.Output("preview", tooltip="The pictures with square and landmarks."),
                io.String.Output("report", tooltip="How many were found, and how steady they are."),
                io.Mask.Output(
                    "frame_masks",
                    tooltip="The face itself in each picture, brows to chin: as large as the "
                    "pictures.",
                ),
                io.BoundingBox.Output(
                    "boxes", tooltip="The square of each face in its picture: a list a picture."
                ),
            ],
        )

    @classmethod
    def execute(
        cls,
        models: Any,
        images: Any,
        face: str,
        face_number: int,
        no_face: Any,
        stabilise: int,
        follow: bool,
        face_landmarks: Any = None,
        bboxes: Any = None,
        detector: str = "auto",
        framing: Any = None,
    ) -> io.NodeOutput:
        from ..hyperreenact_core.face.draw import draw_face, face_mask, face_mask_in_frame
        from ..hyperreenact_core.face.squares import shown_crop
        from ..hyperreenact_core.reenact.faces import AlignOptions, align_faces
        from ..hyperreenact_core.reenact.placing import edges_of
        from ..hyperreenact_core.types import Framing
        from .casting import box_of
        from .convert import Frames, choice_of, collected, image_of, image_of_frames
        from .host import ComfyHost

        host, frames = ComfyHost(models), Frames(images, name="images")
        options = AlignOptions(
            choice_of(face, face_number), stabilise, no_face, follow, framing or Framing()
        )
        found = align_faces(
            frames,
            models.networks,
            host,
            options,
            detector=_detector(host, detector, frames, landmarks=face_landmarks, boxes=bboxes),
            total=len(frames),
        )
        crops, faces = host.each(found.crops), host.each(found.faces)
        return io.NodeOutput(
            found,
            image_of(
                (
                    shown_crop(frames[found.frame_at(at)], crop)[None]
                    for at, crop in enumerate(found.crops)
                ),
                count=len(found),
            ),
            collected((face_mask(crop)[None] for crop in crops), count=len(found)),
            image_of_frames(
                (
                    draw_face(frames[a.frame], a.crop, held=a.held, max_side=_PREVIEW_SIDE)
                    for a in faces
                ),
                count=len(found),
            ),
            found.to_text(total=len(frames)),
            collected(
                (
                    face_mask_in_frame(crop, height=found.height, width=found.width)[None]
                    for crop in host.each(found.crops)
                ),
                count=len(found),
            ),
            [[box_of(edges_of(crop, found.width, found.height))] for crop in found.crops],
        )


class PasteBack(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="HyperReenact_PasteBack",
            display_name="Paste Back Face",
            category=CATEGORY,
            description="Lays drawn faces over the pictures the faces were cut from, without a "
            "seam. One picture or one face serves all images.",
            search_aliases=["composite", "blend face", "uncrop", "face swap", "stitch"],
            inputs=[
                io.Image.Input("frames", tooltip="The pictures that went into Align Face."),
                Faces.Input("faces", tooltip="Where the faces were, from Align Face."),
                io.Image.Input("images", tooltip="The faces to lay over them, square, any size."),
                io.Float.Input(
                    "feather",
                    default=0.15,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="Width of the soft border, as a share of half the square.",
                ),
                io.Boolean.Input(
                    "colour_match",
                    default=True,
                    tooltip="Shift the face's colours so that they meet the picture's along the "
                    "border.",
                ),
                io.Mask.Input(
                    "mask",
                    optional=True,
                    tooltip="Which part of each image to show, such as the masks of Align Face. "
                    "Without one: a rounded square.",
                ),
                io.Mask.Input(
                    "front",
                    optional=True,
                    tooltip="What of each frame stays in front of the face: hands, a microphone, "
                    "hair. As large as the frames; one mask serves all.",
                ),
            ],
            outputs=[
                io.Image.Output("composite", tooltip="The finished pictures."),
                io.Mask.Output("mask", tooltip="How much of each pixel is the new face."),
            ],
        )

    @classmethod
    def execute(
        cls,
        frames: Any,
        faces: Any,
        images: Any,
        feather: float,
        colour_match: bool,
        mask: Any = None,
        front: Any = None,
    ) -> io.NodeOutput:
        import torch

        from ..hyperreenact_core.reenact.compose import PasteOptions, paste_faces
        from .convert import Frames, crops_of, image_of_frames, masks_of, unzipped
        from .host import ComfyHost

        drawn, shares = crops_of(images, name="images"), []
        pasted = paste_faces(
            Frames(frames, name="frames"),
            faces,
            drawn,
            ComfyHost(),
            PasteOptions(feather, colour_match),
            masks=masks_of(mask),
            fronts=masks_of(front),
        )
        composite = image_of_frames(unzipped(pasted, shares), count=len(drawn))
        return io.NodeOutput(composite, torch.stack(shares))


def _detector(host: Any, kind: str, frames: Any, *, landmarks: Any, boxes: Any) -> Any:
    """What finds the faces: whoever found them before, if any were given."""
    from ..hyperreenact_core.face.given import (
        BoxedDetector,
        EachFrameAlone,
        GivenLandmarks,
        boxes_from,
    )

    if landmarks is not None:
        return EachFrameAlone(GivenLandmarks.from_meshes(landmarks), None)
    detector = host.detector(kind)
    if boxes is None:
        return detector
    height, width = frames[0].shape[:2]
    boxed = BoxedDetector(detector, boxes_from(boxes), height=height, width=width)
    return EachFrameAlone(boxed, None)
