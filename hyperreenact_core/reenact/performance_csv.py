"""Performances as CSV: a plain table for any editor, and what Live Link Face records on a phone.

Plain: `time` in seconds; `yaw_deg`, `pitch_deg`, `roll_deg` as in types.DrivingPose; `x`, `y` and
`size` as in `Performance.place`; ARKit's 52 coefficients; yaw and pitch of each eye against the
head, in degrees, positive to the picture's right and down, left and right the person's own;
`confidence`. Columns may stand in any order, be left out or be followed by others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..heads.expression import ACTIONS
from ..networks.rotation import euler_from_matrix, matrix_from_euler
from .csv_tables import Table, read_table, write_table
from .detail.performance import PLACE, RATE, Performance
from .gaze import gaze_angles, gaze_from_angles
from .knobs import CsvLayout
from .live_link import (
    EYES,
    HEAD,
    TIMECODE,
    live_link_columns,
    live_link_eyes,
    live_link_rotation,
    live_link_times,
)

_TIME, _CONFIDENCE = "time", "confidence"
_ANGLES = ("yaw_deg", "pitch_deg", "roll_deg")
_PLACE = ("x", "y", "size")
_GAZE = (
    *("right_eye_yaw_deg", "right_eye_pitch_deg"),
    *("left_eye_yaw_deg", "left_eye_pitch_deg"),
)
"""In the order of `Performance.gaze`: the person's right eye is the one on the viewer's left."""


def read_performance(path: Path) -> Performance:
    """Read either layout; InputError where the file is neither, or a number in it is none.

    Rows that hold nothing but a time are frames without a face: they take the last face, or the
    first one before any, at a confidence of 0. Coefficients are brought into 0..1.
    """
    table = read_table(path)
    moving = [*_ANGLES, *HEAD, *(name.lower() for name in ACTIONS)]
    if not any(name in table.columns for name in moving):
        raise InputError(
            f"{path.name} names no movement in its first line: columns such as yaw_deg, jawOpen "
            "or HeadYaw are needed, see docs/performances.md"
        )
    seen = table.filled(moving)
    if not seen.any():
        raise InputError(f"{path.name} holds no frame with a face")
    rows = _rows_with_face(seen)

    def numbers(name: str, missing: float = 0.0) -> Tensor:
        if name not in table.columns:
            return torch.full((len(table),), missing)
        return torch.from_numpy(table.numbers(name, rows)).float()

    coefficients = torch.stack([numbers(name.lower()) for name in ACTIONS], 1).clamp(0, 1)
    live = TIMECODE in table.columns
    if live:
        rotation = live_link_rotation(*(numbers(name) for name in HEAD))
    else:
        rotation = matrix_from_euler(*(numbers(name) for name in _ANGLES))
    place = [numbers(name, missing) for name, missing in zip(_PLACE, PLACE, strict=True)]
    told = Performance(
        rotation,
        coefficients,
        place=torch.stack(place, 1),
        confidence=numbers(_CONFIDENCE, 1.0).clamp(0, 1) * torch.from_numpy(seen),
        time=live_link_times(table) if live else _times(table),
    )
    names = EYES if live else _GAZE
    if not all(name in table.columns for name in names):
        return told
    angles = torch.stack([numbers(name) for name in names], 1).unflatten(1, (2, 2))
    gaze = live_link_eyes(angles) if live else gaze_from_angles(torch.deg2rad(angles))
    return Performance(**{**vars(told), "gaze": gaze})


def write_performance(path: Path, performance: Performance, layout: CsvLayout = "plain") -> None:
    """Write a performance; OutputError where that fails."""
    columns = live_link_columns(performance) if layout == "live-link" else _plain(performance)
    write_table(path, columns)


def _rows_with_face(seen: np.ndarray) -> list[int]:
    """For every row the last one with a face, before any the first one."""
    at = np.maximum.accumulate(np.where(seen, np.arange(len(seen)), -1))
    return np.where(at < 0, seen.argmax(), at).tolist()


def _times(table: Table) -> Tensor:
    if _TIME not in table.columns:
        return torch.arange(len(table)) / RATE
    times = table.numbers(_TIME, range(len(table)))
    table.check_rising(times)
    return torch.from_numpy(times).float()


def _plain(performance: Performance) -> Mapping[str, Sequence[float]]:
    angles = euler_from_matrix(performance.rotation)
    eyes = torch.rad2deg(gaze_angles(performance.gaze)).flatten(1)
    columns = {
        _TIME: performance.time,
        **dict(zip(_ANGLES, angles, strict=True)),
        **dict(zip(_PLACE, performance.place.T, strict=True)),
        **dict(zip(ACTIONS, performance.coefficients.T, strict=True)),
        **dict(zip(_GAZE, eyes.T, strict=True)),
        _CONFIDENCE: performance.confidence,
    }
    return {name: values.tolist() for name, values in columns.items()}
