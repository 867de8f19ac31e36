"""A performance: a head that looks around, talks, smiles and blinks, as smooth functions of time.

Everything is a function of (seed, seconds), so that frame rate and length change nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .curves import FloatArray, smoothstep
from .parameters import Expression, Pose

MOTION_STREAM = 0x3D
"""Keeps the random numbers of performances apart from those of other uses of the same seed."""

_YAW, _PITCH, _ROLL, _TALK, _SYLLABLE, _LOUDNESS, _MOUTH, _SMILE = range(8)
_FROWN, _BROWS, _ONE_BROW, _FURROW, _BLINK, _GAZE_X, _GAZE_Y, _SHIFT, _TURN = range(8, 17)
"""Numbers of the independent tracks of chance that a performance is made of."""


@dataclass(frozen=True)
class Performance:
    """One actor's improvisation; all methods take seconds >= 0 as an array [T]."""

    seed: int

    def _chance(self, track: int, slot: FloatArray) -> FloatArray:
        """A value in [0, 1) for each numbered slot of time."""
        index = slot.astype(np.int64)
        rng = np.random.default_rng([MOTION_STREAM, self.seed, track])
        return rng.random(int(index.max(initial=0)) + 1)[index]

    def _wander(self, track: int, t: FloatArray, *, period: float) -> FloatArray:
        """Smooth in [-1, 1]: a new value every `period` seconds, eased into."""
        slot = np.floor(t / period)
        start = self._chance(track, slot)
        stop = self._chance(track, slot + 1)
        value = start + (stop - start) * smoothstep(0.0, 1.0, t / period - slot)
        return 2.0 * value - 1.0

    def jaw(self, t: FloatArray) -> FloatArray:
        """Opening of the jaw in [0, 1]: syllables in phrases with pauses between them."""
        talking = smoothstep(-0.45, 0.0, self._wander(_TALK, t, period=0.9))
        pulse = 3.6 * t + 0.45 * self._wander(_SYLLABLE, t, period=0.7)
        syllable = 0.5 - 0.5 * np.cos(2 * np.pi * pulse)
        loudness = 0.55 + 0.35 * self._wander(_LOUDNESS, t, period=0.4)
        return np.clip(talking * syllable * loudness, 0.0, 1.0)

    def yaw_deg(self, t: FloatArray) -> FloatArray:
        """Sweeps to about 70 degrees on both sides, slower near the front."""
        side = 1.0 if self._chance(_TURN, np.zeros(1))[0] < 0.5 else -1.0
        swing = np.sin(2 * np.pi * t / 7.6)
        return side * 66 * swing * np.abs(swing) ** 0.25 + 5 * self._wander(_YAW, t, period=1.3)

    def blink(self, t: FloatArray) -> FloatArray:
        """Closing of the lids in [0, 1]: one blink of a third of a second every few seconds."""
        slot_seconds, half = 2.6, 0.16
        slot = np.floor(t / slot_seconds)
        # Blinks keep clear of the ends of their slot, so that only one slot matters at a time.
        moment = (slot + 0.1 + 0.8 * self._chance(_BLINK, slot)) * slot_seconds
        return 1.0 - smoothstep(0.25, 1.0, np.abs(t - moment) / half)

    def _held(self, track: int, t: FloatArray, *, period: float, ease: float) -> FloatArray:
        """In [-1, 1], held still and changed within `ease` of each period: how eyes move."""
        slot = np.floor(t / period)
        start, stop = self._chance(track, slot), self._chance(track, slot + 1)
        step = smoothstep(1.0 - ease, 1.0, t / period - slot)
        return 2.0 * (start + (stop - start) * step) - 1.0

    def expressions(self, t: FloatArray) -> list[Expression]:
        """One expression a moment."""
        jaw = self.jaw(t)
        mood = self._wander(_SMILE, t, period=2.3)
        frown = 0.8 * smoothstep(0.55, 1.0, self._wander(_FROWN, t, period=2.9)) * (mood < 0)
        brows = self._wander(_BROWS, t, period=1.1)
        brows = 0.85 * smoothstep(0.1, 0.9, brows) - 0.2 * smoothstep(-0.3, -1.0, brows)
        single = 0.5 * smoothstep(0.6, 1.0, self._wander(_ONE_BROW, t, period=1.7))
        pucker = 0.7 * smoothstep(0.25, 1.0, self._wander(_MOUTH, t, period=0.55)) * (mood < 0.2)
        # Eyes lag behind the head toward whoever they talk to.
        gaze_x = 0.55 * self._held(_GAZE_X, t, period=1.25, ease=0.09)
        gaze_x = gaze_x - 0.4 * self.yaw_deg(t) / 70
        blink = self.blink(t)
        columns = {
            "jaw": jaw,
            "smile": 0.95 * smoothstep(0.0, 0.9, mood),
            "frown": frown * smoothstep(0.0, -0.3, mood),
            "pucker": pucker * smoothstep(0.2, -0.1, mood),
            "brow_left": brows + single,
            "brow_right": brows,
            "furrow": 0.9 * smoothstep(0.5, 1.0, self._wander(_FURROW, t, period=2.1)),
            "blink_left": blink,
            "blink_right": blink,
            "gaze_x": np.clip(gaze_x, -1, 1),
            "gaze_y": 0.35 * self._held(_GAZE_Y, t, period=1.7, ease=0.07),
            "mouth_side": 0.35 * self._wander(_SHIFT, t, period=1.9),
        }
        rows = zip(*(values.tolist() for values in columns.values()), strict=True)
        return [Expression(**dict(zip(columns, row, strict=True))) for row in rows]

    def poses(self, t: FloatArray) -> list[Pose]:
        """One pose a moment; nods go with the syllables a little."""
        pitch = 15 * self._wander(_PITCH, t, period=1.5) + 2.5 * self.jaw(t)
        pitch = pitch + 6 * np.sin(2 * np.pi * t / 11.3)
        roll = 11 * self._wander(_ROLL, t, period=1.8)
        rows = zip(self.yaw_deg(t).tolist(), pitch.tolist(), roll.tolist(), strict=True)
        return [Pose(yaw_deg=yaw, pitch_deg=p, roll_deg=r) for yaw, p, r in rows]


def driving_motion(seed: int, *, frames: int, fps: float) -> Iterator[tuple[Pose, Expression]]:
    """Pose and expression of each frame; deterministic, the speed does not depend on fps."""
    times = np.arange(frames) / fps
    performance = Performance(seed)
    yield from zip(performance.poses(times), performance.expressions(times), strict=True)
