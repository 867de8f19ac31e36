"""What stands and hangs in a room; every thing is drawn at a place x of the board."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from .scenery import Floats, Sketch, boxes, ellipses, noise
from .scenery_colours import pick, ramp, shades

_MOTIFS = ("sky", "leaf", "skin", "vivid", "sand", "hair", "dark", "autumn")


def window(sketch: Sketch, rng: Generator, x: float) -> None:
    wide, y0, y1 = rng.uniform(0.25, 0.6), rng.uniform(-0.25, 0.2), rng.uniform(0.5, 0.95)
    glow, rim = rng.uniform(0.08, 0.28), rng.uniform(0.015, 0.03)
    frame = pick(rng, rng.choice(["snow", "snow", "wood", "dark"]))[0]
    sketch.polygons(boxes(x - rim, y0 - rim, x + wide + rim, y1 + rim), frame)
    sky = pick(rng, "sky", 2)
    pane = boxes(x, y0, x + wide, y1)[0]
    if rng.random() < 0.4:
        sketch.polygons(pane[None], sky[0], glow=glow)
    else:  # greenery or houses under a sky
        outside = np.concatenate([ramp(rng, rng.choice(["leaf", "brick", "stone"])), sky])
        rise = np.linspace(rng.uniform(0.5, 3), -rng.uniform(0.5, 3), sketch.size)[:, None]
        field = noise(sketch.size, rng, cells=6, octaves=4) + rise
        sketch.texture(field * 0.7, outside, inside=pane, glow=glow)
    columns, rows = rng.integers(1, 4), rng.integers(1, 4)
    bars = x + wide * np.arange(1, columns) / columns
    sketch.polygons(boxes(bars - 0.009, y0, bars + 0.009, y1), frame)
    bars = y0 + (y1 - y0) * np.arange(1, rows) / rows
    sketch.polygons(boxes(x, bars - 0.007, x + wide, bars + 0.007), frame)
    if rng.random() < 0.3:  # blinds
        slats = np.arange(y0, y1, rng.uniform(0.015, 0.04))
        blind = boxes(x, slats, x + wide, slats + (slats[1] - slats[0]) * rng.uniform(0.3, 0.8))
        sketch.polygons(blind, pick(rng, "wall")[0])


def door(sketch: Sketch, rng: Generator, x: float) -> None:
    wide, y0 = rng.uniform(0.35, 0.55), rng.uniform(-0.25, 0.15)
    frame, leaf = (
        pick(rng, rng.choice(["snow", "wood"]))[0],
        pick(rng, rng.choice(["wall", "wood"]))[0],
    )
    sketch.polygons(boxes(x - 0.04, y0 - 0.04, x + wide + 0.04, 1.3), frame)
    if rng.random() < 0.4:  # it stands open
        leaf = leaf * rng.uniform(0.1, 0.4)
    sketch.polygons(boxes(x, y0, x + wide, 1.3), leaf)
    edges = x + wide * np.array([0.14, 0.54])
    panel = boxes(
        edges, np.array([[y0 + 0.08], [y0 + 0.6]]), edges + wide * 0.32, [[y0 + 0.5], [y0 + 1.1]]
    )
    sketch.polygons(panel, leaf * 0.8)
    sketch.polygons(panel + 0.008, leaf * 0.97)


def curtain(sketch: Sketch, rng: Generator, x: float) -> None:
    cloth, folds = pick(rng, rng.choice(["cloth", "wall", "skin"]))[0], int(rng.integers(6, 30))
    edges = x + np.cumsum(rng.uniform(0.4, 1.6, folds)) * rng.uniform(0.2, 0.7) / folds
    light = 0.8 + 0.25 * np.sin(np.arange(folds) * rng.uniform(0.8, 2.4))
    light *= np.exp(rng.normal(0, 0.08, folds))
    width = np.diff(edges, append=edges[-1] + 0.02) + 0.004
    strips = boxes(edges, -0.3, edges + width, rng.uniform(0.8, 1.3))
    strips[:, 2:, 0] += rng.normal(0, 0.02)
    glow = rng.uniform(0.03, 0.12) * (rng.random() < 0.3)
    sketch.polygons(strips, np.clip(cloth * light[:, None], 0, 255), glow=glow)


def shelf(sketch: Sketch, rng: Generator, x: float) -> None:
    wood, wide = pick(rng, rng.choice(["wood", "wall", "dark"]))[0], rng.uniform(0.25, 0.8)
    y = rng.uniform(0.0, 0.4) if rng.random() < 0.6 else -0.3
    step, rows = rng.uniform(0.18, 0.34), int(rng.integers(1, 7))
    if y < 0 or rng.random() < 0.4:
        sketch.polygons(boxes(x - 0.02, y, x + wide + 0.02, y + step * rows), wood * 0.45)
    for row in range(rows):
        base = y + step * (row + 1) - 0.02
        if rng.random() < 0.65:
            books(sketch, rng, x, x + wide * rng.uniform(0.5, 1), base - step + 0.04, base)
        else:
            bottles(sketch, rng, x, x + wide, base, int(rng.integers(1, 8)))
        sketch.polygons(boxes(x - 0.02, base, x + wide + 0.02, base + 0.02), wood)


def books(sketch: Sketch, rng: Generator, x0: float, x1: float, y0: float, y1: float) -> None:
    """Spines side by side, now and then a gap or a leaning one, with bands and lettering."""
    count = int((x1 - x0) / rng.uniform(0.018, 0.045)) + 2
    wide = rng.lognormal(0, 0.35, count)
    edges = x0 + np.concatenate([[0], np.cumsum(wide)]) * (x1 - x0) / wide.sum()
    left, right = edges[:-1], edges[1:] - 0.001
    kept = rng.random(count) < rng.uniform(0.75, 1.0)
    top = y0 + (y1 - y0) * rng.beta(1.2, 3, count)
    spines = boxes(left, top, right, y1)
    spines[:, :2, 0] += (rng.normal(0, 0.02, count) * (rng.random(count) < 0.06))[:, None]
    tints = pick(rng, "book", count) * rng.uniform(0.5, 1)
    sketch.polygons(spines[kept], tints[kept], uneven=20)
    marked = kept & (rng.random(count) < 0.6)
    high, width = (y1 - top)[marked], (right - left)[marked]
    band = top[marked] + high * rng.uniform(0.1, 0.6, len(high))
    ink = pick(rng, "paper", len(high)) * np.where(tints[marked].sum(1) > 380, 0.2, 0.95)[:, None]
    lettering = boxes(
        left[marked] + 0.25 * width, band, right[marked] - 0.25 * width, band + high * 0.25
    )
    sketch.polygons(lettering, ink * 0.6 + tints[marked] * 0.4)


def bottles(sketch: Sketch, rng: Generator, x0: float, x1: float, base: float, count: int) -> None:
    """Jars, cups, vases and bottles on a line."""
    x, wide = rng.uniform(x0, x1, count), rng.uniform(0.02, 0.07, count)
    high = rng.uniform(0.03, 0.17, count)
    families = rng.choice(["vivid", "skin", "stone", "leaf", "paper", "brick"], count)
    tints = (
        np.concatenate([pick(rng, family) for family in families]) if count else np.zeros((0, 3))
    )
    tints *= rng.uniform(0.4, 1, (count, 1))
    sketch.polygons(boxes(x, base - high, x + wide, base), tints)
    sketch.polygons(
        boxes(x + wide * 0.35, base - high * 1.4, x + wide * 0.65, base - high), tints * 0.8
    )
    sketch.polygons(
        boxes(x + wide * 0.12, base - high * 0.9, x + wide * 0.24, base - high * 0.2),
        np.clip(tints * 1.5 + 30, 0, 255),
    )


def lamp(sketch: Sketch, rng: Generator, x: float) -> None:
    y, wide, high = rng.uniform(0.0, 0.7), rng.uniform(0.06, 0.16), rng.uniform(0.08, 0.2)
    cord = (
        boxes(x - 0.005, -0.3, x + 0.005, y)
        if rng.random() < 0.4
        else boxes(x - 0.01, y, x + 0.01, 1.3)
    )
    sketch.polygons(cord, pick(rng, "dark")[0])
    top = wide * rng.uniform(0.4, 1)
    shade = np.array([[x - top, y], [x + top, y], [x + wide, y + high], [x - wide, y + high]])
    sketch.polygons(shade[None], pick(rng, "warm")[0], glow=rng.uniform(0.1, 0.4))


def frames(sketch: Sketch, rng: Generator, x: float) -> None:
    """Pictures on a wall: a mount, and colours in it that mean nothing."""
    count = int(rng.integers(1, 5))
    x0, y0 = x + rng.uniform(0, 0.5, count), rng.uniform(-0.1, 0.6, count)
    wide, high = rng.uniform(0.1, 0.4, (2, count))
    rim = rng.uniform(0.008, 0.025)
    frame = pick(rng, rng.choice(["wood", "dark", "snow", "brick"]))[0]
    for i in range(count):
        a, b, c, d = x0[i], y0[i], x0[i] + wide[i], y0[i] + high[i]
        sketch.polygons(boxes(a, b, c, d), frame)
        sketch.polygons(boxes(a + rim, b + rim, c - rim, d - rim), pick(rng, "paper")[0])
        mount = rim + rng.uniform(0, 0.25) * min(c - a - 2 * rim, d - b - 2 * rim)
        inner, palette = (a + mount, b + mount, c - mount, d - mount), rng.choice(_MOTIFS)
        if rng.random() < 0.6:
            field = noise(sketch.size, rng, cells=10, octaves=4, stretch=rng.uniform(0.5, 4))
            sketch.texture(field, pick(rng, palette, 4), inside=boxes(*inner)[0])
            continue
        cut = np.append(0, np.sort(rng.random(int(rng.integers(1, 9))))) * (d - b - 2 * mount)
        bands = boxes(inner[0], inner[1] + cut, inner[2], inner[3])
        sketch.polygons(bands, pick(rng, palette, len(cut)), uneven=0)


def plant(sketch: Sketch, rng: Generator, x: float) -> None:
    """A fan of leaves out of a pot."""
    base, count = rng.uniform(0.5, 1.1), int(rng.integers(12, 60))
    sketch.polygons(boxes(x - 0.07, base, x + 0.07, base + 0.16), pick(rng, "brick")[0])
    turn = rng.normal(-np.pi / 2, rng.uniform(0.4, 0.9), count)
    reach = rng.uniform(0.08, 0.4, count)
    along = np.linspace(0, 1, 5)[:, None]
    way = np.stack([np.cos(turn), np.sin(turn)], -1)[:, None] * reach[:, None, None]
    sag = np.array([0, 1]) * along**2 * (0.6 * reach)[:, None, None]
    paths = np.array([x, base]) + along * way + sag
    tints = pick(rng, "leaf", count)
    sketch.ribbons(paths, tints * 0.8, 0.008)
    tips = paths[:, 3:].mean(1)
    radii = np.stack([reach * 0.3, reach * rng.uniform(0.06, 0.2, count)], -1)
    sketch.polygons(ellipses(tips, radii, turn=turn, corners=10), tints)


def cabinet(sketch: Sketch, rng: Generator, x: float) -> None:
    edges = x + np.arange(rng.integers(2, 5)) * rng.uniform(0.15, 0.35)
    top = rng.uniform(0.35, 0.9)
    doors(sketch, rng, edges, top, top + rng.uniform(0.2, 0.8), pick(rng, "wood")[0])
    bottles(sketch, rng, x, edges[-1], top, int(rng.integers(0, 6)))


def doors(
    sketch: Sketch, rng: Generator, edges: Floats, y0: float, y1: float, colour: Floats
) -> None:
    """A row of cupboard doors between the edges [K], with handles."""
    left, right = edges[:-1], edges[1:]
    sketch.polygons(boxes(left, y0, right, y1), colour * 0.55)
    sketch.polygons(
        boxes(left + 0.004, y0, right - 0.004, y1 - 0.006),
        shades(rng, colour, len(left), spread=0.04),
    )
    inner = boxes(left + 0.04, y0 + 0.04, right - 0.04, y1 - 0.045)
    if rng.random() < 0.5:
        sketch.polygons(inner, colour * 0.8)
        sketch.polygons(inner + 0.006, colour * 0.95)
    metal, y = pick(rng, "stone")[0], y0 + (y1 - y0) * rng.uniform(0.1, 0.9)
    sketch.polygons(boxes(right - 0.03, y - 0.03, right - 0.022, y + 0.03), metal)


def clothes(sketch: Sketch, rng: Generator, x: float) -> None:
    """Coats, scarves or towels that hang from a rail; some in the colours of skin and hair."""
    count, y = int(rng.integers(2, 10)), rng.uniform(0, 0.45)
    tops = x + np.arange(count) * rng.uniform(0.03, 0.09)
    sketch.polygons(boxes(x - 0.1, y - 0.012, tops[-1] + 0.15, y), pick(rng, "stone")[0])
    for top in tops:
        cloth = pick(rng, rng.choice(["cloth", "cloth", "skin", "hair", "vivid"]))[0]
        wide, long = rng.uniform(0.04, 0.1), rng.uniform(0.2, 0.7)
        shape = np.array(
            [
                [top, y],
                [top + wide, y + 0.06],
                [top + wide * 1.3, y + long],
                [top - wide * 0.6, y + long],
                [top - wide * 0.4, y + 0.06],
            ]
        )
        sketch.polygons(shape[None], cloth)
        sketch.polygons(boxes(top + wide * 0.2, y + 0.05, top + wide * 0.4, y + long), cloth * 0.7)


def sofa(sketch: Sketch, rng: Generator, x: float) -> None:
    """A couch or headboard behind the sitter, with cushions."""
    cloth, y = pick(rng, rng.choice(["cloth", "skin", "wood"]))[0], rng.uniform(0.55, 0.95)
    centre = np.array([[x + 0.3, y + 0.4]])
    sketch.polygons(ellipses(centre, np.array([[rng.uniform(0.3, 0.8), 0.4]]), corners=24), cloth)
    count = int(rng.integers(0, 4))
    cushions = np.stack([rng.uniform(x - 0.1, x + 0.7, count), np.full(count, y + 0.12)], -1)
    radii = np.full((count, 2), rng.uniform(0.08, 0.16))
    sketch.polygons(
        ellipses(cushions, radii, turn=rng.uniform(0, 2), corners=4), pick(rng, "cloth", count)
    )


def mirror(sketch: Sketch, rng: Generator, x: float) -> None:
    """A round mirror, clock or plate: a rim and an inside, sometimes in the colours of skin."""
    centre, radius = np.array([[x, rng.uniform(0, 0.7)]]), rng.uniform(0.06, 0.25)
    radii = radius * np.array([[1, rng.uniform(0.8, 1.3)]])
    sketch.polygons(
        ellipses(centre, radii, corners=32), pick(rng, rng.choice(["wood", "dark", "stone"]))[0]
    )
    inside = pick(rng, rng.choice(["sky", "wall", "skin", "paper"]))[0]
    sketch.polygons(ellipses(centre, radii * 0.88, corners=32), inside)


def screen(sketch: Sketch, rng: Generator, x: float) -> None:
    """A monitor with windows and lines of text on it."""
    wide, y = rng.uniform(0.3, 0.7), rng.uniform(0.1, 0.7)
    high, glow = wide * rng.uniform(0.5, 0.65), rng.uniform(0.05, 0.16)
    sketch.polygons(
        boxes(x - 0.015, y - 0.015, x + wide + 0.015, y + high + 0.02), pick(rng, "dark")[0]
    )
    sketch.polygons(
        boxes(x, y, x + wide, y + high), pick(rng, "sky")[0] * rng.uniform(0.2, 1), glow=glow
    )
    for _ in range(rng.integers(1, 5)):
        a, b = rng.uniform(x, x + wide * 0.7), rng.uniform(y, y + high * 0.7)
        c, d = rng.uniform(a, x + wide), rng.uniform(b, y + high)
        sketch.polygons(
            boxes(a, b, c, d), pick(rng, rng.choice(["paper", "vivid", "dark"]))[0], glow=glow
        )
        lines = np.arange(b, d - 0.01, 0.018)
        ends = a + (c - a) * rng.uniform(0.3, 0.95, len(lines))
        sketch.polygons(boxes(a + 0.008, lines + 0.005, ends, lines + 0.01), pick(rng, "stone")[0])


def notes(sketch: Sketch, rng: Generator, x: float) -> None:
    """A board with sheets of paper and coloured notes."""
    count, size = int(rng.integers(3, 24)), rng.uniform(0.04, 0.14)
    sketch.polygons(
        boxes(x, 0.05, x + 0.6, 0.65), pick(rng, rng.choice(["sand", "snow", "wood"]))[0]
    )
    a, b = rng.uniform(x, x + 0.55, count), rng.uniform(0.06, 0.55, count)
    sheets = boxes(a, b, a + size, b + size * rng.uniform(0.8, 1.5))
    sketch.polygons(sheets, pick(rng, rng.choice(["paper", "vivid"]), count))
    line = np.arange(1, 6)[:, None] * size * 0.15
    sketch.polygons(
        boxes(
            a + 0.1 * size,
            b + line,
            a + size * rng.uniform(0.4, 0.9, count),
            b + line + 0.05 * size,
        ),
        pick(rng, "dark")[0],
    )
