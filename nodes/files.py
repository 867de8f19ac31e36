"""Identities and performances as files that can be kept and shared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import folder_paths
from comfy_api.latest import io

from .sockets import CATEGORY, Latent, Poses

_SUFFIX = ".safetensors"
_OUTPUT = " [output]"
"""How the host marks a file name that is meant in the output folder."""


class SaveIdentity(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return _save_schema(
            node_id="HyperReenact_SaveIdentity",
            display_name="Save Identity",
            description="Keeps an inverted face in the output folder, to be used in any graph.",
            value=Latent.Input("latent", tooltip="The source, from StyleGAN2 Invert."),
            prefix="hyperreenact/identity",
        )

    @classmethod
    def execute(cls, latent: Any, filename_prefix: str) -> io.NodeOutput:
        from ..hyperreenact_core.reenact.files import save_identity

        path = _new_path(filename_prefix)
        save_identity(path, latent)
        return io.NodeOutput(str(path), ui={"text": [str(path)]})


class LoadIdentity(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return _load_schema(
            node_id="HyperReenact_LoadIdentity",
            display_name="Load Identity",
            description="An inverted face from a file: no picture and no inversion needed.",
            outputs=[
                Latent.Output("latent", tooltip="W+ codes and appearance of the source."),
                io.Image.Output("reconstruction", tooltip="What the codes alone draw."),
            ],
        )

    @classmethod
    def validate_inputs(cls, file: str) -> bool | str:
        return _check(file)

    @classmethod
    def fingerprint_inputs(cls, file: str) -> float:
        return _path(file).stat().st_mtime

    @classmethod
    def execute(cls, file: str) -> io.NodeOutput:
        from ..hyperreenact_core.reenact.files import load_identity
        from .convert import image_of

        inverted = load_identity(_path(file))
        return io.NodeOutput(inverted, image_of([inverted.reconstruction[None]], count=1))


class SavePoseTrack(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return _save_schema(
            node_id="HyperReenact_SavePoseTrack",
            display_name="Save Pose Track",
            description="Keeps a performance in the output folder. It holds poses and no picture "
            "of the driving person.",
            value=Poses.Input("poses", tooltip="From Extract Pose or Puppet Pose."),
            prefix="hyperreenact/poses",
        )

    @classmethod
    def execute(cls, poses: Any, filename_prefix: str) -> io.NodeOutput:
        from ..hyperreenact_core.reenact.files import save_poses

        path = _new_path(filename_prefix)
        save_poses(path, poses)
        return io.NodeOutput(str(path), ui={"text": [str(path)]})


class LoadPoseTrack(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return _load_schema(
            node_id="HyperReenact_LoadPoseTrack",
            display_name="Load Pose Track",
            description="A performance from a file: no driving clip needed.",
            outputs=[
                Poses.Output("poses", tooltip="One pose a frame."),
                io.Image.Output("plot", tooltip="Angles and expression over the frames."),
            ],
        )

    @classmethod
    def validate_inputs(cls, file: str) -> bool | str:
        return _check(file)

    @classmethod
    def fingerprint_inputs(cls, file: str) -> float:
        return _path(file).stat().st_mtime

    @classmethod
    def execute(cls, file: str) -> io.NodeOutput:
        from ..hyperreenact_core.reenact.files import load_poses
        from ..hyperreenact_core.reenact.plots import plot_poses
        from .convert import image_of_frames

        track = load_poses(_path(file))
        return io.NodeOutput(track, image_of_frames([plot_poses(track)], count=1))


def _save_schema(
    *, node_id: str, display_name: str, description: str, value: io.Input, prefix: str
) -> io.Schema:
    return io.Schema(
        node_id=node_id,
        display_name=display_name,
        category=f"{CATEGORY}/files",
        description=description,
        search_aliases=["export", "store", "safetensors", "reuse"],
        is_output_node=True,
        inputs=[
            value,
            io.String.Input(
                "filename_prefix",
                default=prefix,
                tooltip="Folder and beginning of the name below the output folder; a number is "
                "added.",
            ),
        ],
        outputs=[io.String.Output("path", tooltip="The file that was written.")],
    )


def _load_schema(
    *, node_id: str, display_name: str, description: str, outputs: list[io.Output]
) -> io.Schema:
    return io.Schema(
        node_id=node_id,
        display_name=display_name,
        category=f"{CATEGORY}/files",
        description=description,
        search_aliases=["import", "open", "safetensors", "reuse"],
        inputs=[
            io.Combo.Input(
                "file",
                options=_files(),
                tooltip="A .safetensors file in the input folder, or one saved before.",
            )
        ],
        outputs=outputs,
    )


def _files() -> list[str]:
    """What lies in the input folder, and below output/hyperreenact."""
    given = Path(folder_paths.get_input_directory()).glob(f"*{_SUFFIX}")
    output = Path(folder_paths.get_output_directory())
    saved = (output / "hyperreenact").rglob(f"*{_SUFFIX}")
    return [
        *sorted(path.name for path in given),
        *sorted(path.relative_to(output).as_posix() + _OUTPUT for path in saved),
    ]


def _path(file: str) -> Path:
    return Path(folder_paths.get_annotated_filepath(file))


def _check(file: str) -> bool | str:
    if folder_paths.exists_annotated_filepath(file):
        return True
    return f"No such file: {file}. Save one first, or put it into the input folder."


def _new_path(prefix: str) -> Path:
    folder, name, counter, _, _ = folder_paths.get_save_image_path(
        prefix, folder_paths.get_output_directory()
    )
    return Path(folder) / f"{name}_{counter:05}_{_SUFFIX}"
