"""Published PyTorch files -> a model set of safetensors, once and strictly.

A file is known by its keys, not by its name. Each network appears whole under its final name or
not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from ..errors import ModelError, OutputError
from ..networks.stylegan2 import Generator
from .checkpoints import save_network
from .kinds import NETWORKS, NetworkKind
from .lock import pin, pin_of
from .published import PUBLISHED, PUBLISHED_SETTINGS, FileLayout
from .settings import SETTINGS_FILE, SetSettings, load_settings, save_settings
from .store import weights_file
from .torch_files import read_torch_file

MIN_LIKENESS = 0.5
"""Share of keys in common from which a file is taken for one of a layout, and checked as such."""

_SEED = 20231003
_MEAN_OF = 4096
"""The published program takes the mean of as many codes, of another seed in every run."""

_NAMED, _NAME_LENGTH = 4, 100
"""Keys a message lists before it counts the rest, and characters of each."""


@dataclass(frozen=True)
class ConvertedFile:
    """What became of one file.

    path: the written weights. remarks: what was left aside or filled in.
    """

    kind: NetworkKind
    source: Path
    path: Path
    remarks: tuple[str, ...]


def convert_files(
    files: Iterable[Path],
    folder: Path,
    *,
    layouts: Sequence[FileLayout] = PUBLISHED,
    settings: SetSettings = PUBLISHED_SETTINGS,
) -> Iterator[ConvertedFile]:
    """Write each file's network into a set's folder, file by file, then its settings.

    The folder may be filled in several goes. Raises ModelError that names the file and, in one
    line, the keys that are missing, unknown or misshapen; OutputError if nothing can be written or
    the folder belongs to another set.
    """
    if (folder / SETTINGS_FILE).exists() and load_settings(folder) != settings:
        raise OutputError(f"the folder holds another model set, name a new one: {folder}")
    sources: dict[NetworkKind, Path] = {}
    for source in files:
        converted = _convert_file(source, folder, layouts, sources)
        sources[converted.kind] = source
        yield converted
    save_settings(folder, settings)


def _convert_file(
    source: Path,
    folder: Path,
    layouts: Sequence[FileLayout],
    sources: Mapping[NetworkKind, Path],
) -> ConvertedFile:
    """A function of its own, so that one file's weights are let go before the next is read."""
    content = read_torch_file(source)
    layout = _recognised(content, layouts, source=source)
    if layout.kind in sources:
        raise ModelError(
            f"{sources[layout.kind]} and {source} both hold the {layout.kind}; name one of them"
        )
    weights = _weights(content, layout)
    _check_keys(weights, layout, source=source)
    state = {key.removeprefix(layout.prefix): value for key, value in weights.items()}
    network, made = _filled(cast("dict[str, Tensor]", state), layout, source=source)
    path = weights_file(folder, layout.kind)
    # Half precision would be as far from the published numbers as a wrong crop.
    save_network(
        path,
        network,
        kind=layout.kind,
        config=layout.config,
        storage="float32",
        notes={"converted_from": source.name},
    )
    pin(folder, path.name, pin_of(path))
    return ConvertedFile(layout.kind, source, path, _left_aside(content, layout) + made)


def _recognised(
    content: Mapping[str, object], layouts: Sequence[FileLayout], *, source: Path
) -> FileLayout:
    """The layout that shares the most keys with the file."""
    likeness = {layout.kind: _likeness(content, layout) for layout in layouts}
    best = max(layouts, key=lambda layout: likeness[layout.kind])
    if likeness[best.kind] < MIN_LIKENESS:
        raise ModelError(
            f"none of the published files, its keys are {_some(list(content))}: {source}"
        )
    return best


def _likeness(content: Mapping[str, object], layout: FileLayout) -> float:
    """Keys in common over all keys of file and layout."""
    expected = {key for key in layout.keys() if not layout.may_lack(key)}  # noqa: SIM118
    found = {key for key in _weights(content, layout) if not layout.may_lack(key)}
    return len(expected & found) / max(len(expected | found), 1)


def _weights(content: Mapping[str, object], layout: FileLayout) -> Mapping[str, object]:
    """The state dict inside the file's container; the file itself where there is none."""
    inside = content.get(layout.container) if layout.container else None
    found = cast("Mapping[str, object]", inside) if isinstance(inside, Mapping) else content
    weights = {str(key): value for key, value in found.items()}
    if not layout.drops_unprefixed:
        return weights
    return {key: value for key, value in weights.items() if key.startswith(layout.prefix)}


