"""Pictures and clips that ship with the pack: rendered heads of nobody."""

from __future__ import annotations

from pathlib import Path

from comfy_api.latest import InputImpl, io

from .model_sets import PACK
from .sockets import CATEGORY

SAMPLES = PACK / "workflows" / "samples"


class SamplePortrait(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        names = _names(".png")
        return io.Schema(
            node_id="HyperReenact_SamplePortrait",
            display_name="Sample Portrait",
            category=f"{CATEGORY}/samples",
            description="A rendered head that ships with the pack. Put Load Image in its place for "
            "your own picture.",
            search_aliases=["example", "test image", "demo"],
            inputs=[
                io.Combo.Input(
                    "name", options=names, default=next(iter(names), None), tooltip="Which head."
                )
            ],
            outputs=[io.Image.Output("image", tooltip="The picture.")],
        )

    @classmethod
    def execute(cls, name: str) -> io.NodeOutput:
        from ..hyperreenact_core.video.reader import open_frames
        from .convert import image_of_frames

        return io.NodeOutput(image_of_frames(open_frames(_sample(name, ".png")), count=1))


class SampleClip(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        names = _names(".mp4")
        return io.Schema(
            node_id="HyperReenact_SampleClip",
            display_name="Sample Clip",
            category=f"{CATEGORY}/samples",
            description="A talking rendered head with sound that ships with the pack. Put Load "
            "Video in its place for your own clip.",
            search_aliases=["example", "test video", "demo", "driving"],
            inputs=[
                io.Combo.Input(
                    "name", options=names, default=next(iter(names), None), tooltip="Which clip."
                )
            ],
            outputs=[
                io.Video.Output("video", tooltip="The clip."),
                io.String.Output("path", tooltip="Its file, for loaders that take a path."),
            ],
        )

    @classmethod
    def execute(cls, name: str) -> io.NodeOutput:
        path = str(_sample(name, ".mp4"))
        return io.NodeOutput(InputImpl.VideoFromFile(path), path)


def _sample(name: str, suffix: str) -> Path:
    """The file of a sample, whose name may have come through a link."""
    from ..hyperreenact_core.errors import InputError

    if name not in _names(suffix):
        raise InputError(f"there is no sample {name!r}; use one of {', '.join(_names(suffix))}")
    return SAMPLES / f"{name}{suffix}"


def _names(suffix: str) -> list[str]:
    return sorted(path.stem for path in SAMPLES.glob(f"*{suffix}"))
