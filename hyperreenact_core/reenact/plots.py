"""Curves over the frames of a clip as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from torch import Tensor

from ..charts import COLOURS, GRID, PAPER, Colour, Pen, levels
from ..heads.expression import ACTIONS, columns
from ..imaging import ImageU8
from ..networks.rotation import euler_from_matrix
from .detail.performance import Performance
from .gaze import gaze_angles
from .posetrack import PoseTrack

_WIDTH, _PANEL_HEIGHT = 720, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 140, 16, 34, 26
"""Frames begin and end at the same places in curves and heat: what happens at once is one below the
other."""
_ROW = 13
"""How high a row of the heat map is."""
_UNSEEN = (228, 226, 222)
_COLD, _HOT = (236, 238, 244), (178, 40, 60)
_CURVES = 6
"""Of the coefficients without names, so many."""
_PALE = 0.45
"""How much is left of the colour of what was there before."""
_LIDS_AND_BROWS = {
    "left lid closed": ("eyeBlinkLeft",),
    "right lid closed": ("eyeBlinkRight",),
    "brows up": ("browInnerUp", "browOuterUp"),
    "brows down": ("browDown",),
}
_MOUTH = {
    "jaw open": ("jawOpen",),
    "smile": ("mouthSmile",),
    "frown": ("mouthFrown",),
    "pucker": ("mouthPucker", "mouthFunnel"),
}
"""Curve -> actions of which the strongest is shown, both sides by their mean."""
_MOVES = 0.05
"""What never gets so far is left out of the heat map."""


@dataclass(frozen=True)
class Panel:
    """One diagram: curves of equal length by name. low, high: the least range that is shown.

    before: earlier states of some curves, thin behind them. unseen: of every frame whether nothing
    was seen there, shown grey. end: what stands below the last frame, its number if None.
    """

    title: str
    curves: Mapping[str, Sequence[float]]
    low: float = 0.0
    high: float = 1.0
    before: Mapping[str, Sequence[float]] | None = None
    unseen: Sequence[bool] = ()
    end: str | None = None


def plot(panels: Sequence[Panel]) -> ImageU8:
    """Diagrams below one another, frames from left to right."""
    return np.concatenate([_draw(panel) for panel in panels])


def plot_poses(track: PoseTrack, before: PoseTrack | None = None) -> ImageU8:
    """What a head does over the frames of a track: twelve curves that matter, the rest as heat.

    before: what the track was made from, drawn thin behind it, over the same length of time. Grey
    frames showed no face. A track without a performance shows the head's angles and what moves most
    among the set's unnamed coefficients.
    """
    if track.performance is None:
        return _plot_unnamed(track)
    told = track.performance
    earlier = None if before is None else before.performance
    panels = _panels(told)
    if earlier is not None:
        panels = [
            replace(now, before=was.curves)
            for now, was in zip(panels, _panels(earlier), strict=True)
        ]
    return np.concatenate([plot(panels), _heat(told)])


def _panels(told: Performance) -> list[Panel]:
    yaw, pitch, roll = euler_from_matrix(told.rotation)
    aside, down = torch.rad2deg(gaze_angles(told.gaze)).mean(1).unbind(1)
    unseen = (told.confidence <= 0).tolist()
    end = f"{float(told.time[-1]):.2f} s"
    title = f"head, degrees: + right, down, counter-clockwise ({len(told)} frames)"
    groups = [
        (title, {"yaw": yaw, "pitch": pitch, "roll": roll}, -30, 30),
        ("eyes in the head, degrees: + right, down", {"aside": aside, "down": down}, -24, 24),
        ("lids and brows", _named(told, _LIDS_AND_BROWS), 0, 1),
        ("mouth and jaw", _named(told, _MOUTH), 0, 1),
    ]
    return [
        Panel(
            title,
            {name: values.tolist() for name, values in curves.items()},
            low=low,
            high=high,
            unseen=unseen,
            end=end,
        )
        for title, curves, low, high in groups
    ]


def _named(told: Performance, curves: Mapping[str, Sequence[str]]) -> dict[str, Tensor]:
    return {
        name: torch.stack(
            [told.coefficients[:, columns(action)].mean(1) for action in actions]
        ).amax(0)
        for name, actions in curves.items()
    }


def _heat(told: Performance) -> ImageU8:
    """Every coefficient that moves, a row each."""
    shown = [at for at in range(len(ACTIONS)) if float(told.coefficients[:, at].max()) >= _MOVES]
    pen = Pen(_WIDTH, _TOP + _ROW * max(len(shown), 1) + 10)
    still = len(ACTIONS) - len(shown)
    title = f"all that moves, 0 to 1 ({still} of {len(ACTIONS)} do not)"
    pen.write((_LEFT, 14), title, anchor="lm", size=13)
    for row, at in enumerate(shown):
        pen.write((_LEFT - 8, _TOP + _ROW * (row + 0.5)), ACTIONS[at], anchor="rm")
    canvas = pen.picture()
    if not shown:
        return canvas
    values = told.coefficients[:, shown].T.numpy()[..., None]  # [rows, frames, 1]
    colours = np.asarray(_COLD) + values * np.subtract(_HOT, _COLD)
    size = (_WIDTH - _LEFT - _RIGHT, _ROW * len(shown))
    picture = cv2.resize(colours.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    picture[::_ROW] = PAPER
    canvas[_TOP : _TOP + size[1], _LEFT : _LEFT + size[0]] = picture
    return canvas


def _plot_unnamed(track: PoseTrack) -> ImageU8:
    pose = track.pose
    if pose is None:
        raise ValueError("a pose track holds poses, or a performance, or both")
    angles = {"yaw": pose.yaw_deg, "pitch": pose.pitch_deg, "roll": pose.roll_deg}
    values = pose.expression
    moving = values.std(0, correction=0).argsort(descending=True)[:_CURVES].tolist()
    return plot(
        [
            Panel(
                f"head pose of {len(track)} frames, degrees",
                {name: angle.tolist() for name, angle in angles.items()},
                low=-30,
                high=30,
            ),
            # The coefficients of a set's own encoder have no names: none is made up.
            Panel(
                "the set's unnamed expression coefficients that change most",
                {f"no. {at}": values[:, at].tolist() for at in moving},
                low=-0.5,
            ),
        ]
    )


def _draw(panel: Panel) -> ImageU8:
    pen, before = Pen(_WIDTH, _PANEL_HEIGHT), panel.before or {}
    shown = [*panel.curves.values(), *before.values()]
    marks = levels([panel.low, panel.high, *(value for curve in shown for value in curve)])
    low, high = marks[0], marks[-1]
    right, bottom = _WIDTH - _RIGHT, _PANEL_HEIGHT - _BOTTOM

    def y_of(value: float) -> float:
        return bottom - (bottom - _TOP) * (value - low) / (high - low)

    def drawn(curve: Sequence[float], colour: Colour, *, width: float) -> None:
        step = (right - _LEFT) / max(len(curve) - 1, 1)
        points = [(_LEFT + step * at, y_of(value)) for at, value in enumerate(curve)]
        if len(points) == 1:
            pen.dot(points[0], colour)
        pen.line(points, colour, width)

    _shade(pen, panel.unseen)
    for value in marks:
        pen.line([(_LEFT, y_of(value)), (right, y_of(value))], GRID, 1)
        pen.write((_LEFT - 6, y_of(value)), f"{value:g}", anchor="rm")
    count = max(len(curve) for curve in panel.curves.values())
    pen.write((_LEFT, bottom + 7), "0", anchor="mt")
    pen.write((right, bottom + 7), panel.end or f"frame {count - 1}", anchor="rt")
    pen.write((_LEFT, 10), panel.title, anchor="lm", size=13)
    pairs = list(zip(COLOURS, panel.curves.items(), strict=False))
    for colour, (name, _) in pairs:
        if name in before:
            drawn(before[name], _pale(colour), width=1.5)
    left = float(_LEFT)
    for colour, (name, curve) in pairs:
        drawn(curve, colour, width=2)
        left += pen.write((left, 25), name, anchor="lm", colour=colour) + 14
    return pen.picture()


def _pale(colour: Colour) -> Colour:
    red, green, blue = (
        round(paper + _PALE * (ink - paper)) for ink, paper in zip(colour, PAPER, strict=True)
    )
    return red, green, blue


def _shade(pen: Pen, unseen: Sequence[bool]) -> None:
    """Grey where nothing was seen."""
    last = max(len(unseen) - 1, 1)
    step = (_WIDTH - _LEFT - _RIGHT) / last
    for at in np.flatnonzero(unseen).tolist():
        left, right = (_LEFT + step * min(max(at + d, 0), last) for d in (-0.5, 0.5))
        pen.box((left, _TOP), (right, _PANEL_HEIGHT - _BOTTOM), _UNSEEN)
