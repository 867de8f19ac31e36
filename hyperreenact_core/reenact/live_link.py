"""Live Link Face's columns: 52 coefficients, and nine angles of the head and the eyes in radians.

Signs are those of Unreal's ARKit plugin (ToBlendShapeMap, UE 4.22), whose rotators turn a face that
looks at the camera to the person's own right for positive yaw, down for positive pitch, and
clockwise in the picture for positive roll; roll acts first and yaw last. Ours are yaw to the
picture's right, which is the person's left, and roll counter-clockwise: so both change their sign.
The app's mirror swaps the sides of the coefficients together with these signs, so that the file
stays one consistent face. Angles of the eyes are against the head.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..heads.expression import ACTIONS
from ..networks.rotation import matrix_from_euler
from .csv_tables import Table
from .detail.performance import Performance
from .gaze import gaze_angles, gaze_from_angles

TIMECODE, _COUNT = "timecode", "BlendShapeCount"
HEAD = ("headyaw", "headpitch", "headroll")
EYES = ("righteyeyaw", "righteyepitch", "lefteyeyaw", "lefteyepitch")
"""In the order of `Performance.gaze`."""

_CODE = re.compile(r"(\d+)[:;](\d+)[:;](\d+(?:\.\d+)?)(?:[:;](\d+(?:\.\d+)?))?")
_RATES = (24, 25, 30, 48, 50, 60, 90, 100, 120, 240)
_USUAL_RATE = 60
"""What the app records at unless told otherwise."""
_DAY = 24 * 60 * 60.0

# fmt: off
_SIDED_EYES = ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")
_ORDER = (
    *(f"eye{part}Left" for part in _SIDED_EYES), *(f"eye{part}Right" for part in _SIDED_EYES),
    "jawForward", "jawRight", "jawLeft", "jawOpen",
    "mouthClose", "mouthFunnel", "mouthPucker", "mouthRight", "mouthLeft",
    *(f"mouth{part}{side}" for part in ("Smile", "Frown", "Dimple", "Stretch")
      for side in ("Left", "Right")),
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    *(f"mouth{part}{side}" for part in ("Press", "LowerDown", "UpperUp")
      for side in ("Left", "Right")),
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight",
    "tongueOut",
)
"""The 52 as the app orders them."""
# fmt: on


def live_link_rotation(yaw: Tensor, pitch: Tensor, roll: Tensor) -> Tensor:
    """HeadYaw, HeadPitch and HeadRoll [B] -> rotation [B, 3, 3]."""
    rest = torch.zeros_like(yaw)
    turn = matrix_from_euler(torch.rad2deg(-yaw), rest, rest)
    nod = matrix_from_euler(rest, torch.rad2deg(pitch), rest)
    return turn @ nod @ matrix_from_euler(rest, rest, torch.rad2deg(-roll))


def live_link_eyes(angles: Tensor) -> Tensor:
    """Yaw and pitch of the eyes [B, 2, 2], as the app has them -> gaze [B, 2, 3]."""
    return gaze_from_angles(angles * torch.tensor([-1.0, 1.0]))


def live_link_times(table: Table) -> Tensor:
    """[B] seconds since the first row, from time codes such as 13:05:59:41.250.

    The last part counts frames: how many a second has is told by the highest count before a new
    second begins. InputError where a code cannot be read or time goes backwards.
    """
    codes = [_code(table, row) for row in range(len(table))]
    whole = np.array([hours * 3600 + minutes * 60 + s for hours, minutes, s, _ in codes])
    frames = np.array([frame for *_, frame in codes])
    times = whole + frames / _rate(whole, frames)
    times += _DAY * np.cumsum(np.diff(times, prepend=times[0]) < -_DAY / 2)
    table.check_rising(times)
    return torch.from_numpy(times - times[0]).float()


def live_link_columns(performance: Performance) -> Mapping[str, Sequence[str | float]]:
    """The app's columns and order, with time codes that begin at zero and count 60 a second."""
    # R = Ry(-yaw) @ Rx(pitch) @ Rz(-roll), see `live_link_rotation`.
    turn = performance.rotation
    yaw = -torch.atan2(turn[:, 0, 2], turn[:, 2, 2])
    pitch = torch.atan2(-turn[:, 1, 2], torch.hypot(turn[:, 1, 0], turn[:, 1, 1]))
    roll = -torch.atan2(turn[:, 1, 0], turn[:, 1, 1])
    eyes = gaze_angles(performance.gaze) * torch.tensor([-1.0, 1.0])
    still = torch.zeros(len(performance))
    (right_yaw, right_pitch), (left_yaw, left_pitch) = eyes.permute(1, 2, 0)
    named = {
        **{_capital(name): performance.coefficients[:, ACTIONS.index(name)] for name in _ORDER},
        **{"HeadYaw": yaw, "HeadPitch": pitch, "HeadRoll": roll},
        **{"LeftEyeYaw": left_yaw, "LeftEyePitch": left_pitch, "LeftEyeRoll": still},
        **{"RightEyeYaw": right_yaw, "RightEyePitch": right_pitch, "RightEyeRoll": still},
    }
    return {
        "Timecode": [_written(time) for time in performance.time.tolist()],
        _COUNT: [str(len(named))] * len(performance),
        **{name: values.tolist() for name, values in named.items()},
    }


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]


def _code(table: Table, row: int) -> tuple[int, int, float, float]:
    text = table.columns[TIMECODE][row].strip()
    found = _CODE.fullmatch(text)
    if found is None:
        raise InputError(
            f"{table.name}, line {table.lines[row]}: {text!r} is no time code such as "
            "13:05:59:41.250"
        )
    hours, minutes, seconds, frames = found.groups(default="0")
    return int(hours), int(minutes), float(seconds), float(frames)


def _rate(whole: np.ndarray, frames: np.ndarray) -> int:
    """Frames a second."""
    most = int(frames.max())
    least = most + 1 if (whole.astype(int) != int(whole[0])).any() else max(most + 1, _USUAL_RATE)
    return next((rate for rate in _RATES if rate >= least), least)


def _written(time: float) -> str:
    ticks = round(time * _USUAL_RATE * 1000)  # thousandths of a frame
    seconds, rest = divmod(ticks, _USUAL_RATE * 1000)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{clock}:{rest // 1000:02}.{rest % 1000:03}"
