"""Curves over the frames of a clip as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..heads.expression import ACTIONS
from ..imaging import ImageU8
from .posetrack import PoseTrack

_WIDTH, _PANEL_HEIGHT = 720, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 34, 26
INK, GRID, PAPER = (40, 40, 48), (222, 222, 228), (250, 250, 252)
COLOURS = (
    (31, 119, 180),
    (214, 80, 40),
    (44, 150, 60),
    (148, 90, 190),
    (190, 130, 30),
    (20, 150, 150),
)
_FONT, _SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.38


@dataclass(frozen=True)
class Panel:
    """One diagram: curves of equal length by name. low, high: the least range that is shown."""

    title: str
    curves: Mapping[str, Sequence[float]]
    low: float = 0.0
    high: float = 1.0


def plot(panels: Sequence[Panel]) -> ImageU8:
    """Diagrams below one another, frames from left to right."""
    return np.concatenate([_draw(panel) for panel in panels])


def plot_poses(track: PoseTrack) -> ImageU8:
    """Angles of the head, and the strength of the expression, over the frames of a track."""
    pose = track.pose
    angles = {"yaw": pose.yaw_deg, "pitch": pose.pitch_deg, "roll": pose.roll_deg}
    moving = _expression(track)
    return plot(
        [
            Panel(
                f"head pose of {len(track)} frames, degrees",
                {name: values.tolist() for name, values in angles.items()},
                low=-30,
                high=30,
            ),
            moving,
        ]
    )


def _expression(track: PoseTrack) -> Panel:
    """What moves most in the face, under ARKit's names where the face was read."""
    if track.performance is not None:
        values, names, low = track.performance.coefficients, ACTIONS, 0.0
        title = "movements of the face that change most"
    else:
        # The coefficients of a set's own encoder have no names: none is made up.
        values, names, low = track.pose.expression, (), -0.5
        title = "the set's unnamed expression coefficients that change most"
    moving = values.std(0, correction=0).argsort(descending=True)[: len(COLOURS)].tolist()
    curves = {names[at] if names else f"no. {at}": values[:, at].tolist() for at in moving}
    return Panel(title, curves, low=low)


def _draw(panel: Panel) -> ImageU8:
    canvas = np.full((_PANEL_HEIGHT, _WIDTH, 3), PAPER, np.uint8)
    values = np.concatenate([np.asarray(curve, np.float64) for curve in panel.curves.values()])
    low, high = min(panel.low, values.min()), max(panel.high, values.max())
    width, height = _WIDTH - _LEFT - _RIGHT, _PANEL_HEIGHT - _TOP - _BOTTOM

    def y_of(value: float) -> int:
        return round(_TOP + height * (1 - (value - low) / (high - low)))

    for value in np.linspace(low, high, 4):
        cv2.line(canvas, (_LEFT, y_of(value)), (_WIDTH - _RIGHT, y_of(value)), GRID, 1)
        _write(canvas, f"{value:.4g}", 8, y_of(value) + 4)
    count = max(len(curve) for curve in panel.curves.values())
    _write(canvas, "0", _LEFT, _PANEL_HEIGHT - 8)
    _write(canvas, f"frame {count - 1}", _WIDTH - _RIGHT - 72, _PANEL_HEIGHT - 8)
    _write(canvas, panel.title, _LEFT, 14, size=0.42)
    left = _LEFT
    for colour, (name, curve) in zip(COLOURS, panel.curves.items(), strict=False):
        xs = _LEFT + width * np.arange(len(curve)) / max(count - 1, 1)
        points = np.array([(round(x), y_of(v)) for x, v in zip(xs, curve, strict=True)], np.int32)
        if len(points) == 1:
            cv2.circle(canvas, points[0].tolist(), 3, colour, -1, cv2.LINE_AA)
        cv2.polylines(canvas, [points[:, None]], False, colour, 2, cv2.LINE_AA)
        _write(canvas, name, left, 29, colour=colour)
        left += cv2.getTextSize(name, _FONT, _SIZE, 1)[0][0] + 14
    return canvas


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
