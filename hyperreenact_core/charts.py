"""Diagrams as pictures: one pen, one palette, round numbers at the axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .imaging import ImageU8

_SCALE = 2
"""Drawn larger and reduced at the end, which smooths the lines."""
_WIDTH, _HEIGHT = 480, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 30, 44
_LEGEND_LINE, _LEGEND_COLUMN = 18, 190
Colour = tuple[int, int, int]
INK, GRID, PAPER = (40, 40, 48), (222, 222, 228), (250, 250, 252)
COLOURS: tuple[Colour, ...] = (
    (31, 119, 180),
    (214, 80, 40),
    (44, 150, 60),
    (148, 90, 190),
    (190, 130, 30),
    (20, 150, 150),
    (200, 60, 130),
    (110, 110, 120),
    (120, 70, 40),
    (90, 160, 220),
    (150, 170, 20),
    (10, 60, 110),
)

Point = tuple[float, float]


@dataclass(frozen=True)
class Chart:
    """One diagram.

    x: place of each value of a line. ticks: numbers along the x axis, its ends included.
    lines: name -> values, as long as x; None leaves a gap. The value axis fits them all.
    """

    title: str
    x_title: str
    x: Sequence[float]
    ticks: Sequence[float]
    lines: Mapping[str, Sequence[float | None]]


def draw_charts(charts: Sequence[Chart], *, columns: int) -> ImageU8:
    """Charts in rows of `columns`, and below them what the colours mean."""
    names = list(dict.fromkeys(name for chart in charts for name in chart.lines))
    colours = {name: COLOURS[at % len(COLOURS)] for at, name in enumerate(names)}
    rows = -(-len(charts) // columns)
    in_a_line = max(1, columns * _WIDTH // _LEGEND_COLUMN)
    legend = _LEGEND_LINE * -(-len(names) // in_a_line) + 8
    pen = Pen(columns * _WIDTH, rows * _HEIGHT + legend)
    for at, chart in enumerate(charts):
        corner = (at % columns * _WIDTH, at // columns * _HEIGHT)
        _draw(pen, chart, corner=corner, colours=colours)
    for at, name in enumerate(names):
        x = _LEFT + at % in_a_line * _LEGEND_COLUMN
        y = rows * _HEIGHT + at // in_a_line * _LEGEND_LINE + _LEGEND_LINE / 2
        pen.line([(x, y), (x + 22, y)], colours[name])
        pen.dot((x + 11, y), colours[name])
        pen.write((x + 28, y), name, anchor="lm")
    return pen.picture()


class Pen:
    """Draws in pixels of the finished picture, which is paper at first."""

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._canvas = Image.new("RGB", (width * _SCALE, height * _SCALE), PAPER)
        self._draw = ImageDraw.Draw(self._canvas)
        self._fonts = {size: ImageFont.load_default(size * _SCALE) for size in (11, 13)}

    def picture(self) -> ImageU8:
        """[height, width, 3]."""
        return np.array(self._canvas.resize(self._size, Image.Resampling.LANCZOS))

    def line(self, points: Sequence[Point], colour: Colour, width: float = 2) -> None:
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        self._draw.line(scaled, fill=colour, width=round(width * _SCALE), joint="curve")

    def box(self, low: Point, high: Point, colour: Colour) -> None:
        """Filled, between two corners."""
        corners = [(low[0] * _SCALE, low[1] * _SCALE), (high[0] * _SCALE - 1, high[1] * _SCALE - 1)]
        self._draw.rectangle(corners, fill=colour)

    def dot(self, place: Point, colour: Colour) -> None:
        x, y, radius = place[0] * _SCALE, place[1] * _SCALE, 3 * _SCALE
        self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def write(
        self, place: Point, text: str, *, anchor: str, size: int = 11, colour: Colour = INK
    ) -> float:
        """Returns how wide the text is.

        anchor: as in Pillow, such as "lm": the place is the middle of the left end.
        """
        at, font = (place[0] * _SCALE, place[1] * _SCALE), self._fonts[size]
        self._draw.text(at, text, fill=colour, font=font, anchor=anchor)
        return font.getlength(text) / _SCALE


def _draw(
    pen: Pen,
    chart: Chart,
    *,
    corner: tuple[int, int],
    colours: Mapping[str, Colour],
) -> None:
    left, right = corner[0] + _LEFT, corner[0] + _WIDTH - _RIGHT
    top, bottom = corner[1] + _TOP, corner[1] + _HEIGHT - _BOTTOM
    first, last = chart.ticks[0], chart.ticks[-1]
    marks = levels([v for line in chart.lines.values() for v in line if v is not None])
    low, high = marks[0], marks[-1]

    def place(x: float, value: float) -> Point:
        across, up = (x - first) / (last - first), (value - low) / (high - low)
        return left + across * (right - left), bottom - up * (bottom - top)

    for level in marks:
        y = place(first, level)[1]
        pen.line([(left, y), (right, y)], GRID, 1)
        pen.write((left - 6, y), f"{level:g}", anchor="rm")
    for tick in chart.ticks:
        pen.write((place(tick, low)[0], bottom + 5), f"{tick:g}", anchor="mt")
    pen.write((corner[0] + 10, corner[1] + 14), chart.title, anchor="lm", size=13)
    pen.write((left, corner[1] + _HEIGHT - 16), chart.x_title, anchor="lm")
    for name, line in chart.lines.items():
        points = [
            None if value is None else place(x, value)
            for x, value in zip(chart.x, line, strict=True)
        ]
        for begin, end in pairwise(points):
            if begin is not None and end is not None:
                pen.line([begin, end], colours[name])
        if len(points) <= _MOST_DOTS:
            for point in points:
                if point is not None:
                    pen.dot(point, colours[name])


_MOST_DOTS = 12
"""Lines with more values are drawn without dots."""


def levels(values: Sequence[float]) -> list[float]:
    """Four to seven round numbers that enclose all values."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    spread = max(high - low, abs(high) * 1e-3, 1e-6)
    magnitude = 10 ** np.floor(np.log10(spread / 4))
    step = next(m * magnitude for m in (1, 2, 2.5, 5, 10) if spread / (m * magnitude) <= 5)
    first, last = int(np.floor(low / step)), int(np.ceil(high / step))
    return [float(round(number * step, 10)) for number in range(first, max(last, first + 1) + 1)]
