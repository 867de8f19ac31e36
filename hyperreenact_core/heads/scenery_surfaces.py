"""Painters of plain surroundings: studio backdrops, walls, cloth, abstract shapes and clutter."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from .scenery import Sketch, boxes, ellipses, grid, noise
from .scenery_colours import pick, ramp, shades


def backdrop(sketch: Sketch, rng: Generator) -> None:
    """A studio's painted canvas or paper: mottled or even, brighter behind the sitter."""
    family = rng.choice(["dark", "stone", "wall", "cloth", "hair", "skin", "wood"])
    palette = shades(rng, pick(rng, family)[0], 4, spread=rng.uniform(0.1, 0.4))
    palette = palette[np.argsort(palette.sum(1))]
    mottle = rng.choice([0.08, 0.3, 0.6, 1.0])
    cells, gain = int(rng.integers(2, 7)), rng.uniform(0.35, 0.7)
    sketch.texture(noise(sketch.size, rng, cells=cells, octaves=6, gain=gain) * mottle, palette)
    if rng.random() < 0.4:  # brush strokes of the canvas painter
        _strokes(sketch, rng, palette, int(rng.integers(20, 90)), 0.1)
        sketch.soften(0.012)
    if rng.random() < 0.2:  # the roll ends, the floor begins
        y = rng.uniform(0.8, 1.1)
        sketch.polygons(boxes(-0.3, y, 1.3, 1.3), palette[-1] * 0.9)
        sketch.soften(0.02)


def painting(sketch: Sketch, rng: Generator) -> None:
    """The deep browns of an old portrait, in strokes, with something pale at one side."""
    palette = ramp(rng, "dark", 5) * rng.uniform(1.0, 2.4)
    sketch.texture(noise(sketch.size, rng, cells=3, octaves=6, gain=0.6) * 0.8, palette)
    accent = pick(rng, rng.choice(["skin", "brick", "leaf", "wood"]), 2) * 0.2
    tints = np.concatenate([palette * 0.6 + palette.mean(0) * 0.4, accent + palette[:2] * 0.7])
    _strokes(sketch, rng, tints, int(rng.integers(0, 160)), rng.uniform(0.08, 0.3))
    if rng.random() < 0.4:
        side = rng.choice([0.0, 1.0])
        view = np.array(
            [[side - 0.2, -0.1], [side + 0.2, -0.1], [side + 0.2, 0.6], [side - 0.2, 0.6]]
        )
        colours = ramp(rng, rng.choice(["sky", "leaf", "sand"])) * rng.uniform(0.3, 0.8)
        sketch.texture(noise(sketch.size, rng, cells=5, stretch=3), colours, inside=view)
    cloth = pick(rng, rng.choice(["cloth", "brick"]))[0] * rng.uniform(0.2, 0.7)
    if rng.random() < 0.4:  # drapery
        x = np.linspace(-0.3, rng.uniform(0, 0.5), int(rng.integers(5, 14)))
        fold = 0.6 + 0.5 * rng.random((len(x), 1))
        drape = boxes(x, -0.3, x + (x[1] - x[0]) * 1.1, 1.3)
        drape[:, 2:, 0] += rng.normal(0, 0.1)
        sketch.polygons(drape, cloth * fold)
    sketch.soften(rng.choice([0.0, 0.004, 0.012]))
    sketch.modulate(noise(sketch.size, rng, cells=40, octaves=4, gain=0.8), 0.06)


