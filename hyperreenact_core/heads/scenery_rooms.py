"""Painters of interiors: rooms, kitchens, offices and walls of books."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from . import scenery_things as things
from .scenery import Floats, Sketch, boxes, ellipses, grid, noise
from .scenery_colours import pick, ramp, shades

_Thing = Callable[[Sketch, Generator, float], None]
_ROOM: tuple[_Thing, ...] = (
    *(things.window, things.window, things.door, things.curtain, things.shelf, things.lamp),
    *(things.frames, things.frames, things.plant, things.cabinet, things.clothes, things.sofa),
    things.mirror,
)
_OFFICE: tuple[_Thing, ...] = (
    *(things.screen, things.notes, things.plant, things.shelf, things.cabinet),
)


def room(sketch: Sketch, rng: Generator) -> None:
    """A wall or a corner of a room with a few things in it."""
    _wall(sketch, rng)
    for index in rng.integers(len(_ROOM), size=rng.integers(1, 6)):
        sketch.rise()
        _ROOM[index](sketch, rng, rng.uniform(-0.15, 1.0))


def kitchen(sketch: Sketch, rng: Generator) -> None:
    """Tiles, cupboards, a counter and what stands on it."""
    tile = pick(rng, "wall")[0]
    sketch.fill(tile * rng.uniform(0.7, 0.95))
    columns = int(rng.integers(6, 24))
    tiles = grid(
        columns, int(columns * rng.uniform(0.8, 2.2)), gap=0.08, shift=rng.choice([0, 0.5])
    )
    sketch.polygons(tiles, shades(rng, tile, len(tiles), spread=0.03))
    if rng.random() < 0.5:
        things.window(sketch, rng, rng.uniform(0, 0.8))
    sketch.rise()
    counter, cupboard = rng.uniform(0.6, 0.95), pick(rng, rng.choice(["wall", "wood", "stone"]))[0]
    top = rng.uniform(0.05, 0.35)
    edges = np.arange(-0.25, 1.3, rng.uniform(0.2, 0.4)) + rng.uniform(0, 0.1)
    things.doors(sketch, rng, edges, -0.3, top, cupboard)
    things.doors(sketch, rng, edges + 0.1, counter, 1.3, cupboard)
    stone = pick(rng, "stone")[0]
    sketch.rise()
    sketch.polygons(boxes(-0.3, counter - 0.03, 1.3, counter), stone)
    things.bottles(sketch, rng, -0.2, 1.2, counter - 0.03, int(rng.integers(3, 14)))
    hooks = rng.uniform(-0.2, 1.2, int(rng.integers(0, 7)))
    for x in hooks:
        tool, length = pick(rng, rng.choice(["stone", "wood"]))[0], rng.uniform(0.08, 0.2)
        sketch.polygons(boxes(x - 0.006, top, x + 0.006, top + length), tool)
        sketch.polygons(
            ellipses(np.array([[x, top + length]]), rng.uniform(0.02, 0.05, (1, 2))), tool
        )


def office(sketch: Sketch, rng: Generator) -> None:
    """Partitions, screens, lit ceiling panels, glass and notes on a wall."""
    _wall(sketch, rng)
    if rng.random() < 0.5:
        glass = pick(rng, "sky")[0]
        x0 = np.arange(-0.25, 1.25, rng.uniform(0.15, 0.5))
        width = x0[1] - x0[0] - 0.012
        panes = boxes(x0, rng.uniform(-0.2, 0.2), x0 + width, rng.uniform(0.7, 1.25))
        sketch.polygons(panes, shades(rng, glass, len(x0), spread=0.06), glow=rng.uniform(0, 0.2))
        sketch.soften(rng.uniform(0, 0.01))
    if rng.random() < 0.5:
        lamps = grid(int(rng.integers(3, 8)), int(rng.integers(8, 16)), gap=0.3)
        ceiling = rng.uniform(0, 0.25)
        lamps = lamps[lamps[..., 1].max(1) < ceiling]
        sketch.polygons(boxes(-0.3, -0.3, 1.3, ceiling), pick(rng, "snow")[0])
        sketch.polygons(lamps, pick(rng, "warm")[0], glow=rng.uniform(0.1, 0.45))
    for index in rng.integers(len(_OFFICE), size=rng.integers(1, 5)):
        sketch.rise()
        _OFFICE[index](sketch, rng, rng.uniform(-0.15, 0.95))
    sketch.rise()
    desk = rng.uniform(0.75, 1.1)
    sketch.polygons(boxes(-0.3, desk, 1.3, desk + rng.uniform(0.03, 0.3)), pick(rng, "wood")[0])


def library(sketch: Sketch, rng: Generator) -> None:
    """Shelves of books from side to side."""
    wood = pick(rng, rng.choice(["wood", "wall", "dark"]))[0]
    sketch.fill(wood * rng.uniform(0.2, 0.5))
    shelves = np.arange(-0.25, 1.3, rng.uniform(0.16, 0.4)) + rng.uniform(-0.1, 0.1)
    for upper, lower in pairwise(shelves.tolist()):
        things.books(sketch, rng, -0.28, 1.28, upper + 0.02, lower - 0.012)
    sketch.rise(12)
    sketch.polygons(boxes(-0.3, shelves - 0.012, 1.3, shelves + 0.012), wood)
    posts = np.arange(-0.25, 1.3, rng.uniform(0.4, 1.2)) + rng.uniform(-0.2, 0.2)
    sketch.polygons(boxes(posts - 0.014, -0.3, posts + 0.014, 1.3), wood * 0.9)
    sketch.modulate(noise(sketch.size, rng, cells=30, octaves=3), 0.05)


def _wall(sketch: Sketch, rng: Generator) -> None:
    colour = pick(rng, rng.choice(["wall", "wall", "wall", "wood", "cloth", "skin"]))[0]
    sketch.fill(colour)
    style = rng.choice(
        ["plain", "stripes", "motif", "boards", "panels"], p=[0.4, 0.12, 0.18, 0.17, 0.13]
    )
    if style == "stripes":
        x, width = np.arange(-0.25, 1.25, rng.uniform(0.03, 0.15)), rng.uniform(0.2, 0.6)
        other = pick(rng, "wall")[0] * 0.3 + colour * 0.6
        sketch.polygons(boxes(x, -0.3, x + width * (x[1] - x[0]), 1.3), other)
    elif style == "motif":
        _motif(sketch, rng, colour)
    elif style == "boards":
        _boards(sketch, rng)
    elif style == "panels":
        frames = grid(int(rng.integers(2, 6)), int(rng.integers(2, 4)), gap=0.2)
        for scale, gain in ((1.0, 0.72), (0.965, 1.1), (0.93, 0.95)):
            middle = frames.mean(1, keepdims=True)
            sketch.polygons(middle + (frames - middle) * scale, np.clip(colour * gain, 0, 255))
    stretch = rng.choice([1.0, 1.0, 0.2])
    sketch.modulate(noise(sketch.size, rng, cells=4, octaves=7, gain=0.65, stretch=stretch), 0.03)
    if rng.random() < 0.45:  # a second wall, so that there is a corner
        x, lean, gain = rng.uniform(0.0, 1.0), rng.normal(0, 0.02), rng.uniform(0.55, 0.9)
        corner = np.array([[x + lean, -0.3], [1.3, -0.3], [1.3, 1.3], [x - lean, 1.3]])
        if rng.random() < 0.5:
            corner[1:3, 0] = -0.3
        sketch.polygons(corner[None], colour * gain)
    if rng.random() < 0.3:
        y = rng.uniform(-0.1, 0.2)
        sketch.polygons(boxes(-0.3, -0.3, 1.3, y), pick(rng, "snow")[0] * rng.uniform(0.7, 1))
        sketch.polygons(boxes(-0.3, y, 1.3, y + 0.02), colour * rng.uniform(0.6, 0.95))
    if rng.random() < 0.3:
        y, floor = rng.uniform(0.75, 1.1), pick(rng, "wood")[0]
        sketch.polygons(boxes(-0.3, y, 1.3, 1.3), floor)
        sketch.polygons(boxes(-0.3, y - 0.04, 1.3, y), pick(rng, "snow")[0] * rng.uniform(0.5, 1))


def _motif(sketch: Sketch, rng: Generator, colour: Floats) -> None:
    """Wallpaper: a rosette repeated."""
    columns = int(rng.integers(5, 16))
    cells = grid(columns, columns, shift=0.5)
    middles, unit = cells.mean(1), 1.5 / columns
    ink = colour * 0.45 + pick(rng, rng.choice(["wall", "leaf", "cloth", "vivid"]))[0] * 0.55
    petals, turn = int(rng.integers(1, 7)), rng.uniform(0, np.pi)
    long, short = rng.uniform(0.12, 0.4), rng.uniform(0.05, 0.2)
    for petal in range(petals):
        angle = turn + petal * 2 * np.pi / petals
        away = np.array([np.cos(angle), np.sin(angle)]) * long * unit * (petals > 1)
        radii = np.broadcast_to([long * unit, short * unit], (len(middles), 2))
        sketch.polygons(ellipses(middles + away, radii, turn=angle, corners=10), ink)


def _boards(sketch: Sketch, rng: Generator) -> None:
    """Wooden boards, upright or level, with grain and dark joints."""
    level, boards = rng.random() < 0.3, np.arange(-0.25, 1.3, rng.uniform(0.05, 0.22))
    stretch = 14.0 if level else 1 / 14.0
    field = noise(sketch.size, rng, cells=14, octaves=5, gain=0.7, stretch=stretch)
    sketch.texture(field * 0.8, ramp(rng, "wood"))
    dark = pick(rng, "dark")[0]
    joints = boxes(boards, -0.3, boards + rng.uniform(0.003, 0.012), 1.3)
    sketch.polygons(joints[..., ::-1] if level else joints, dark)