def _check_keys(weights: Mapping[str, object], layout: FileLayout, *, source: Path) -> None:
    """Every key must be known, there, and of its shape and kind of number."""
    expected = layout.keys()
    problems: list[str] = []
    if missing := [k for k in expected if k not in weights and not layout.may_lack(k)]:
        problems.append(f"missing {_some(missing)}")
    if unknown := [key for key in weights if key not in expected]:
        problems.append(f"unknown {_some(unknown)}")
    if misshapen := [
        f"{key} {_described(value)} instead of {list(expected[key])}"
        for key, value in weights.items()
        if key in expected and not _fits(value, expected[key])
    ]:
        problems.append(f"wrong shape or type of {_some(misshapen)}")
    if problems:
        raise ModelError(
            f"looks like the published {layout.kind} but does not fit it: "
            f"{'; '.join(problems)}: {source}"
        )


def _fits(value: object, shape: torch.Size) -> bool:
    if type(value) not in (Tensor, nn.Parameter):
        return False
    tensor = cast("Tensor", value)
    is_plain = tensor.layout == torch.strided and tensor.device.type == "cpu"
    # Only batch-norm counters are whole numbers, and they have no dimensions.
    return is_plain and tensor.shape == shape and (tensor.is_floating_point() or not shape)


def _described(value: object) -> str:
    if isinstance(value, Tensor):
        return f"{list(value.shape)} {str(value.dtype).removeprefix('torch.')}"
    return type(value).__name__


def _left_aside(content: Mapping[str, object], layout: FileLayout) -> tuple[str, ...]:
    """Tell what else the file holds; the networks of training, for example."""
    inside = content.get(layout.container) if layout.container else None
    others: list[str] = []
    if isinstance(inside, Mapping):
        others = [key for key in content if key != layout.container]
    if layout.drops_unprefixed:
        keys = cast("Mapping[str, object]", inside) if isinstance(inside, Mapping) else content
        others += [key for key in keys if not str(key).startswith(layout.prefix)]
    return (f"left aside: {_some(others)}",) if others else ()


def _filled(
    state: dict[str, Tensor], layout: FileLayout, *, source: Path
) -> tuple[nn.Module, tuple[str, ...]]:
    """The network with the file's weights, and a remark on what had to be made up."""
    with torch.device("meta"):
        network: nn.Module = NETWORKS[layout.kind].module(layout.config)
    slots: Mapping[str, Tensor] = network.state_dict(keep_vars=True)
    _check_copies(state, slots, source=source)
    lacking = [key for key in slots if key not in state]
    noise = [key for key in lacking if key.startswith("noises.")]
    state |= _made(slots, lacking)
    network.load_state_dict(
        {key: value.detach().to(slots[key].dtype) for key, value in state.items()},
        strict=True,
        assign=True,
    )
    if isinstance(network, Generator):
        _set_latent_avg(network)
    return network, (f"without {_some(noise)}: drawn from a fixed seed",) if noise else ()


def _check_copies(
    state: Mapping[str, Tensor], slots: Mapping[str, Tensor], *, source: Path
) -> None:
    """A parameter that several layers share stands in the file under each of them: all alike."""
    first: dict[int, str] = {}
    for key in state:
        original = first.setdefault(id(slots[key]), key)
        if original != key and not _equal(state[original], state[key]):
            raise ModelError(f"{original} and {key} are one tensor but differ: {source}")


def _equal(a: Tensor, b: Tensor) -> bool:
    return a.data_ptr() == b.data_ptr() or torch.equal(a, b)


def _made(slots: Mapping[str, Tensor], keys: Sequence[str]) -> dict[str, Tensor]:
    """What the file lacks: noise planes from a fixed seed, counters and means at zero."""
    generator = torch.Generator().manual_seed(_SEED)
    made: dict[str, Tensor] = {}
    for key in keys:
        shape, dtype = slots[key].shape, slots[key].dtype
        if key.startswith("noises."):
            made[key] = torch.randn(shape, generator=generator)
        else:
            made[key] = torch.zeros(shape, dtype=dtype)
    return made


@torch.no_grad()
def _set_latent_avg(network: Generator) -> None:
    """The mean code, so that every run truncates towards the same one."""
    generator = torch.Generator().manual_seed(_SEED)
    z = torch.randn(_MEAN_OF, network.config.z_dim, generator=generator)
    network.latent_avg.copy_(network.mapping(z).double().mean(0))


def _some(names: Sequence[str]) -> str:
    """The first few names and how many more there are, on one line whatever a file calls them."""
    rest = len(names) - _NAMED
    shown = [str(name)[:_NAME_LENGTH].encode("unicode_escape").decode() for name in names[:_NAMED]]
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")
