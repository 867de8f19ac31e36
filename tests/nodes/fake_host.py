"""A small stand-in for ComfyUI: the modules the pack imports, and a runner of API-format graphs."""

from __future__ import annotations

import sys
import weakref
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import torch

from tests.nodes import fake_io as io

TYPES_OF_ANY = "*"


class Interrupted(BaseException):
    """As in the host, no Exception: a node that swallows it is broken."""


class FakeHost:
    """State of the pretended program: folders, progress, interruption, loaded models."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.steps: list[tuple[int, int, bool]] = []
        self.previews: list[Any] = []
        self.lines: list[tuple[str, str, str | None]] = []
        self.client_id = "page"
        self.loads: list[list[str]] = []
        self.interrupt_after: int | None = None
        self.prompt_handlers: list[Any] = []
        self.posts: dict[str, Any] = {}
        self.routes = SimpleNamespace(post=lambda path: partial(self.posts.__setitem__, path))
        self.model_folders = [str(root / "models" / "hyperreenact")]
        for name in ("input", "output", "temp", "models"):
            (root / name).mkdir(parents=True, exist_ok=True)

    def modules(self) -> dict[str, ModuleType]:
        """The modules the pack imports, under their names."""
        comfy = _module("comfy")
        comfy.model_management = self._management()
        comfy.utils = _module("comfy.utils", ProgressBar=self._progress_bar())
        comfy.model_patcher = _module("comfy.model_patcher", ModelPatcher=FakePatcher)
        api = _module("comfy_api")
        api.latest = _module(
            "comfy_api.latest",
            io=io,
            ComfyExtension=type("ComfyExtension", (), {}),
            InputImpl=SimpleNamespace(VideoFromFile=FakeVideo),
        )
        found = [comfy, comfy.model_management, comfy.utils, comfy.model_patcher]
        found += [api, api.latest, self._folder_paths()]
        context = SimpleNamespace(node_id="7")
        found.append(_module("comfy_execution"))
        utils = _module("comfy_execution.utils", get_executing_context=lambda: context)
        found.append(utils)
        found.append(_module("server", PromptServer=SimpleNamespace(instance=self)))
        return {module.__name__: module for module in found}

    def add_on_prompt_handler(self, handler: Any) -> None:
        """As the host's server has it."""
        self.prompt_handlers.append(handler)

    def send_progress_text(self, text: str, node_id: str, sid: str | None = None) -> None:
        """As the host's server has it."""
        self.lines.append((text, node_id, sid))

    def _management(self) -> Any:
        def load(models: list[FakePatcher], memory_required: int = 0, **options: Any) -> None:
            assert options == {"force_full_load": True}
            self.loads.append([type(patcher.model).__name__ for patcher in models])

        def check() -> None:
            if self.interrupt_after is not None and len(self.steps) >= self.interrupt_after:
                raise Interrupted

        return _module(
            "comfy.model_management",
            get_torch_device=lambda: torch.device("cpu"),
            unet_offload_device=lambda: torch.device("cpu"),
            should_use_bf16=lambda device: False,
            load_models_gpu=load,
            throw_exception_if_processing_interrupted=check,
        )

    def _progress_bar(self) -> type:
        host = self

        class ProgressBar:
            def __init__(self, total: int) -> None:
                assert total > 0

            def update_absolute(self, value: int, total: int, preview: Any = None) -> None:
                assert 0 < value <= total
                host.steps.append((value, total, preview is not None))
                if preview is not None:
                    host.previews.append(preview)

        return ProgressBar

    def _folder_paths(self) -> Any:
        def annotated(name: str) -> str:
            folder = "output" if name.endswith(" [output]") else "input"
            return str(self.root / folder / name.removesuffix(" [output]"))

        def save_path(prefix: str, folder: str, *size: int) -> tuple[str, str, int, str, str]:
            target = Path(folder) / Path(prefix).parent
            target.mkdir(parents=True, exist_ok=True)
            counter = len(list(target.glob(f"{Path(prefix).name}_*"))) + 1
            return str(target), Path(prefix).name, counter, str(Path(prefix).parent), prefix

        def add(name: str, path: str) -> None:
            assert name == "hyperreenact"
            self.model_folders.append(path)

        def folders(name: str) -> list[str]:
            return {"hyperreenact": self.model_folders}[name]

        return _module(
            "folder_paths",
            models_dir=str(self.root / "models"),
            add_model_folder_path=add,
            get_folder_paths=folders,
            get_input_directory=lambda: str(self.root / "input"),
            get_output_directory=lambda: str(self.root / "output"),
            get_temp_directory=lambda: str(self.root / "temp"),
            get_annotated_filepath=annotated,
            exists_annotated_filepath=lambda name: Path(annotated(name)).is_file(),
            get_save_image_path=save_path,
        )


class FakePatcher:
    """Keeps its network alive, as the host's does."""

    alive: ClassVar[weakref.WeakSet[FakePatcher]] = weakref.WeakSet()

    def __init__(self, model: Any, load_device: Any, offload_device: Any) -> None:
        self.model = model
        FakePatcher.alive.add(self)


class FakeVideo:
    """A video in a file, as the host hands it over; read with the pack's own reader."""

    read: Any = None
    """path -> core FrameSource; set when the pack is loaded."""

    def __init__(self, path: str, *, start: float = 0.0, duration: float = 0.0) -> None:
        self.path, self._window = path, (start, duration)

    def get_stream_source(self) -> str:
        return self.path

    def get_active_trim_window(self) -> tuple[float, float]:
        return self._window

    def components(self) -> tuple[torch.Tensor, Any, float]:
        clip = FakeVideo.read(Path(self.path))
        frames = torch.stack([torch.from_numpy(frame) / 255 for frame in clip])
        return frames, clip.audio, float(clip.rate)


@contextmanager
def installed(host: FakeHost):
    """The fake modules stand in sys.modules while the block runs."""
    fakes = host.modules()
    before = {name: sys.modules.get(name) for name in fakes}
    sys.modules.update(fakes)
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def _module(name: str, **contents: Any) -> Any:
    module = ModuleType(name)
    vars(module).update(contents)
    return module
