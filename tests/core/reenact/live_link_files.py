"""Files as Live Link Face records them, made from the columns that its makers document."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hyperreenact_core.heads.expression import ACTIONS

HEAD = ("HeadYaw", "HeadPitch", "HeadRoll")
EYES = tuple(
    f"{side}Eye{angle}" for side in ("Left", "Right") for angle in ("Yaw", "Pitch", "Roll")
)


def write_newer(path: Path, frames: Mapping[str, Mapping[str, float]]) -> Path:
    """61 columns after two: names begin with capitals. frames: time code -> values by name."""
    names = [*(name[0].upper() + name[1:] for name in ACTIONS), *HEAD, *EYES]
    return _write(path, ["Timecode", "BlendShapeCount", *names], frames)


def write_older(path: Path, frames: Mapping[str, Mapping[str, float]]) -> Path:
    """52 coefficients in another order, names in ARKit's own capitals, no angles."""
    return _write(path, ["timecode", "blendshapeCount", *sorted(ACTIONS, reverse=True)], frames)


def _write(path: Path, names: list[str], frames: Mapping[str, Mapping[str, float]]) -> Path:
    lines = [",".join(names)]
    for code, values in frames.items():
        own = {name.lower(): value for name, value in values.items()}
        cells = [str(own.get(name.lower(), 0.0)) for name in names[2:]]
        # Where the phone saw no face it writes no values.
        lines.append(",".join([code, str(len(cells)), *cells]) if values else f"{code},0")
    path.write_text("\n".join(lines) + "\n")
    return path
