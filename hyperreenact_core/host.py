"""The port to whatever runs the chain: the command line (LocalHost) or a node graph."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import Protocol, TypeVar

import torch
from torch import nn

from .choices import AUTO, TORCH_NAMES
from .errors import InputError
from .imaging import ImageU8

Preview = Callable[[], ImageU8]
Item = TypeVar("Item")
Result = TypeVar("Result")


class Spread(Protocol):
    """Spreads items over workers elsewhere; the results come in order.

    start: called once in every worker; what it returns takes the items. All of it is pickled.
    """

    def __call__(
        self, start: Callable[[], Callable[[Item], Result]], items: Sequence[Item]
    ) -> Generator[Result, None, None]:
        """Raises the first failure."""
        ...


_INSTRUCTIONS: Mapping[torch.dtype, tuple[str, ...]] = {
    torch.bfloat16: ("amx_bf16", "avx512_bf16", "bf16"),
    torch.float16: ("amx_fp16", "avx512_fp16", "fp16"),
}
"""What a processor must have to multiply in a format, as torch names it."""


@cache
def multiplies_in(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether a device multiplies in a number format by itself.

    A processor that does not imitates it, about ten times slower than float32. Other devices are
    taken to multiply in all of them, except CUDA ones older than bfloat16.
    """
    if dtype == torch.bfloat16 and device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    if dtype not in _INSTRUCTIONS or device.type != "cpu":
        return True
    # Older releases of torch do not tell; float32 is right everywhere.
    tell: Callable[[], Mapping[str, object]] | None = getattr(torch.cpu, "get_capabilities", None)
    able = tell() if tell is not None else {}
    return any(bool(able.get(name)) for name in _INSTRUCTIONS[dtype])


def detail_dtype(device: torch.device, dtype: torch.dtype) -> torch.dtype:
    """What the detail network is to compute in where nobody has chosen: the quickest.

    That is bfloat16 also on processors that multiply in it: the network adds little to what the
    head model says, so its rounding is hardly seen. dtype: of the other networks.
    """
    return torch.bfloat16 if multiplies_in(device, torch.bfloat16) else dtype


def devices_here() -> tuple[str, ...]:
    """Names of the devices this machine has, as `find_device` takes them."""
    others = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        others.append("mps")
    return ("cpu", *others)


DTYPES: Mapping[str, torch.dtype] = {
    name: getattr(torch, of_torch) for name, of_torch in TORCH_NAMES.items()
}
"""Of the precisions that users choose among."""


def find_device(name: str | None = None) -> torch.device:
    """The device of that name; the first GPU, else the processor, for None and "auto".

    InputError, naming the devices there are, for one that is not there or does not work.
    """
    if name is None or name == AUTO:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    here = devices_here()
    try:
        device = torch.device(name)
        number = device.index or 0
        known = f"{device.type}:{number}" in here or (device.type in here and number == 0)
        if known:
            torch.empty(1, device=device)
            return device
        reason = ""
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        # torch names all kinds there could be, or appends its own stack.
        reason = "" if "device type" in str(error) else f" ({str(error).strip().splitlines()[0]})"
    raise InputError(
        f"--device {name} cannot be used here{reason}: this machine has {', '.join(here)}"
    )


def number_format(name: str, device: torch.device) -> torch.dtype:
    """torch's name for one, or `auto`: bfloat16 where a GPU computes in it, else float32."""
    if name == AUTO:
        half = device.type == "cuda" and multiplies_in(device, torch.bfloat16)
        return torch.bfloat16 if half else torch.float32
    return getattr(torch, name)


class Host(Protocol):
    """What the core asks of the program around it."""

    @property
    def device(self) -> torch.device:
        """Where the networks work."""
        ...

    @property
    def dtype(self) -> torch.dtype:
        """Precision the networks work in: float32, bfloat16 or float16."""
        ...

    @property
    def detail_dtype(self) -> torch.dtype:
        """The same of the detail network; see the function of this name."""
        ...

    def on_device(
        self, modules: Sequence[nn.Module], bytes_needed: int = 0
    ) -> AbstractContextManager[None]:
        """Context manager: the modules are on `device` inside it."""
        ...

    def progress(self, done: int, total: int | None, preview: Preview | None = None) -> None:
        """Report finished frames; `preview` is called only where a picture is shown."""
        ...

    def check_interrupt(self) -> None:
        """Raise the host's own exception if the user cancelled."""
        ...

    def model_paths(self) -> Sequence[Path]:
        """Folders that may hold model sets, the user's own first."""
        ...


class LocalHost:
    """The command line: one device, no interruption but Ctrl-C, progress through a callback."""

    def __init__(
        self,
        *,
        device: str | None = None,
        dtype: torch.dtype = torch.float32,
        detail_dtype: torch.dtype | None = None,
        model_paths: Sequence[Path] = (),
        on_progress: Callable[[int, int | None], None] | None = None,
    ) -> None:
        """detail_dtype: `dtype` if None."""
        self._device = find_device(device)
        self._dtype = dtype
        self._detail_dtype = detail_dtype or dtype
        self._model_paths = tuple(model_paths)
        self._on_progress = on_progress

    @property
    def device(self) -> torch.device:
        return self._device

    @property
    def dtype(self) -> torch.dtype:
        return self._dtype

    @property
    def detail_dtype(self) -> torch.dtype:
        return self._detail_dtype

    @contextmanager
    def on_device(self, modules: Sequence[nn.Module], bytes_needed: int = 0) -> Iterator[None]:
        for module in modules:
            module.to(self._device)
        yield

    def progress(self, done: int, total: int | None, preview: Preview | None = None) -> None:
        if self._on_progress is not None:
            self._on_progress(done, total)

    def check_interrupt(self) -> None:
        return None

    def model_paths(self) -> Sequence[Path]:
        return self._model_paths
