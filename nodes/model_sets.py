"""Which model sets can be chosen; read without the core, which would import every network."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import folder_paths
import yaml

PACK = Path(__file__).resolve().parents[1]
SHIPPED_WEIGHTS = PACK / "hyperreenact_core" / "weights"
DEFAULT_SET = "starter"
_SETTINGS = "set.json"


def model_paths() -> list[Path]:
    """Folders that may hold model sets, the user's own first."""
    try:
        return [Path(path) for path in folder_paths.get_folder_paths("hyperreenact")]
    except KeyError:  # before the pack has registered its folder
        return []


def insight_root() -> Path:
    """Where insightface's models lie: in the folder that other packs keep them in too."""
    try:
        return Path(folder_paths.get_folder_paths("insightface")[0])
    except (KeyError, IndexError):  # no other pack and no extra_model_paths.yaml names one
        return Path(folder_paths.models_dir) / "insightface"


def set_ids() -> list[str]:
    """Registered sets in the registry's order, then the user's own."""
    own = {
        path.name
        for folder in model_paths()
        if folder.is_dir()
        for path in folder.iterdir()
        if (path / _SETTINGS).is_file()
    }
    registered = [entry["id"] for entry in registry()]
    return registered + sorted(own - set(registered))


def is_installed(set_id: str) -> bool:
    """Whether a folder of that name holds a set; the core checks its files when it loads."""
    folders = [*model_paths(), SHIPPED_WEIGHTS]
    return any((folder / set_id / _SETTINGS).is_file() for folder in folders)


def describe(set_id: str) -> str:
    """Title, licence and whether it is installed, in one line."""
    state = "installed" if is_installed(set_id) else "not installed"
    entry = next((entry for entry in registry() if entry["id"] == set_id), None)
    if entry is None:
        return f"{set_id}: a set of your own, {state}"
    return f"{set_id}: {entry['title']}, licence: {entry['licence']}, {state}"


@cache  # parsing takes longer than all else that the host's start needs of us
def registry() -> list[dict[str, Any]]:
    """The sets of models_registry.yaml; the core checks them strictly when a node runs."""
    return yaml.safe_load((PACK / "models_registry.yaml").read_text("utf-8"))["sets"]
