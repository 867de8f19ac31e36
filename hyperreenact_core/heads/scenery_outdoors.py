"""Painters of the open air: landscapes, foliage, streets and lights at night."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from .scenery import Floats, Sketch, boxes, ellipses, noise
from .scenery_colours import pick, ramp, shades


def landscape(sketch: Sketch, rng: Generator) -> None:
    """Sky, clouds, ridges and a ground: mountains, meadow, beach, snow or a lake."""
    sketch.relief = 0.4
    _sky(sketch, rng)
    horizon = rng.uniform(0.3, 0.85)
    ground = rng.choice(["leaf", "leaf", "sand", "snow", "sky", "stone"])
    haze = pick(rng, "sky")[0]
    ridges = int(rng.integers(0, 5))
    for index in range(ridges):
        near = (index + 1) / (ridges + 1)
        far = ramp(rng, rng.choice([ground, "leaf", "stone", "snow"]), 3)
        top = horizon - (1 - near) * rng.uniform(0.05, 0.35)
        rough = rng.uniform(0.02, 0.12) * (1.3 - near)
        _ridge(sketch, rng, top, rough, haze * (1 - near) + far * near)
    if rng.random() < 0.5:
        sketch.soften(rng.uniform(0, 0.012))
    _ground(sketch, rng, horizon, ground)
    for _ in range(rng.integers(0, 7) if ground != "sky" else 0):
        _tree(sketch, rng, rng.uniform(-0.2, 1.2), horizon + rng.uniform(0, 0.15))
    if rng.random() < 0.2:  # a fence, a railing or a jetty
        posts = np.arange(-0.25, 1.25, rng.uniform(0.06, 0.3))
        wood, top = (
            pick(rng, rng.choice(["wood", "dark", "snow"]))[0],
            horizon + rng.uniform(-0.1, 0.1),
        )
        sketch.polygons(boxes(posts, top, posts + 0.02, 1.3), wood)
        sketch.polygons(
            boxes(-0.3, [top + 0.02, top + 0.12], 1.3, [top + 0.04, top + 0.14]), wood * 0.9
        )


def foliage(sketch: Sketch, rng: Generator) -> None:
    """A hedge, a wood or a garden: leaves in three sizes over a dappled depth."""
    family = "autumn" if rng.random() < 0.15 else "leaf"
    palette = ramp(rng, family, 5)
    palette[:2] *= rng.uniform(0.1, 0.6)
    if rng.random() < 0.35:
        palette[-1] = pick(rng, rng.choice(["sky", "snow", "warm"]))[0]  # light between the leaves
    field = noise(sketch.size, rng, cells=int(rng.integers(3, 9)), octaves=6, gain=0.85)
    sketch.texture(field * rng.uniform(0.5, 0.9), palette, bump=rng.uniform(30, 110))
    sketch.rise(100)
    for _ in range(rng.choice([0, 0, 1, 2, 3])):
        _trunk(sketch, rng, rng.uniform(-0.1, 1.1))
    sketch.soften(rng.choice([0.0, rng.uniform(0, 0.02)]))
    for scale in (0.012, 0.02, 0.035):
        if rng.random() < 0.6:
            _leaves(sketch, rng, family, scale, int(rng.uniform(2, 6) / scale))
    if rng.random() < 0.3:  # blossom
        count, middle = int(rng.integers(5, 120)), rng.uniform(0, 1, 2)
        at = middle + rng.normal(0, rng.uniform(0.1, 0.5), (count, 2))
        spots = ellipses(at, rng.uniform(0.003, 0.011, (count, 1)) * [1, 0.8], corners=7)
        tints = pick(rng, rng.choice(["vivid", "snow", "skin", "lamp"]))[0]
        sketch.polygons(spots, shades(rng, tints, count, spread=0.2))


def _leaves(sketch: Sketch, rng: Generator, family: str, scale: float, count: int) -> None:
    """Leaves in clusters, the dark ones behind the bright ones."""
    middles = rng.uniform(-0.2, 1.2, (int(rng.integers(3, 16)), 2))
    centres = middles[rng.integers(len(middles), size=count)]
    centres = centres + rng.normal(0, rng.uniform(0.04, 0.25), (count, 2))
    depth = np.linspace(0, 1, count)[:, None]
    tints = pick(rng, family, 4)[rng.integers(4, size=count)]
    colours = tints * (0.35 + 0.75 * depth) * rng.lognormal(0, 0.25, (count, 1))
    long = scale * rng.lognormal(0, 0.25, count)
    radii = np.stack([long, long * rng.uniform(0.2, 0.6)], -1)
    turn = rng.normal(rng.uniform(0, 3), rng.uniform(0.3, 1.2), count)
    leaves = ellipses(centres, radii, turn=turn, corners=8)
    sketch.polygons(leaves, np.clip(colours, 0, 255), uneven=30)


def street(sketch: Sketch, rng: Generator) -> None:
    """Facades with windows under a sky, by day or at night, with cars, signs and lamps."""
    sketch.relief = 0.5
    night = rng.random() < 0.35
    gain = rng.uniform(0.06, 0.3) if night else 1.0
    if night:
        sketch.texture(noise(sketch.size, rng, cells=2, octaves=3), ramp(rng, "dark"))
    else:
        _sky(sketch, rng)
    edge = -0.3
    while edge < 1.25:
        wide = rng.uniform(0.2, 0.9)
        _facade(sketch, rng, edge, edge + wide, rng.uniform(-0.4, 0.35), gain, night)
        edge += wide + rng.choice([0.0, 0.0, rng.uniform(0, 0.2)])
    road = rng.uniform(0.75, 1.15)
    sketch.polygons(boxes(-0.3, road, 1.3, 1.3), pick(rng, "stone")[0] * gain * 0.8)
    for x in rng.uniform(-0.2, 1.1, rng.integers(0, 5)):  # cars: a body, panes and two lights
        wide, y, body = (
            rng.uniform(0.15, 0.4),
            road + rng.uniform(-0.02, 0.06),
            pick(rng, "cloth")[0],
        )
        roof = np.array(
            [
                [x + wide * 0.2, y - wide * 0.4],
                [x + wide * 0.75, y - wide * 0.4],
                [x + wide, y - wide * 0.15],
                [x, y - wide * 0.15],
            ]
        )
        sketch.polygons(roof[None], pick(rng, "dark")[0])
        sketch.polygons(boxes(x, y - wide * 0.2, x + wide, y), body * max(gain, 0.25))
        lights = np.array([[x, y - wide * 0.1], [x + wide, y - wide * 0.1]])
        sketch.polygons(
            ellipses(lights, np.full((2, 2), 0.012), corners=8),
            pick(rng, "lamp", 2),
            glow=0.5 if night else 0.05,
        )
    for _ in range(rng.integers(0, 4)):
        _tree(sketch, rng, rng.uniform(-0.2, 1.2), road, gain=max(gain, 0.2))
    for x in rng.uniform(-0.1, 1.1, rng.integers(0, 4)):  # lamp posts and signs
        top = rng.uniform(0, 0.5)
        sketch.polygons(boxes(x, top, x + 0.015, road), pick(rng, "dark")[0])
        if night:
            lamp = ellipses(np.array([[x, top]]), rng.uniform(0.006, 0.02, (1, 2)))
            sketch.polygons(lamp, pick(rng, "lamp")[0], glow=0.6)
        elif rng.random() < 0.5:
            wide, high = rng.uniform(0.02, 0.06, 2)
            sign = boxes(x - wide, top, x + wide, top + high)
            sketch.polygons(sign, pick(rng, rng.choice(["vivid", "paper"]))[0])


def night(sketch: Sketch, rng: Generator) -> None:
    """Darkness and small lights, which a blur turns into discs."""
    sketch.texture(
        noise(sketch.size, rng, cells=2, octaves=4), ramp(rng, "dark") * rng.uniform(0.3, 1.2)
    )
    count, band = int(rng.integers(25, 220)), rng.uniform(0.1, 0.5)
    y = rng.choice([rng.normal(rng.uniform(0.2, 0.8), band, count), rng.uniform(-0.2, 1.2, count)])
    centres = np.stack([rng.uniform(-0.25, 1.25, count), y], -1)
    if rng.random() < 0.3:  # strings of lights
        centres[:, 1] = (
            0.5
            + 0.3 * np.sin(centres[:, 0] * rng.uniform(2, 9))
            + rng.choice([0, 0.15, -0.3], count)
        )
    radii = rng.uniform(0.002, 0.007, (count, 1)) * [1, 1]
    few = pick(rng, "lamp", int(rng.integers(1, 6)))
    hues = few[rng.integers(len(few), size=count)]
    bright = rng.uniform(0.35, 1.0, count)
    for level in range(4):
        lit = (bright * 4).astype(int) == level
        sketch.polygons(
            ellipses(centres[lit], radii[lit], corners=8), hues[lit], glow=level / 4 + 0.2
        )


def _sky(sketch: Sketch, rng: Generator) -> None:
    colours, rows = pick(rng, "sky", 2), int(rng.integers(16, 40))
    share = np.linspace(0, 1, rows)[:, None]
    y = np.linspace(-0.3, 1.3, rows)
    bands = boxes(-0.3, y, 1.3, y + 1.7 / rows)
    sketch.polygons(
        bands, colours[0] * (1 - share) + colours[1] * share, glow=max(0.0, rng.uniform(-0.1, 0.12))
    )
    sketch.soften(0.03)
    if rng.random() < 0.65:
        clouds = noise(
            sketch.size,
            rng,
            cells=int(rng.integers(2, 5)),
            octaves=7,
            gain=0.55,
            stretch=rng.uniform(1, 4),
        )
        cover = np.clip(clouds * rng.uniform(0.4, 1.2) + rng.uniform(-0.6, 0.6), 0, 1)[..., None]
        tone = pick(rng, rng.choice(["snow", "snow", "sky"]))[0].astype(np.float32)
        rgb = sketch.paint[..., :3]
        sketch.paint[..., :3] = (
            rgb + (tone - rgb) * (cover * np.float32(rng.uniform(0.3, 0.95)))
        ).astype(np.uint8)
    if rng.random() < 0.12:
        sun = np.array([[rng.uniform(0, 1), rng.uniform(0, 0.6)]])
        sketch.polygons(
            ellipses(sun, np.full((1, 2), rng.uniform(0.01, 0.05))), pick(rng, "warm")[0], glow=0.8
        )


def _ridge(sketch: Sketch, rng: Generator, top: float, rough: float, palette: Floats) -> None:
    """A silhouette from midpoint noise, filled with rock, snow or trees."""
    x, y = np.linspace(-0.3, 1.3, 129), np.zeros(129)
    for octave in range(7):
        knots = rng.normal(0, rough * 0.55**octave, 2 ** (octave + 1) + 1)
        y += np.interp(x, np.linspace(-0.3, 1.3, len(knots)), knots)
    rim = np.concatenate([np.stack([x, top + y], -1), [[1.3, 1.4], [-0.3, 1.4]]])
    field = noise(sketch.size, rng, cells=6, octaves=6, gain=0.7, stretch=rng.uniform(0.5, 2))
    sketch.texture(field * 0.6, palette, inside=rim, bump=60)


def _ground(sketch: Sketch, rng: Generator, horizon: float, family: str) -> None:
    edge = np.array(
        [[-0.4, horizon], [1.4, horizon + rng.normal(0, 0.01)], [1.4, 1.5], [-0.4, 1.5]]
    )
    palette = ramp(rng, family) * (0.8 if family == "sky" else 1.0)
    field = noise(sketch.size, rng, cells=8, octaves=6, gain=0.8, stretch=rng.uniform(3, 14))
    sketch.texture(field * rng.uniform(0.3, 0.8), palette, inside=edge, bump=40)
    if family == "leaf" and rng.random() < 0.6:  # blades of grass in front
        count = 200
        foot = np.stack([rng.uniform(-0.2, 1.2, count), rng.uniform(horizon + 0.1, 1.3, count)], -1)
        tip = foot + np.stack([rng.normal(0, 0.02, count), -rng.uniform(0.02, 0.1, count)], -1)
        sketch.ribbons(np.stack([foot, tip], 1), pick(rng, "leaf", count), 0.006)


def _tree(sketch: Sketch, rng: Generator, x: float, foot: float, *, gain: float = 1.0) -> None:
    high, bark = rng.uniform(0.15, 0.9), pick(rng, rng.choice(["dark", "wood"]))[0] * gain
    trunk = np.array([[x, foot + 0.02], [x + rng.normal(0, 0.03), foot - high * 0.6]])
    sketch.ribbons(trunk[None], bark, 0.05 * high + 0.01)
    tints = pick(rng, rng.choice(["leaf", "leaf", "leaf", "autumn"]), 3) * gain
    if rng.random() < 0.3:  # a fir: branches that droop, longer towards the foot
        count = 110
        level = np.linspace(0.02, 1, count)
        side = rng.choice([-1, 1], count) * rng.uniform(0.2, 1, count)
        along = np.linspace(0, 1, 3)[:, None]
        reach = np.stack([side * 0.27 * high * level, 0.1 * high * level], -1)
        start = np.stack([np.full(count, x), foot - high + 0.9 * high * level], -1)
        paths = (
            start[:, None]
            + reach[:, None] * along * [1, 0.3]
            + reach[:, None] * along**2 * [0, 0.9]
        )
        light = rng.lognormal(-0.1, 0.25, (count, 1)) * (1.15 - 0.5 * np.abs(side[:, None]))
        sketch.ribbons(paths, np.clip(tints[0] * light, 0, 255), 0.05 * high * (0.4 + level))
        return
    count = 260
    clumps = rng.normal(0, 1, (9, 2)) * [0.15 * high, 0.15 * high] + [x, foot - high * 0.75]
    at = clumps[rng.integers(9, size=count)] + rng.normal(0, 0.06 * high, (count, 2))
    light = np.clip(1.15 - (at[:, 1:] - (foot - high)) / high * 0.7, 0.3, 1.3)
    light = light * np.linspace(0.5, 1.1, count)[:, None]
    radii = rng.uniform(0.012, 0.035, (count, 2)) * high
    colours = tints[rng.integers(3, size=count)] * light * rng.lognormal(0, 0.2, (count, 1))
    leaves = ellipses(at, radii, turn=rng.uniform(0, 3, count), corners=6)
    sketch.polygons(leaves, np.clip(colours, 0, 255))


def _trunk(sketch: Sketch, rng: Generator, x: float) -> None:
    wide, lean, bark = (
        rng.uniform(0.02, 0.18),
        rng.normal(0, 0.06),
        pick(rng, rng.choice(["wood", "dark", "snow"]))[0],
    )
    for share, gain in ((0.0, 0.55), (0.2, 0.8), (0.45, 1.0), (0.75, 0.75)):
        left = x + wide * share
        strip = np.array(
            [[left, -0.3], [x + wide, -0.3], [x + wide + lean, 1.3], [left + lean, 1.3]]
        )
        sketch.polygons(strip[None], bark * gain)


def _facade(
    sketch: Sketch, rng: Generator, x0: float, x1: float, top: float, gain: float, night: bool
) -> None:
    wall = pick(rng, rng.choice(["wall", "brick", "stone", "sand"]))[0] * gain
    sketch.polygons(boxes(x0, top, x1, 1.3), wall)
    if rng.random() < 0.5:
        sketch.polygons(
            boxes(x0 - 0.01, top - 0.015, x1 + 0.01, top + 0.015), np.clip(wall * 1.25, 0, 255)
        )
    columns, rows = int(rng.integers(2, 9)), int(rng.integers(3, 11))
    wide, high = (x1 - x0) / columns, (1.2 - top) / rows
    row, column = np.mgrid[0:rows, 0:columns].reshape(2, -1)
    inner = rng.uniform(0.1, 0.3)
    a, b = x0 + (column + inner) * wide, top + (row + rng.uniform(0.15, 0.35)) * high
    c, d = a + wide * (1 - 2 * inner), b + high * rng.uniform(0.4, 0.7)
    rim = 0.06 * wide
    sketch.polygons(
        boxes(a - rim, b - rim, c + rim, d + rim), np.clip(wall * 1.2 + 12 * gain, 0, 255)
    )
    panes = boxes(a, b, c, d)
    lit = rng.random(len(a)) < (rng.uniform(0.1, 0.7) if night else 0.04)
    glass = pick(rng, rng.choice(["dark", "sky"]), len(a)) * max(gain, 0.15)
    sketch.polygons(panes[~lit], glass[~lit])
    if rng.random() < 0.6:
        middle = (a + c) / 2
        bars = boxes(middle - rim / 3, b, middle + rim / 3, d)
        sketch.polygons(bars[~lit], np.clip(wall * 1.2, 0, 255))
    sketch.polygons(panes[lit], pick(rng, "warm", int(lit.sum())), glow=rng.uniform(0.1, 0.3))
    if rng.random() < 0.4:
        sketch.polygons(boxes(x0, b - 0.3 * high, x1, b - 0.26 * high), wall * 0.75)