def masonry(sketch: Sketch, rng: Generator) -> None:
    """A wall of brick, block, stone, plank or tile, or bare concrete and metal."""
    kind = rng.choice(["brick", "brick", "concrete", "metal", "planks", "tiles"])
    family = {"brick": "brick", "planks": "wood", "tiles": "wall"}.get(kind, "stone")
    base = pick(rng, family)[0]
    if kind in ("brick", "tiles", "planks"):
        sketch.fill(pick(rng, rng.choice(["stone", "wall", "dark"]))[0])
        columns = {
            "brick": rng.integers(5, 16),
            "tiles": rng.integers(4, 20),
            "planks": rng.integers(1, 4),
        }[kind]
        ratio = {
            "brick": rng.uniform(2, 3.5),
            "tiles": rng.uniform(0.7, 2),
            "planks": rng.uniform(4, 9),
        }[kind]
        tiles = grid(
            int(columns),
            int(columns * ratio),
            gap=rng.uniform(0.04, 0.16),
            shift=0.5 * (kind != "tiles"),
        )
        if kind == "planks" and rng.random() < 0.5:
            tiles = tiles[..., ::-1]
        tiles = tiles + rng.normal(0, 0.0015, tiles.shape)
        colours = shades(rng, base, len(tiles), spread=rng.uniform(0.02, 0.2))
        sketch.polygons(tiles, colours)
        odd = rng.random(len(tiles)) < rng.choice([0.0, 0.05, 0.2])
        sketch.polygons(tiles[odd], pick(rng, family, int(odd.sum())))
        stretch, grain = (12.0 if kind == "planks" else 1.0), rng.uniform(0.04, 0.14)
        sketch.modulate(
            noise(sketch.size, rng, cells=14, octaves=6, gain=0.8, stretch=stretch), grain
        )
    else:
        stretch = rng.choice([0.05, 20.0]) if kind == "metal" else rng.uniform(0.5, 2)
        palette = shades(rng, base, 4, spread=rng.uniform(0.05, 0.25))
        field = noise(
            sketch.size,
            rng,
            cells=8 if kind == "metal" else 4,
            octaves=7,
            gain=0.75,
            stretch=stretch,
        )
        sketch.texture(field * 0.7, palette[np.argsort(palette.sum(1))])
        if rng.random() < 0.5:  # plates or ribs
            seams = np.arange(-0.25, 1.3, rng.uniform(0.03, 0.5))
            sketch.polygons(boxes(seams, -0.3, seams + 0.006, 1.3), base * 0.5)
            sketch.polygons(
                boxes(seams + 0.006, -0.3, seams + 0.01, 1.3), np.clip(base * 1.3, 0, 255)
            )
    if rng.random() < 0.25:
        _graffiti(sketch, rng)
    if rng.random() < 0.3:  # stains that run down
        sketch.modulate(noise(sketch.size, rng, cells=6, octaves=5, stretch=0.1), 0.12)


def textile(sketch: Sketch, rng: Generator) -> None:
    """Plaid, stripes, a weave, knitting or folds."""
    base, kind = (
        pick(rng, rng.choice(["cloth", "skin", "vivid"]))[0],
        rng.choice(["plaid", "knit", "folds"]),
    )
    sketch.fill(base)
    if kind == "plaid":
        for turned in (False, True)[: rng.integers(1, 3)]:
            step = rng.uniform(0.06, 0.35)
            for colour in pick(rng, "cloth", int(rng.integers(1, 4))) * 0.6 + base * 0.4:
                x = np.arange(-0.25, 1.3, step) + rng.uniform(0, step)
                bars = boxes(x, -0.3, x + step * rng.uniform(0.05, 0.35), 1.3)
                sketch.polygons(bars[..., ::-1] if turned else bars, colour)
    elif kind == "knit":
        columns = int(rng.integers(16, 44))
        middles, unit = grid(columns, columns).mean(1), 1.5 / columns
        lean = np.where(np.rint((middles[:, 0] + 0.25) / unit - 0.5) % 2, 0.9, -0.9) + np.pi / 2
        radii = np.broadcast_to([0.62 * unit, 0.36 * unit], (len(middles), 2))
        sketch.fill(base * 0.5)
        row = shades(rng, base, 8, spread=rng.choice([0.05, 0.3]))[
            ((middles[:, 1] + 0.3) * 9).astype(int) % 8
        ]
        sketch.polygons(ellipses(middles, radii, turn=lean, corners=8), row)
    folds = noise(sketch.size, rng, cells=3, octaves=3, stretch=rng.choice([0.15, 0.4, 1, 3]))
    sketch.modulate(folds, 0.35 if kind == "folds" else 0.12)
    sketch.modulate(noise(sketch.size, rng, cells=64, octaves=3, gain=1, stretch=2.0), 0.05)


def abstract(sketch: Sketch, rng: Generator) -> None:
    """Soft gradients and noise in any colours."""
    palette = pick(
        rng,
        rng.choice(["vivid", "sky", "skin", "cloth", "leaf", "sand", "dark"]),
        int(rng.integers(2, 7)),
    )
    gain, octaves = rng.uniform(0.3, 0.9), int(rng.integers(2, 7))
    field = noise(
        sketch.size,
        rng,
        cells=int(rng.integers(2, 7)),
        octaves=octaves,
        gain=gain,
        stretch=rng.lognormal(0, 1),
    )
    sketch.texture(field * rng.uniform(0.5, 1.1), palette)
    if rng.random() < 0.5:
        _strokes(
            sketch,
            rng,
            pick(rng, rng.choice(["vivid", "skin", "cloth", "paper"]), 6),
            int(rng.integers(5, 60)),
            0.2,
        )


