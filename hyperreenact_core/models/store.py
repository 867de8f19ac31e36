"""Where model sets lie on disk: the user's folders first, then the weights that ship with us."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import ModelError
from .kinds import CORE_KINDS, DETECTOR_KINDS, NetworkKind
from .registry import SET_ID, ModelSet, find_set, load_registry
from .settings import SETTINGS_FILE, load_settings

SHIPPED_WEIGHTS = Path(__file__).resolve().parents[1] / "weights"


def weights_file(folder: Path, kind: NetworkKind) -> Path:
    """Where a set keeps the network of that kind."""
    return folder / f"{kind}.safetensors"


def shared_weights_file(folder: Path, kind: NetworkKind) -> Path:
    """The set's own network of that kind, or else the one that ships with us."""
    own = weights_file(folder, kind)
    return own if own.is_file() else weights_file(SHIPPED_WEIGHTS / "starter", kind)


def missing_files(folder: Path) -> tuple[str, ...]:
    """Names of the files a set's folder still needs; empty if it is complete."""
    wanted = [folder / SETTINGS_FILE, *(weights_file(folder, kind) for kind in CORE_KINDS)]
    if _is_told_states(folder):
        wanted.remove(weights_file(folder, "pose"))
    missing = [path.name for path in wanted if not path.is_file()]
    lacking = [_lacking(folder, kinds) for kinds in DETECTOR_KINDS]
    if all(lacking):
        missing.append(" or ".join(" and ".join(names) for names in lacking))
    return tuple(missing)


def _is_told_states(folder: Path) -> bool:
    """Whether the set needs no pose encoder; settings that cannot be read are for others to say."""
    try:
        return load_settings(folder).pose_input == "state"
    except ModelError:
        return False


def _lacking(folder: Path, kinds: Sequence[NetworkKind]) -> list[str]:
    paths = [weights_file(folder, kind) for kind in kinds]
    return [path.name for path in paths if not path.is_file()]


def locate(set_id: str, model_paths: Sequence[Path] = ()) -> Path:
    """The first complete folder `<path>/<set_id>/`.

    Raises ModelError that says what is missing and where to put it.
    """
    if not SET_ID.fullmatch(set_id):
        raise ModelError(f"a model set is named by its id, a plain folder name, not {set_id!r}")
    folders = [path / set_id for path in (*model_paths, SHIPPED_WEIGHTS)]
    for folder in folders:
        if not missing_files(folder):
            return folder
    for folder in folders:
        if folder.is_dir():
            raise ModelError(
                f"model set {set_id!r} is not complete, {', '.join(missing_files(folder))} "
                f"missing in {folder}"
            )
    raise ModelError(_how_to_get(set_id, model_paths))


def installed(set_id: str, model_paths: Sequence[Path] = ()) -> bool:
    """Whether `locate` would find the set complete."""
    try:
        locate(set_id, model_paths)
    except ModelError:
        return False
    return True


def _how_to_get(set_id: str, model_paths: Sequence[Path]) -> str:
    registry = load_registry()
    entry: ModelSet | None = find_set(set_id, registry)
    searched = ", ".join(str(path) for path in model_paths) or "no folder of your own was named"
    if entry is None:
        known = ", ".join(known.id for known in registry)
        return (
            f"no model set {set_id!r}: the registry has {known}, and a set of your own must be a "
            f"folder of that name in a model folder ({searched})"
        )
    if entry.shipped:
        return (
            f"the weights of model set {set_id!r} ship with this program but are not here, "
            f"install it again: {SHIPPED_WEIGHTS / set_id}"
        )
    return (
        f"model set {set_id!r} is not installed in a model folder ({searched}): fetch it with "
        f"`hyperreenact models get {set_id} --model-path DIR`"
    )
