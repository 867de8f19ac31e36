"""set.json: how pictures are prepared for the networks of a model set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import ModelError
from ..whole_files import write_whole
from .config_json import config_from_json, config_to_json

SETTINGS_FILE = "set.json"

AppearanceInput = Literal["crop", "five_point"]
PoseInput = Literal["crop", "deca_crop", "state"]


@dataclass(frozen=True)
class SetSettings:
    """What a set's networks expect to see; sizes of their inputs stand in their own configs.

    resolution: side of the drawn face in pixels.
    crop_scale: half the side of the face crop over the larger extent of the landmarks.
    crop_whole_pixels: round the crop to whole pixels, as the published networks were trained.
    appearance_input: the crop itself, or the five-point alignment of face recognition.
    pose_input: the crop itself, DECA's square about the landmarks, or the state that a reader tells
        (networks.pose_state).
    truncation_psi: how much of a code's distance from the mean is kept, 0 to 1.
    """

    resolution: int
    crop_scale: float
    crop_whole_pixels: bool
    appearance_input: AppearanceInput
    pose_input: PoseInput
    truncation_psi: float

    def __post_init__(self) -> None:
        if self.resolution <= 0:
            raise ValueError(f"resolution must be positive, it is {self.resolution}")
        if self.crop_scale <= 0:
            raise ValueError(f"crop_scale must be positive, it is {self.crop_scale}")
        if not 0 <= self.truncation_psi <= 1:
            raise ValueError(f"truncation_psi must lie in 0..1, it is {self.truncation_psi}")


def save_settings(folder: Path, settings: SetSettings) -> None:
    """Write set.json into a set's folder, whole or not at all; OutputError if that fails."""
    write_whole(folder / SETTINGS_FILE, (config_to_json(settings) + "\n").encode())


def load_settings(folder: Path) -> SetSettings:
    """Read a set's set.json; ModelError names the field that is wrong."""
    path = folder / SETTINGS_FILE
    try:
        return config_from_json(path.read_bytes(), SetSettings)
    except OSError as error:
        raise ModelError(f"cannot read the set's settings ({error.strerror}): {path}") from error
    except ValueError as error:
        raise ModelError(f"{error}; fetch or write the set again: {path}") from error