def clutter(sketch: Sketch, rng: Generator) -> None:
    """Blots, boxes, bars and print in the colours of skin, hair and cloth."""
    sketch.texture(
        noise(sketch.size, rng, cells=3), ramp(rng, rng.choice(["wall", "cloth", "skin", "hair"]))
    )
    families = rng.choice(["skin", "hair", "cloth", "vivid", "paper", "dark", "wall"], 3)
    for _ in range(rng.integers(2, 7)):
        count, size = int(rng.integers(1, 26)), rng.lognormal(-2.6, 0.7)
        at = rng.uniform(-0.25, 1.25, (count, 2))
        radii = size * rng.lognormal(0, 0.4, (count, 2))
        tints, turn = pick(rng, rng.choice(families), count), rng.uniform(0, np.pi, count)
        corners = int(rng.choice([3, 4, 4, 5, 20]))
        sketch.polygons(ellipses(at, radii, turn=turn, corners=corners), tints)
    if rng.random() < 0.6:
        _strands(sketch, rng)
    if rng.random() < 0.5:
        _print(sketch, rng)


def strands(sketch: Sketch, rng: Generator) -> None:
    """Hair-like bundles: straw, fur, ropes, reeds, fringes."""
    field = noise(sketch.size, rng, cells=12, octaves=5, gain=0.7, stretch=rng.choice([0.1, 12]))
    sketch.texture(field * 0.7, ramp(rng, rng.choice(["hair", "sand", "leaf", "cloth"])))
    for _ in range(rng.integers(2, 6)):
        _strands(sketch, rng)


def _strands(sketch: Sketch, rng: Generator) -> None:
    count, spread = int(rng.integers(20, 90)), rng.uniform(0.03, 0.4)
    start, turn = rng.uniform(-0.2, 1.2, 2), rng.uniform(0, 2 * np.pi)
    along, curl = np.linspace(0, 1, 7), rng.normal(0, 1.2, (count, 1)) * 0.3 + rng.normal(0, 1.5)
    angle = turn + curl * along + rng.normal(0, 0.12, (count, 1))
    step = rng.uniform(0.3, 1.2, (count, 1)) / 7
    path = np.cumsum(np.stack([np.cos(angle), np.sin(angle)], -1) * step[..., None], 1)
    paths = path + start + rng.normal(0, spread / 2, (count, 1, 2))
    tint = pick(rng, rng.choice(["hair", "hair", "sand", "skin"]))[0]
    sketch.ribbons(paths, shades(rng, tint, count, spread=0.25), rng.uniform(0.003, 0.014))


def _strokes(sketch: Sketch, rng: Generator, colours: np.ndarray, count: int, long: float) -> None:
    start, turn = rng.uniform(-0.25, 1.25, (count, 1, 2)), rng.normal(rng.uniform(0, 6), 0.7, count)
    along = np.linspace(0, 1, 4)
    angle = turn[:, None] + rng.normal(0, 0.5, (count, 1)) * along
    paths = start + np.cumsum(np.stack([np.cos(angle), np.sin(angle)], -1), 1) * long / 4
    tints = colours[rng.integers(len(colours), size=count)] * rng.lognormal(0, 0.1, (count, 1))
    width = long * rng.uniform(0.1, 0.5, count)
    sketch.ribbons(paths, np.clip(tints, 0, 255), width)


def _graffiti(sketch: Sketch, rng: Generator) -> None:
    count = int(rng.integers(2, 9))
    knots = rng.uniform([0, 0.2], [0.22, 0.6], (count, 9, 2)) + np.linspace(-0.1, 1, count)[
        :, None, None
    ] * [1, 0]
    smooth = (knots[:, :-2] + 2 * knots[:, 1:-1] + knots[:, 2:]) / 4
    tint = pick(rng, rng.choice(["vivid", "dark"]))[0]
    sketch.ribbons(smooth, tint, rng.uniform(0.012, 0.04))


def _print(sketch: Sketch, rng: Generator) -> None:
    """A sheet with lines of letter-like marks."""
    x, y, wide, high = rng.uniform([-0.1, -0.1, 0.3, 0.2], [0.7, 0.7, 0.8, 0.9])
    sketch.polygons(
        boxes(x, y, x + wide, y + high), pick(rng, rng.choice(["paper", "vivid", "dark"]))[0]
    )
    letter, line = rng.uniform(0.008, 0.05), 0.0
    ink = pick(rng, rng.choice(["dark", "paper", "vivid"]))[0]
    line = np.arange(y + letter, y + high - 2 * letter, letter * 2)[:12]
    column = np.arange(x + letter, x + wide - 2 * letter, letter)[:30]
    b, a = (v.ravel() for v in np.meshgrid(line, column, indexing="ij"))
    written = rng.random(len(a)) < 0.8
    a, b = a[written], b[written]
    for _ in range(2):  # an upright and a bar make a letter
        offset = rng.uniform(0, 0.6, (2, len(a))) * letter
        upright = rng.random(len(a)) < 0.5
        end_x = np.where(upright, 0.22, 0.7) * letter
        end_y = np.where(upright, 1.1, 0.25) * letter
        sketch.polygons(
            boxes(
                a + offset[0], b + offset[1] * upright, a + offset[0] + end_x, b + offset[1] + end_y
            ),
            ink,
        )
