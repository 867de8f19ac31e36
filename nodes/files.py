"""Identities and performances as files that can be kept and shared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folder_paths
from comfy_api.latest import io

from .sockets import CATEGORY, Latent, Poses

if TYPE_CHECKING:
    from ..hyperreenact_core.reenact.knobs import CsvLayout

_SUFFIX, _CSV = ".safetensors", ".csv"
_LAYOUTS: dict[str, CsvLayout] = {"csv": "plain", "live link face csv": "live-link"}
"""Choice of Save Pose Track -> the core's layout of a CSV."""
_OUTPUT = " [output]"
"""How the host marks a file name that is meant in the output folder."""
_MOST_HEADER = 1_000_000
"""Bytes; headers of our files have a few thousand."""


class _Loader(io.ComfyNode):
    """Takes a file that may be gone, or written anew."""

    @classmethod
    def validate_inputs(cls, file: str | None) -> bool | str:
        # A linked value is None here: what it names is known, and checked, when the node runs.
        if file is None or folder_paths.exists_annotated_filepath(file):
            return True
        return f"No such file: {file}. Save one first, or put it into the input folder."

    @classmethod
    def fingerprint_inputs(cls, file: str | None) -> float:
        """When the file was written; 0 where it is not known yet, or gone."""
        if file is None or not folder_paths.exists_annotated_filepath(file):
            return 0.0
        return _path(file).stat().st_mtime


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
        return _saved(path)


class LoadIdentity(_Loader):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return _load_schema(
            node_id="HyperReenact_LoadIdentity",
            display_name="Load Identity",
            description="An inverted face from a file: no picture and no inversion needed.",
            kind="identity",
            outputs=[
                Latent.Output("latent", tooltip="W+ codes and appearance of the source."),
                io.Image.Output("reconstruction", tooltip="What the codes alone draw."),
            ],
        )

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
            more=[
                io.Combo.Input(
                    "format",
                    options=["safetensors", *_LAYOUTS],
                    default="safetensors",
                    optional=True,
                    tooltip="safetensors keeps all. csv: a table for any editor or spreadsheet. "
                    "live link face csv: what Unreal, Blender and Maya tools read from the iPhone "
                    "app.",
                )
            ],
        )

    @classmethod
    def execute(
        cls, poses: Any, filename_prefix: str, format: str = "safetensors"
    ) -> io.NodeOutput:
        from ..hyperreenact_core.reenact.files import save_poses

        path = _new_path(filename_prefix, _CSV if format in _LAYOUTS else _SUFFIX)
        save_poses(path, poses, _LAYOUTS.get(format, "plain"))
        return _saved(path)


class LoadPoseTrack(_Loader):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return _load_schema(
            node_id="HyperReenact_LoadPoseTrack",
            display_name="Load Pose Track",
            description="A performance from a file: no driving clip needed. Reads CSV too, such as "
            "Live Link Face records on an iPhone.",
            kind="poses",
            outputs=[
                Poses.Output("poses", tooltip="One pose a frame."),
                io.Image.Output("plot", tooltip="Angles and expression over the frames."),
            ],
        )

    @classmethod
    def execute(cls, file: str) -> io.NodeOutput:
        from ..hyperreenact_core.reenact.files import load_poses
        from ..hyperreenact_core.reenact.plots import plot_poses
        from .convert import image_of_frames

        track = load_poses(_path(file))
        return io.NodeOutput(track, image_of_frames([plot_poses(track)], count=1))


def _save_schema(
    *,
    node_id: str,
    display_name: str,
    description: str,
    value: io.Input,
    prefix: str,
    more: list[io.Input] | None = None,
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
            *(more or []),
        ],
        outputs=[io.String.Output("path", tooltip="The file that was written.")],
    )


def _load_schema(
    *, node_id: str, display_name: str, description: str, kind: str, outputs: list[io.Output]
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
                options=_files(kind),
                tooltip="A file in the input folder, or one saved before. The button below takes "
                "one from your computer.",
            )
        ],
        outputs=outputs,
    )


def _files(kind: str) -> list[str]:
    """Files of a kind in the input folder, and below output/hyperreenact."""
    given = Path(folder_paths.get_input_directory()).glob("*")
    output = Path(folder_paths.get_output_directory())
    saved = (output / "hyperreenact").rglob("*")
    return [
        *sorted(path.name for path in given if _holds(path, kind)),
        *sorted(
            path.relative_to(output).as_posix() + _OUTPUT for path in saved if _holds(path, kind)
        ),
    ]


def _holds(path: Path, kind: str) -> bool:
    """Whether a file can be of a kind, by its own header, or by the columns of a CSV.

    The core is not imported for it.
    """
    if path.suffix.lower() == _CSV:
        return kind == "poses" and _names_movements(path)
    if path.suffix != _SUFFIX:
        return False
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length)) if length <= _MOST_HEADER else {}
        return str(header["__metadata__"]["format"]).startswith(f"hyperreenact-{kind}/")
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _names_movements(path: Path) -> bool:
    """Whether the first line of a CSV has columns of a face."""
    try:
        with path.open("rb") as file:
            first = file.readline(_MOST_HEADER).lower()
    except OSError:
        return False
    return any(name in first for name in (b"jawopen", b"yaw_deg", b"headyaw"))


def _path(file: str) -> Path:
    return Path(folder_paths.get_annotated_filepath(file))


def _saved(path: Path) -> io.NodeOutput:
    """The path, for the next node and for the page, which shows it in the node."""
    return io.NodeOutput(str(path), ui={"text": [str(path)]})


def _new_path(prefix: str, suffix: str = _SUFFIX) -> Path:
    folder, name, counter, _, _ = folder_paths.get_save_image_path(
        prefix, folder_paths.get_output_directory()
    )
    return Path(folder) / f"{name}_{counter:05}_{suffix}"
