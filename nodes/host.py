"""The core's port to its host, on ComfyUI's memory management, progress bar and interruption."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

import comfy.model_management as management
import comfy.utils
import torch
from comfy.model_patcher import ModelPatcher
from PIL import Image

from ..hyperreenact_core.choices import AUTO
from ..hyperreenact_core.host import DTYPES, detail_dtype
from .model_sets import insight_root, model_paths
from .progress import ProgressLine

if TYPE_CHECKING:
    from ..hyperreenact_core.face.detect import FaceDetector
    from ..hyperreenact_core.models.sets import LoadedSet
    from ..hyperreenact_core.reenact.editor import FaceEditor
    from ..hyperreenact_core.reenact.stages import LazyDeltas

Item = TypeVar("Item")

_PREVIEW_SECONDS = 0.15
"""Pictures are sent no faster than one can look at them."""
_PREVIEW_SIDE = 512

_patchers: WeakValueDictionary[int, ModelPatcher] = WeakValueDictionary()
"""id of a network -> its patcher. A patcher keeps its network alive, so an id found here is never
that of another one. Nothing here keeps a patcher alive: node outputs do."""


@dataclass
class HostModels:
    """Value of the models socket. It owns the host's handles on the networks it has used.

    When the host drops the node outputs ("free memory"), handles and weights go with them, and so
    do the faces that are being edited.
    """

    networks: LoadedSet
    dtype: torch.dtype
    detail_dtype: torch.dtype
    handles: dict[int, ModelPatcher] = field(default_factory=dict)
    editors: dict[str, FaceEditor] = field(default_factory=dict)

    def handle(self, network: torch.nn.Module) -> ModelPatcher:
        """The one patcher of a network in this process."""
        patcher = _patchers.get(id(network))
        if patcher is None:
            patcher = ModelPatcher(
                network,
                load_device=management.get_torch_device(),
                offload_device=management.unet_offload_device(),
            )
            _patchers[id(network)] = patcher
        self.handles[id(network)] = patcher
        return patcher


@dataclass(frozen=True)
class HostDeltas:
    """Value of the deltas socket: the recipe, and the models that will follow it."""

    models: HostModels
    recipe: LazyDeltas


class ComfyHost:
    """What one execution of a node asks of ComfyUI; implements the core's `Host`.

    models: None for work without networks. previews: whether the node shows pictures as it works.
    """

    def __init__(self, models: HostModels | None = None, *, previews: bool = True) -> None:
        self._models, self._previews = models, previews
        self._bar: Any = None
        self._line = ProgressLine()
        self._last_preview = 0.0

    @property
    def device(self) -> torch.device:
        return management.get_torch_device()

    @property
    def dtype(self) -> torch.dtype:
        return torch.float32 if self._models is None else self._models.dtype

    @property
    def detail_dtype(self) -> torch.dtype:
        return torch.float32 if self._models is None else self._models.detail_dtype

    @contextmanager
    def on_device(
        self, modules: Sequence[torch.nn.Module], bytes_needed: int = 0
    ) -> Iterator[None]:
        if self._models is None:
            raise TypeError("this host was made without models and cannot load any")
        # One call for all, so that they do not evict each other; whole, because a partial load
        # leaves buffers and parameters of modules with children behind.
        management.load_models_gpu(
            [self._models.handle(module) for module in modules],
            memory_required=bytes_needed,
            force_full_load=True,
        )
        yield

    def progress(
        self, done: int, total: int | None, preview: Callable[[], Any] | None = None
    ) -> None:
        total = max(total or 0, done)
        if self._bar is None:
            self._bar = comfy.utils.ProgressBar(total)
        self._bar.update_absolute(done, total, self._picture(preview))
        self._line.tell(done, total)
        self.check_interrupt()  # the bar only looks when it sends something

    def check_interrupt(self) -> None:
        management.throw_exception_if_processing_interrupted()

    def each(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items as they come, as long as the user has not cancelled."""
        for item in items:
            self.check_interrupt()
            yield item

    def detector(self, kind: Any) -> FaceDetector:
        """What finds faces: one of the choices of `sockets.detector_input`."""
        from ..hyperreenact_core.reenact.views import detector_of

        if self._models is None:
            raise TypeError("this host was made without models and finds no faces")
        return detector_of(self._models.networks, self, kind, insight_root=insight_root())

    def model_paths(self) -> Sequence[Path]:
        return model_paths()

    def batch_size(self, wanted: int) -> int:
        """The wanted number, or for 0 what suits the device."""
        from ..hyperreenact_core.reenact.memory import frames_at_once

        return frames_at_once(wanted, self.device)

    def _picture(self, preview: Callable[[], Any] | None) -> tuple[str, Image.Image, int] | None:
        now = time.monotonic()
        if not self._previews or preview is None or now - self._last_preview < _PREVIEW_SECONDS:
            return None
        self._last_preview = now
        picture = Image.fromarray(preview())
        # The host enlarges what is smaller than the side it is told.
        return "JPEG", picture, min(_PREVIEW_SIDE, max(picture.size))


def dtypes_of(precision: str) -> tuple[torch.dtype, torch.dtype]:
    """Of the networks, and of the detail network.

    `auto`: bfloat16 where the device computes in it, else float32.
    """
    if precision != AUTO:
        return DTYPES[precision], DTYPES[precision]
    device = management.get_torch_device()
    dtype = torch.bfloat16 if management.should_use_bf16(device) else torch.float32
    return dtype, detail_dtype(device, dtype)
