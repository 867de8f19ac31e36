"""Takes: the frames of a clip of one person in one scene, with all that shards keep of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .camera import Framing, frame_face
from .figure import Figure, pose_figure
from .motion import sample_motion
from .performance import Performance, rotation, sample_performance
from .picture import Picture, Scene, Shot, develop, flow_between, sample_scene
from .stage import Stage

_SAME_POSE_DEG = 0.7
"""How far heads differ (as a deviation) in pairs that differ in the expression."""


@dataclass(frozen=True)
class Recipe:
    """What the clips are like.

    frames: of a clip, an even number. side: the least and the most that a picture keeps, over the
    face's extent; shift: the most that it lies aside, over the same. expressions: share of the
    pairs whose heads are turned alike. occluded: share of the clips with something before the face.
    motion: frames follow one another as in a video of `fps`, and neighbours are partners.
    truths: with labels, depth, flow and what is hidden.
    """

    frames: int = 8
    side: tuple[float, float] = (1.4, 2.6)
    shift: float = 0.12
    expressions: float = 0.5
    occluded: float = 0.12
    motion: bool = False
    fps: float = 25.0
    truths: bool = True


def film(
    stage: Stage,
    figure: Figure,
    recipe: Recipe,
    rng: np.random.Generator,
    *,
    pictures: Sequence[Path] = (),
) -> Iterator[dict[str, NDArray[Any]]]:
    """The frames of one clip as shards keep them, without what only the folder knows.

    pictures: files that are the background of some clips.
    """
    framing, occluded = _framing(recipe, rng), bool(rng.random() < recipe.occluded)
    scene = sample_scene(rng, figure, framing, occluded=occluded, pictures=pictures)
    shots = _shots(figure, scene, _performances(recipe, rng))
    for first, second in zip(shots[::2], shots[1::2], strict=True):
        developed = [
            develop(stage, shot, scene, rng, other=other if recipe.truths else None)
            for shot, other in ((first, second), (second, first))
        ]
        for index, shot in enumerate((first, second)):
            picture, truth = developed[index]
            record = _record(picture, shot, figure)
            if recipe.truths:
                flow = flow_between(truth, developed[1 - index][1])
                record["labels"], record["depth"] = picture.labels, picture.depth.astype("f2")
                record["flow"] = flow.offset.astype(np.float16)
                record["hidden"] = flow.hidden.astype(np.uint8)
            yield record


def _framing(recipe: Recipe, rng: np.random.Generator) -> Framing:
    side = float(np.exp(rng.uniform(*np.log(recipe.side))))
    x, y = (float(value) for value in rng.uniform(-recipe.shift, recipe.shift, 2))
    middle = Framing().shift
    return Framing(side, (middle[0] + x, middle[1] + y))


def _performances(recipe: Recipe, rng: np.random.Generator) -> list[Performance]:
    if recipe.motion:
        return list(sample_motion(rng, frames=recipe.frames, fps=recipe.fps))
    found: list[Performance] = []
    for _ in range(recipe.frames // 2):
        first, second = sample_performance(rng), sample_performance(rng)
        if rng.random() < recipe.expressions:
            yaw, pitch, roll = rng.normal(0, _SAME_POSE_DEG, 3).tolist()
            second = replace(
                second,
                yaw_deg=first.yaw_deg + yaw,
                pitch_deg=first.pitch_deg + pitch,
                roll_deg=first.roll_deg + roll,
            )
        found += [first, second]
    return found


def _shots(figure: Figure, scene: Scene, performances: list[Performance]) -> list[Shot]:
    """All before one camera, which looks at the middle of the places where the face will be."""
    posed = [
        pose_figure(figure, moment.expression, rotation(moment).astype(np.float32))
        for moment in performances
    ]
    middle = np.mean([one.points for one in posed], 0)
    camera = frame_face(middle, scene.lens.distance, scene.framing)
    return [
        Shot(one, camera, moment.expression)
        for one, moment in zip(posed, performances, strict=True)
    ]


def _record(picture: Picture, shot: Shot, figure: Figure) -> dict[str, NDArray[Any]]:
    return {
        "images": picture.image,
        "coverage": picture.coverage,
        "points": picture.points.astype(np.float32),
        "visible": picture.visible.astype(np.uint8),
        "irises": picture.irises.astype(np.float32),
        "gaze": picture.gaze.astype(np.float32),
        "rotation": picture.rotation.astype(np.float32),
        "translation": picture.translation.astype(np.float32),
        "camera": picture.camera.astype(np.float32),
        "eye": shot.camera.eye.astype(np.float32),
        "expression": picture.expression.astype(np.float32),
        "neutral": figure.points.astype(np.float32),
    }
