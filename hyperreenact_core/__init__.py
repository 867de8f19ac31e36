"""One-shot face reenactment with hypernetworks: the library behind the node pack.

`import hyperreenact_core as hr` is enough for most programs: docs/library.md shows them. Nothing is
imported before it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .errors import HyperReenactError
    from .host import LocalHost
    from .models.sets import LoadedSet, load_set
    from .reenact.animate import animate
    from .reenact.clip import ClipJob, ClipRequest
    from .reenact.files import load_identity, load_poses
    from .reenact.options import ReenactOptions
    from .reenact.perform import perform, source_of
    from .reenact.pipeline import Reenactor
    from .reenact.results import ReenactedFrame
    from .reenact.source import SourceFace, analyse_source
    from .video.outputs import open_writer
    from .video.pictures import read_image
    from .video.reader import open_frames
    from .video.stills import write_image

__all__ = [
    "ClipJob",
    "ClipRequest",
    "HyperReenactError",
    "LoadedSet",
    "LocalHost",
    "ReenactOptions",
    "ReenactedFrame",
    "Reenactor",
    "SourceFace",
    "analyse_source",
    "animate",
    "load_identity",
    "load_poses",
    "load_set",
    "open_frames",
    "open_writer",
    "perform",
    "read_image",
    "source_of",
    "write_image",
]

_HOMES = {
    "errors": ("HyperReenactError",),
    "host": ("LocalHost",),
    "models.sets": ("LoadedSet", "load_set"),
    "reenact.animate": ("animate",),
    "reenact.clip": ("ClipJob", "ClipRequest"),
    "reenact.files": ("load_identity", "load_poses"),
    "reenact.options": ("ReenactOptions",),
    "reenact.perform": ("perform", "source_of"),
    "reenact.pipeline": ("Reenactor",),
    "reenact.results": ("ReenactedFrame",),
    "reenact.source": ("SourceFace", "analyse_source"),
    "video.outputs": ("open_writer",),
    "video.pictures": ("read_image",),
    "video.reader": ("open_frames",),
    "video.stills": ("write_image",),
}
"""Where each of them is defined."""


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            value: object = getattr(import_module(f".{module}", __name__), name)
            globals()[name] = value  # asked for once only
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
