"""Hypernetworks that are told something else than the driving pose: the paper's ancestors.

All are the same network. Its second map says which method it is:
    pose            map of the driving pose: refines and retargets in one step (HyperReenact)
    reconstruction  appearance map of what the source's code draws so far: refines (HyperStyle)
    code            the source's W+ code spread over the map: refines (HyperInverter)
The weights file notes which, and a mark of the frozen networks it was trained against.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal, get_args

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..errors import ModelError
from ..networks.hypernetwork import Hypernetwork
from .cache import shared_network
from .checkpoints import read_header
from .kinds import NetworkKind
from .settings import load_settings
from .store import weights_file

Condition = Literal["pose", "reconstruction", "code"]
_CONDITIONS: dict[str, Condition] = {name: name for name in get_args(Condition)}

_CONDITION, _BASE = "condition", "base"
_BASE_KINDS: tuple[NetworkKind, ...] = ("generator", "e4e", "appearance", "pose")


def code_map(w_plus: Tensor, size: int) -> Tensor:
    """W+ codes [B, n_latent, D] -> the same at every place, [B, n_latent * D, size, size]."""
    return w_plus.flatten(1)[:, :, None, None].expand(-1, -1, size, size)


def base_mark(folder: Path) -> str:
    """Tells one set of frozen networks from another by their weights.

    ModelError where a file is missing or damaged; sets that are told states have no pose encoder.
    """
    mark = hashlib.sha256()
    told = load_settings(folder).pose_input == "state"
    for kind in _BASE_KINDS:
        path = weights_file(folder, kind)
        if told and kind == "pose":
            continue
        try:
            with safe_open(path, framework="pt") as file:
                # Not the file as it is: the order of its header is another every time it is saved.
                for name in sorted(file.keys()):
                    mark.update(name.encode())
                    mark.update(file.get_tensor(name).flatten().view(torch.uint8).numpy().data)
        except (OSError, SafetensorError) as error:
            raise ModelError(f"cannot read the weights ({error}): {path}") from error
    return mark.hexdigest()[:16]


def variant_notes(condition: Condition, base: Path) -> dict[str, str]:
    """What `save_network` is to note; base: folder of the frozen networks."""
    return {_CONDITION: condition, _BASE: base_mark(base)}


def load_variant(path: Path, base: Path) -> tuple[Hypernetwork, Condition]:
    """A hypernetwork and what its second map has to be.

    A file without notes is told the pose. Raises ModelError as `load_network` does, and where the
    file was trained against other networks than those in the folder `base`.
    """
    notes = read_header(path).notes
    condition = _CONDITIONS.get(notes.get(_CONDITION, "pose"))
    if condition is None:
        raise ModelError(f"made by another version of this program, train it again: {path}")
    if _BASE in notes and notes[_BASE] != base_mark(base):
        raise ModelError(
            f"trained against other networks than those in {base}, train it again for them: {path}"
        )
    network = shared_network(path, "hypernetwork")
    if not isinstance(network, Hypernetwork):
        raise TypeError("the table of networks builds no Hypernetwork for hypernetwork")
    return network, condition
