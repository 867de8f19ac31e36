"""The nodes: convert in, one call of the core, convert out.

Nothing of the core is imported before a node runs, so that the host starts as fast without us.
"""

from __future__ import annotations

from pathlib import Path

import folder_paths
from comfy_api.latest import ComfyExtension, io
from server import PromptServer

from .align import AlignFace, PasteBack
from .cast import CastFace
from .detail import DetailTransfer
from .draw import Hypernetwork, Synthesise
from .editor import ExpressionEditor
from .files import LoadIdentity, LoadPoseTrack, SaveIdentity, SavePoseTrack
from .footage import ReenactFootage
from .live import add_route
from .load import LoadModels
from .marks import mark_prompt
from .motion import EditMotion, MixMotion
from .pose import ExtractPose, PuppetPose
from .reenact import Reenact, ReenactVideo
from .replace import ReplaceFace
from .report import QualityReport
from .samples import SampleClip, SamplePortrait
from .source import BlendIdentities, Invert
from .square import FrameFace

MODEL_FOLDER = "hyperreenact"

NODES: list[type[io.ComfyNode]] = [
    LoadModels,
    AlignFace,
    FrameFace,
    Invert,
    BlendIdentities,
    ExtractPose,
    Hypernetwork,
    Synthesise,
    DetailTransfer,
    PasteBack,
    Reenact,
    ReenactVideo,
    ReenactFootage,
    ReplaceFace,
    CastFace,
    PuppetPose,
    EditMotion,
    MixMotion,
    ExpressionEditor,
    QualityReport,
    SaveIdentity,
    LoadIdentity,
    SavePoseTrack,
    LoadPoseTrack,
    SamplePortrait,
    SampleClip,
]


class HyperReenactExtension(ComfyExtension):
    """What the host asks for the nodes."""

    async def on_load(self) -> None:
        # Appended: folders from the user's extra_model_paths.yaml stay in front.
        own = Path(folder_paths.models_dir) / MODEL_FOLDER
        folder_paths.add_model_folder_path(MODEL_FOLDER, str(own))
        PromptServer.instance.add_on_prompt_handler(mark_prompt)
        add_route(PromptServer.instance.routes)

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        return NODES


async def comfy_entrypoint() -> HyperReenactExtension:
    """The host's way in."""
    return HyperReenactExtension()
