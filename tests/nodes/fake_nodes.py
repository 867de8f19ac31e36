"""The host's own nodes, and VideoHelperSuite's, that the shipped workflows use: doing little."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

from tests.nodes import fake_io as io
from tests.nodes.fake_host import FakeVideo


def _node(
    name: str, inputs: list[io.Input], outputs: list[Any], execute: Any
) -> type[io.ComfyNode]:
    def define_schema(cls: Any) -> io.Schema:
        made = [kind.Output(f"{name}_{at}") for at, kind in enumerate(outputs)]
        return io.Schema(node_id=name, inputs=inputs, outputs=made)

    def run(cls: Any, **given: Any) -> io.NodeOutput:
        return io.NodeOutput(*execute(**given))

    return type(
        name,
        (io.ComfyNode,),
        {"define_schema": classmethod(define_schema), "execute": classmethod(run)},
    )


def _words(*names: str) -> list[io.Input]:
    return [io.String.Input(name, optional=True) for name in names]


def _load_path(video: str, **options: Any) -> tuple[Any, ...]:
    frames, audio, fps = FakeVideo(video).components()
    return frames, len(frames), audio, {"source_fps": fps}


def _stitched(
    image1: Any, image2: Any, match_image_size: bool, direction: str, **options: Any
) -> tuple[Any, ...]:
    assert len(image1) == len(image2)
    assert match_image_size, "the second takes the height of the first"
    size = image1.shape[1:3]
    second = F.interpolate(image2.movedim(-1, 1), size=size).movedim(1, -1)
    both = [second, image1] if direction == "left" else [image1, second]
    return (torch.cat(both, dim=2),)


def _scaled(image: Any, upscale_method: str, scale_by: float) -> tuple[Any, ...]:
    channels_first = image.movedim(-1, 1)
    return (torch.nn.functional.interpolate(channels_first, scale_factor=scale_by).movedim(1, -1),)


BatchManager = io.Custom("VHS_BatchManager")
VideoInfo = io.Custom("VHS_VIDEOINFO")
Filenames = io.Custom("VHS_FILENAMES")

HOST_NODES = {
    "GetVideoComponents": _node(
        "GetVideoComponents",
        [io.Video.Input("video")],
        [io.Image, io.Audio, io.Float],
        lambda video: video.components(),
    ),
    "CreateVideo": _node(
        "CreateVideo",
        [
            io.Image.Input("images"),
            io.Float.Input("fps", min=1, max=120),
            io.Audio.Input("audio", optional=True),
            io.Int.Input("bit_depth", optional=True, min=8, max=10),
        ],
        [io.Video],
        lambda images, fps, audio=None, bit_depth=8: ((images, fps, audio),),
    ),
    "SaveVideo": _node(
        "SaveVideo",
        [
            io.Video.Input("video"),
            io.String.Input("filename_prefix"),
            io.Combo.Input("format", ["auto", "mp4"]),
            *_words("format.codec", "codec"),
        ],
        [],
        lambda **given: (),
    ),
    "PreviewImage": _node("PreviewImage", [io.Image.Input("images")], [], lambda images: ()),
    "PreviewAny": _node("PreviewAny", [io.AnyType.Input("source")], [], lambda source: ()),
    "ImageScaleBy": _node(
        "ImageScaleBy",
        [
            io.Image.Input("image"),
            io.Combo.Input("upscale_method", ["nearest-exact", "bilinear", "bicubic", "lanczos"]),
            io.Float.Input("scale_by", min=0.01, max=8.0),
        ],
        [io.Image],
        _scaled,
    ),
    "ImageStitch": _node(
        "ImageStitch",
        [
            io.Image.Input("image1"),
            io.Combo.Input("direction", ["right", "down", "left", "up"]),
            io.Boolean.Input("match_image_size"),
            io.Int.Input("spacing_width", min=0, max=1024),
            io.Combo.Input("spacing_color", ["white", "black"]),
            io.Image.Input("image2", optional=True),
        ],
        [io.Image],
        _stitched,
    ),
    "MaskToImage": _node(
        "MaskToImage",
        [io.Mask.Input("mask")],
        [io.Image],
        lambda mask: (mask[..., None].expand(-1, -1, -1, 3),),
    ),
    "VHS_BatchManager": _node(
        "VHS_BatchManager",
        [io.Int.Input("frames_per_batch", min=1)],
        [BatchManager],
        lambda frames_per_batch: (frames_per_batch,),
    ),
    "VHS_LoadVideoPath": _node(
        "VHS_LoadVideoPath",
        [
            io.String.Input("video"),
            io.Float.Input("force_rate", min=0, max=60),
            io.Int.Input("custom_width", min=0),
            io.Int.Input("custom_height", min=0),
            io.Int.Input("frame_load_cap", min=0),
            io.Int.Input("skip_first_frames", min=0),
            io.Int.Input("select_every_nth", min=1),
            BatchManager.Input("meta_batch", optional=True),
            *_words("format"),
        ],
        [io.Image, io.Int, io.Audio, VideoInfo],
        _load_path,
    ),
    "VHS_VideoInfo": _node(
        "VHS_VideoInfo",
        [VideoInfo.Input("video_info")],
        [io.Float],
        lambda video_info: (video_info["source_fps"],),
    ),
    "VHS_VideoCombine": _node(
        "VHS_VideoCombine",
        [
            io.Image.Input("images"),
            io.Float.Input("frame_rate", min=1),
            io.Int.Input("loop_count", min=0),
            io.String.Input("filename_prefix"),
            io.String.Input("format"),
            io.Boolean.Input("pingpong"),
            io.Boolean.Input("save_output"),
            io.Audio.Input("audio", optional=True),
            BatchManager.Input("meta_batch", optional=True),
            *_words("pix_fmt"),
            io.Int.Input("crf", optional=True),
            io.Boolean.Input("save_metadata", optional=True),
            io.Boolean.Input("trim_to_audio", optional=True),
        ],
        [Filenames],
        lambda **given: (given["images"].shape,),
    ),
}
"""Class by id; inputs as ComfyUI 0.33 and VideoHelperSuite have them."""
