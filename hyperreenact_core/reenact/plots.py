"""Curves over the frames of a clip as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from torch import Tensor

from ..heads.expression import ACTIONS, columns
from ..imaging import ImageU8
from ..networks.rotation import euler_from_matrix
from .detail.performance import Performance
from .gaze import gaze_angles
from .posetrack import PoseTrack

_WIDTH, _PANEL_HEIGHT = 720, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 34, 26
_NAMES_LEFT, _ROW = 140, 13
"""Of the heat map: where its frames begin, and how high a row is."""
INK, GRID, PAPER = (40, 40, 48), (222, 222, 228), (250, 250, 252)
_UNSEEN = (228, 226, 222)
_COLD, _HOT = (236, 238, 244), (178, 40, 60)
COLOURS = (
    (31, 119, 180),
    (214, 80, 40),
    (44, 150, 60),
    (148, 90, 190),
    (190, 130, 30),
    (20, 150, 150),
)
_FONT, _SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.38
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
    height = _TOP + _ROW * max(len(shown), 1) + 10
    canvas = np.full((height, _WIDTH, 3), PAPER, np.uint8)
    still = len(ACTIONS) - len(shown)
    _write(
        canvas, f"all that moves, 0 to 1 ({still} of {len(ACTIONS)} do not)", _LEFT, 18, size=0.42
    )
    if not shown:
        return canvas
    values = told.coefficients[:, shown].T.numpy()[..., None]  # [rows, frames, 1]
    colours = np.asarray(_COLD) + values * np.subtract(_HOT, _COLD)
    size = (_WIDTH - _NAMES_LEFT - _RIGHT, _ROW * len(shown))
    picture = cv2.resize(colours.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    picture[::_ROW] = PAPER
    canvas[_TOP : _TOP + size[1], _NAMES_LEFT : _NAMES_LEFT + size[0]] = picture
    for row, at in enumerate(shown):
        _write(canvas, ACTIONS[at], 8, _TOP + _ROW * row + 10, size=0.34)
    return canvas


def _plot_unnamed(track: PoseTrack) -> ImageU8:
    pose = track.pose
    if pose is None:
        raise ValueError("a pose track holds poses, or a performance, or both")
    angles = {"yaw": pose.yaw_deg, "pitch": pose.pitch_deg, "roll": pose.roll_deg}
    values = pose.expression
    moving = values.std(0, correction=0).argsort(descending=True)[: len(COLOURS)].tolist()
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
    canvas = np.full((_PANEL_HEIGHT, _WIDTH, 3), PAPER, np.uint8)
    before = panel.before or {}
    shown = [*panel.curves.values(), *before.values()]
    values = np.concatenate([np.asarray(curve, np.float64) for curve in shown])
    low, high = min(panel.low, values.min()), max(panel.high, values.max())
    width, height = _WIDTH - _LEFT - _RIGHT, _PANEL_HEIGHT - _TOP - _BOTTOM

    def y_of(value: float) -> int:
        return round(_TOP + height * (1 - (value - low) / (high - low)))

    def drawn(curve: Sequence[float], colour: tuple[int, ...], *, thickness: int) -> None:
        xs = _LEFT + width * np.arange(len(curve)) / max(len(curve) - 1, 1)
        points = np.array([(round(x), y_of(v)) for x, v in zip(xs, curve, strict=True)], np.int32)
        if len(points) == 1:
            cv2.circle(canvas, points[0].tolist(), 3, colour, -1, cv2.LINE_AA)
        cv2.polylines(canvas, [points[:, None]], False, colour, thickness, cv2.LINE_AA)

    _shade(canvas, panel.unseen, width)
    for value in np.linspace(low, high, 5 if low < 0 < high else 4):
        cv2.line(canvas, (_LEFT, y_of(value)), (_WIDTH - _RIGHT, y_of(value)), GRID, 1)
        _write(canvas, f"{value:.3g}", 8, y_of(value) + 4)
    count = max(len(curve) for curve in panel.curves.values())
    _write(canvas, "0", _LEFT, _PANEL_HEIGHT - 8)
    end = panel.end or f"frame {count - 1}"
    _write(canvas, end, _WIDTH - _RIGHT - 72, _PANEL_HEIGHT - 8)
    _write(canvas, panel.title, _LEFT, 14, size=0.42)
    left = _LEFT
    pairs = list(zip(COLOURS, panel.curves.items(), strict=False))
    for colour, (name, _) in pairs:
        if name in before:
            pale = np.asarray(PAPER) + _PALE * np.subtract(colour, PAPER)
            drawn(before[name], tuple(pale.tolist()), thickness=1)
    for colour, (name, curve) in pairs:
        drawn(curve, colour, thickness=2)
        _write(canvas, name, left, 29, colour=colour)
        left += cv2.getTextSize(name, _FONT, _SIZE, 1)[0][0] + 14
    return canvas


def _shade(canvas: ImageU8, unseen: Sequence[bool], width: int) -> None:
    """Grey where nothing was seen."""
    step = width / max(len(unseen) - 1, 1)
    for at in np.flatnonzero(unseen):
        left, right = (
            round(_LEFT + step * np.clip(at + d, 0, len(unseen) - 1)) for d in (-0.5, 0.5)
        )
        canvas[_TOP : _PANEL_HEIGHT - _BOTTOM, left : right + 1] = _UNSEEN


def _write(
    canvas: ImageU8,
    text: str,
    x: int,
    y: int,
    *,
    size: float = _SIZE,
    colour: tuple[int, int, int] = INK,
) -> None:
    cv2.putText(canvas, text, (x, y), _FONT, size, colour, 1, cv2.LINE_AA)
