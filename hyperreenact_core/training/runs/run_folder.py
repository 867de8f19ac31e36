"""The folder of a run on clips: it becomes a model set, of the trained networks and the old rest.

What a base set has and the run does not train is linked into the folder (copied, where links
cannot be made), so that the folder is complete once the last network is trained. Networks the run
has trained itself stand in for the base set's in later stages.
"""

from __future__ import annotations

import filecmp
import shutil
from collections.abc import Sequence
from pathlib import Path

from ...errors import ModelError, OutputError, TrainingError
from ...models.kinds import NETWORKS, NetworkKind
from ...models.registry import SET_ID
from ...models.settings import SETTINGS_FILE, load_settings, save_settings
from ...models.store import SHIPPED_WEIGHTS, locate, missing_files, weights_file
from ...whole_files import whole_file

RESTS_ON: dict[NetworkKind, tuple[NetworkKind, ...]] = {
    "generator": (),
    "e4e": ("generator", "appearance"),
    "hypernetwork": ("generator", "e4e", "appearance", "pose"),
}
"""What each network is trained against; a new one of those makes it useless. Sets that are told
states have no pose encoder."""


def find_base(set_id: str, model_paths: Sequence[Path]) -> Path:
    """The folder of a set that may lack networks, which a run under way does.

    ModelError where there is none of that name.
    """
    if SET_ID.fullmatch(set_id):
        for path in (*model_paths, SHIPPED_WEIGHTS):
            if (path / set_id / SETTINGS_FILE).is_file():
                return path / set_id
    return locate(set_id, model_paths)


def is_trained(out: Path, base: Path, kind: NetworkKind) -> bool:
    """Whether the run's folder holds a network of its own, not the base set's."""
    mine, theirs = weights_file(out, kind), weights_file(base, kind)
    if not mine.is_file():
        return False
    return out.resolve() == base.resolve() or not _same(mine, theirs)


def fill_folder(out: Path, base: Path, kind: NetworkKind) -> None:
    """Link everything into `out` that training `kind` does not make anew.

    Raises TrainingError, and leaves the folder as it was, where that holds another set, or a
    trained network that would no longer fit; ModelError where the base lacks a network that is
    needed.
    """
    settings = load_settings(base)
    if (out / SETTINGS_FILE).exists() and load_settings(out) != settings:
        raise TrainingError(f"{out} is a run with another model set; name a new folder")
    stale: tuple[NetworkKind, ...] = tuple(o for o, needs in RESTS_ON.items() if kind in needs)
    for other in stale:
        if is_trained(out, base, other):
            raise TrainingError(
                f"{weights_file(out, other)} was trained with another {kind} and would no longer "
                "fit; name a new folder, or delete that file"
            )
    try:
        out.mkdir(parents=True, exist_ok=True)
        for other in stale:
            weights_file(out, other).unlink(missing_ok=True)
        for other in NETWORKS:
            mine, theirs = weights_file(out, other), weights_file(base, other)
            if other not in (kind, *stale) and theirs.is_file() and not mine.exists():
                _link(theirs.resolve(), mine)
    except OSError as error:
        raise OutputError(f"cannot fill the folder ({error.strerror}): {out}") from error
    if not (out / SETTINGS_FILE).exists():
        save_settings(out, settings)
    told = settings.pose_input == "state"
    needs: list[NetworkKind] = [
        needed for needed in RESTS_ON[kind] if not (told and needed == "pose")
    ]
    if missing := [needed for needed in needs if not weights_file(out, needed).is_file()]:
        raise ModelError(
            f"{kind} is trained against {', '.join(missing)}, which {out} lacks: train "
            f"{'it' if len(missing) == 1 else 'them'} first, or begin with a complete --model-set"
        )


def lacking(out: Path) -> tuple[str, ...]:
    """Names of the files the folder needs to be a complete set."""
    return missing_files(out)


def _link(source: Path, target: Path) -> None:
    """A second name of the same file; weights are only ever replaced whole, never changed."""
    try:
        target.hardlink_to(source)
    except OSError:  # another disk, or a file system without links
        with whole_file(target) as part:
            shutil.copyfile(source, part)


def _same(mine: Path, theirs: Path) -> bool:
    if not theirs.is_file():
        return False
    return mine.samefile(theirs) or filecmp.cmp(mine, theirs, shallow=False)
