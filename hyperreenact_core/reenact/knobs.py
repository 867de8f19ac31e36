"""What users can turn: one name, range and default at every door. Needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from ..errors import InputError

if TYPE_CHECKING:
    from ..types import Framing


@dataclass(frozen=True)
class Knob:
    """A number that users set. low, high: the least and the greatest, both included."""

    name: str
    low: float
    high: float
    default: float

    def check(self, value: float) -> None:
        """InputError for a value out of range or no number."""
        if not self.low <= value <= self.high:
            raise InputError(f"{self.name} must lie in {self.low:g}..{self.high:g}, it is {value}")


STABILISE = Knob("stabilise", 1, 255, 9)
"""Frames over which the square around the face is smoothed, odd; 1 = not at all."""
TRUNCATION_PSI = Knob("truncation_psi", -1.0, 1.0, -1.0)
"""How much of the face's distance from the mean face is kept; below 0 the model set's own value."""
STRENGTHS = tuple(Knob(name, 0.0, 2.0, 1.0) for name in ("coarse", "middle", "fine"))
"""Factors of the weight deltas of the groups of layers; 1 as trained, 0 none."""
BATCH_SIZE = Knob("batch_size", 0, 256, 0)
"""Frames drawn at once; 0 is automatic."""
DETAIL = Knob("detail", 0.0, 1.0, 1.0)
"""How much of the source's own pixels are carried over; 0 is the generator's picture alone."""
SIZE = Knob("size", 64, 2048, 512)
"""Side of results with detail, pixels."""
CsvLayout = Literal["plain", "live-link"]
"""Columns of a performance as CSV: all there is, or those of Live Link Face."""
CSV_LAYOUTS: tuple[CsvLayout, ...] = get_args(CsvLayout)
MotionMode = Literal["absolute", "relative"]
"""The source takes the driver's very pose and face, or their change since the first frame."""
MOTION_MODES: tuple[MotionMode, ...] = get_args(MotionMode)
Relative = Literal["off", "first", "calmest"]
"""off: the performance as it is. Else its change since the first or the calmest frame, which begins
at the source's own state."""
RELATIVES: tuple[Relative, ...] = get_args(Relative)
LengthRule = Literal["hold", "loop", "shortest", "stretch"]
"""What becomes of two performances of unequal length: the shorter one keeps its last frame or
begins again, the longer one is cut, or the second is stretched to the first."""
LENGTH_RULES: tuple[LengthRule, ...] = get_args(LengthRule)
Transfer = Literal["expression", "lips", "pose", "both"]
"""What footage takes from a driver: what the face does, of that the mouth and jaw alone, how the
head is turned, or face and turn. The rest stays as the footage has it."""
TRANSFERS: tuple[Transfer, ...] = get_args(Transfer)
Sound = Literal["auto", "driving", "source", "none"]
"""Whose sound changed footage has; auto: the driver's if it has any and keeps its pace, else the
footage's."""
SOUNDS: tuple[Sound, ...] = get_args(Sound)
Region = Literal["head", "eyes", "gaze", "brows", "mouth", "jaw"]
"""head: its turn and place. eyes: lids. gaze: where the eyes look. The others as they say."""
REGIONS: tuple[Region, ...] = get_args(Region)
MOTION_FACTOR = Knob("factor", 0.0, 3.0, 1.0)
"""Of what a region of a performance does; 0 the source's own, 1 as performed."""
MOTION_SMOOTH = Knob("smooth", 0.0, 12.0, 0.0)
"""Over how many frames a performance is steadied, standard deviation; 0 = not at all."""
MOTION_SPEED = Knob("speed", 0.05, 20.0, 1.0)
"""How fast a performance is played."""
MOTION_SECONDS = Knob("seconds", 0.0, 3600.0, 0.0)
"""How long one pass of a performance is to last; 0 for what its speed makes of it."""
LOOP_BLEND = Knob("loop_blend", 0, 120, 8)
"""Frames before and after the seam of a loop over which its jump is evened out."""
MIX_WEIGHT = Knob("weight", 0.0, 1.0, 0.0)
"""Which of two performances is followed: 0 the first, 1 the second."""
CROP_SIZE = Knob("crop_size", 0.7, 2.0, 1.0)
"""Side of the square that results show, over that of the crop."""
CROP_OFFSETS = tuple(Knob(name, -0.5, 0.5, 0.0) for name in ("crop_x", "crop_y"))
"""How far its middle is moved to the right and down, in shares of the usual side."""
CROP_ROLL = Knob("crop_roll", -45.0, 45.0, 0.0)
"""Degrees by which what it shows is turned, counter-clockwise."""
BLEND = Knob("amount", 0.0, 1.0, 0.5)
"""How much of the second of two people is taken."""
FEATHER = Knob("feather", 0.0, 1.0, 0.15)
"""Width of the soft border of a face that is pasted back, a share of half the crop's side."""
COLOUR_MATCH = True
"""Whether a face that is pasted back meets the picture's colours."""
KEEP_IN_FRONT = True
"""Whether what lies before the face of a clip stays before the one that is laid over it."""

PUPPET_LIMITS: Mapping[str, tuple[float, float]] = {
    "yaw": (-75.0, 75.0),
    "pitch": (-35.0, 35.0),
    "roll": (-30.0, 30.0),
    **dict.fromkeys(("jaw", "smile", "frown", "pucker", "furrow", "blink"), (0.0, 1.0)),
    "brows": (-0.3, 1.0),
    "gaze_x": (-1.0, 1.0),
    "gaze_y": (-1.0, 1.0),
}
"""Least and greatest value of each slider: what the training heads show."""


def check_stabilise(value: int) -> None:
    """InputError unless odd and in range."""
    STABILISE.check(value)
    if value % 2 == 0:
        raise InputError(f"stabilise must be odd, it is {value}")


def check_framing(framing: Framing) -> None:
    """InputError for numbers out of range."""
    own = (framing.size, framing.x, framing.y, framing.roll_deg)
    for knob, value in zip((CROP_SIZE, *CROP_OFFSETS, CROP_ROLL), own, strict=True):
        knob.check(value)


def chosen_psi(wanted: float | None, of_set: float) -> float:
    """The truncation psi that is meant, 0 to 1; InputError for one that cannot be had.

    wanted: None or below 0 for the set's own, `of_set`.
    """
    if wanted is None:
        return of_set
    TRUNCATION_PSI.check(wanted)
    return of_set if wanted < 0 else wanted
