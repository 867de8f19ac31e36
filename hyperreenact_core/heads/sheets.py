"""Contact sheets: many small pictures with a line under each, to look at what is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .backgrounds import Background
from .camera import Framing
from .expression import ACTIONS, Expression, coefficients
from .figure import Figure, make_figure
from .lens import Lens
from .light import sample_light
from .people import sample_person
from .performance import Performance, sample_performance
from .person import Person
from .picture import Scene, clip_of, develop, sample_scene
from .stage import Stage
from .wardrobe import Wardrobe

SHEET_STREAM = 0xD1
"""Keeps the random numbers of sheets apart from those of other uses of the same seed."""
_TOGETHER = {"mouthClose": {"jawOpen": 0.6}, "tongueOut": {"jawOpen": 0.35}}
"""What some actions cannot be without."""
_OVER_THE_FACE = ("bob01", "bob02", "long01", "short03", "short04")
_MARGIN = 2


@dataclass(frozen=True, eq=False)
class Cell:
    """picture: [S, S, 3] sRGB; caption: a few words in ASCII."""

    picture: NDArray[np.uint8]
    caption: str


def people_cells(
    stage: Stage,
    wardrobe: Wardrobe,
    *,
    first: int,
    count: int,
    seed: int,
    pictures: Sequence[Path] = (),
) -> Iterator[Cell]:
    """People one after another, each in a scene of their own, nearly still.

    pictures: files that some have for a background.
    """
    for person in range(first, first + count):
        rng = np.random.default_rng([SHEET_STREAM, 0, seed, person])
        figure = make_figure(sample_person(person, wardrobe), wardrobe)
        framing = Framing(1.9)
        scene = clean(sample_scene(rng, figure, framing, occluded=False, pictures=pictures))
        yaw, pitch, roll = (rng.normal(0, 1, 3) * (14, 5, 4)).tolist()
        smile = float(rng.beta(1, 2)) * 0.5
        face = coefficients({"mouthSmile": smile, "cheekSquint": smile * 0.6})
        moment = Performance(face, yaw_deg=yaw, pitch_deg=pitch, roll_deg=roll)
        yield Cell(_one(stage, figure, scene, moment, rng), str(person))


def performance_cells(
    stage: Stage, wardrobe: Wardrobe, *, person: int, count: int, seed: int
) -> Iterator[Cell]:
    """One person in one scene, who does what sample_performance draws."""
    figure = make_figure(_bare(sample_person(person, wardrobe)), wardrobe)
    for index in range(count):
        rng = np.random.default_rng([SHEET_STREAM, 1, seed, index])
        moment = sample_performance(rng)
        ranked = [i for i in np.argsort(-moment.expression) if "Look" not in ACTIONS[i]]
        names = "+".join(ACTIONS[i] for i in ranked[:2] if moment.expression[i] > 0.05)
        yield Cell(_one(stage, figure, _plain(1.7), moment, rng), names or "neutral")


def action_cells(stage: Stage, wardrobe: Wardrobe, *, person: int) -> Iterator[Cell]:
    """The neutral face, then each of the 52 coefficients at 1, by itself where that can be."""
    figure = make_figure(_bare(sample_person(person, wardrobe)), wardrobe)
    faces = {"neutral": coefficients({})}
    for name in ACTIONS:
        together = {name: 1.0, **_TOGETHER.get(name, {})}
        faces["+".join(together)] = coefficients(together)
    rng = np.random.default_rng([SHEET_STREAM, 2])
    scene = _plain(1.45)
    shots = clip_of(figure, [_frontal(face) for face in faces.values()], scene)
    for caption, shot in zip(faces, shots, strict=True):
        yield Cell(develop(stage, shot, scene, rng)[0].image, caption)


def light_cells(
    stage: Stage, wardrobe: Wardrobe, *, person: int, count: int, seed: int
) -> Iterator[Cell]:
    """One person, still, in many lights."""
    figure = make_figure(_bare(sample_person(person, wardrobe)), wardrobe)
    moment = _frontal(coefficients({"mouthSmile": 0.2}))
    for index in range(count):
        rng = np.random.default_rng([SHEET_STREAM, 3, seed, index])
        scene = replace(_plain(1.7), light=sample_light(rng))
        yield Cell(_one(stage, figure, scene, moment, rng), str(index))


def contact_sheet(cells: Iterable[Cell], *, columns: int) -> NDArray[np.uint8]:
    """Rows of `columns` pictures with their captions -> [H, W, 3] sRGB."""
    tiles = [_tile(cell) for cell in cells]
    empty = np.full_like(tiles[0], _DARK)
    tiles += [empty] * (-len(tiles) % columns)
    rows = [np.concatenate(tiles[i : i + columns], 1) for i in range(0, len(tiles), columns)]
    return np.concatenate(rows)


_DARK = 24


def _tile(cell: Cell) -> NDArray[np.uint8]:
    size = len(cell.picture)
    line = max(size // 11, 10)
    tile = np.full((size + line + 2 * _MARGIN, size + 2 * _MARGIN, 3), _DARK, np.uint8)
    tile[_MARGIN : _MARGIN + size, _MARGIN : _MARGIN + size] = cell.picture
    font = cv2.FONT_HERSHEY_SIMPLEX
    (width, height), _ = cv2.getTextSize(cell.caption, font, 1.0, 1)
    scale = min(0.6 * line / max(height, 1), (size - 4) / max(width, 1))
    at = (_MARGIN + 2, _MARGIN + size + round(0.75 * line))
    cv2.putText(tile, cell.caption, at, font, scale, (225, 225, 225), 1, cv2.LINE_AA)
    return tile


def clean(scene: Scene) -> Scene:
    """The same scene through a lens that keeps its focal length and loses its faults."""
    lens = scene.lens
    return replace(
        scene, lens=Lens(distance=lens.distance, aperture=lens.aperture, shoulder=lens.shoulder)
    )


def _bare(person: Person) -> Person:
    """With nothing on the face, so that all of it is to be seen."""
    hair = person.hair
    if hair.style in _OVER_THE_FACE:
        hair = replace(hair, style="ponytail01")
    return replace(person, hair=hair, glasses=None, hat=None, mask=None)


def _plain(side: float) -> Scene:
    lens = Lens(distance=14.0, shoulder=0.4)
    return Scene(background=Background("backdrop", 4), lens=lens, framing=Framing(side))


def _frontal(face: Expression) -> Performance:
    return Performance(face, yaw_deg=0.0, pitch_deg=0.0, roll_deg=0.0)


def _one(
    stage: Stage, figure: Figure, scene: Scene, moment: Performance, rng: np.random.Generator
) -> NDArray[np.uint8]:
    (shot,) = clip_of(figure, [moment], scene)
    return develop(stage, shot, scene, rng)[0].image
