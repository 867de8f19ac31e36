"""How steady results are over time: heads are driven along a smooth motion, frame by frame.

The true frames move too, so a result is set against them: `change` is what differs from one frame
to the next, `tremble` what differs from the mean of the frames before and after, which smooth
motion hardly does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ..charts import Chart, draw_charts
from ..heads.motion import sample_motion
from ..imaging import ImageU8
from .judges import Judges
from .pairs import KINDS, Kind, Moment, Pair, Scene, sample_moment, sample_surroundings
from .rows import MethodTools, Row
from .scene_renderer import SceneRenderer

FPS = 24.0
TRUTH = "true images"
_STILL = ("source", "inversion", "ours_shuffled_pose")
"""Methods that do not follow the driving clip."""
_STRANGERS_OFFSET = 200_000
"""Where the people begin who drive others through a clip."""
_CLIP_STREAM = 0xF11C
"""Keeps the random numbers of clips apart from those of other uses of the same seed."""


@dataclass(frozen=True)
class Unrest:
    """How much B frames of clips move; means of absolute values.

    change, tremble: of pixels, in parts of the whole range from black to white.
    head_tremble_deg: of yaw, pitch and roll as the judge reads them.
    """

    change: float
    tremble: float
    head_tremble_deg: float


@dataclass(frozen=True)
class Flicker:
    """Unrest of one kind of clips.

    rows: method -> unrest. truth: of the true frames.
    curves: method or TRUTH -> change after each frame of the first clip.
    """

    rows: Mapping[str, Unrest]
    truth: Unrest
    curves: Mapping[str, tuple[float, ...]]


def sample_clip(
    kind: Kind, index: int, *, frames: int, first_identity: int, seed: int
) -> list[Pair]:
    """One source, driven through a second or two of acting: a pair a frame.

    Clip k shows person first_identity + k; people and surroundings are drawn as in
    `pairs.sample_pairs`, only the motion is a performance.
    """
    rng = np.random.default_rng([_CLIP_STREAM, KINDS.index(kind), seed, index])
    # Whoever poses for a picture looks about ahead.
    ahead = replace(sample_moment(rng), yaw_deg=float(rng.uniform(-20, 20)))
    source = Scene(first_identity + index, ahead, sample_surroundings(rng))
    actor = source
    if kind == "cross":
        actor = Scene(source.person + _STRANGERS_OFFSET, ahead, sample_surroundings(rng))
    return [
        Pair(source=source, driving=replace(actor, moment=Moment.of(performance)))
        for performance in sample_motion(rng, frames=frames, fps=FPS, kind="turn")
    ]


def measure_flicker(
    clips: Sequence[Sequence[Pair]],
    rows: Mapping[str, Row],
    *,
    kind: Kind,
    renderer: SceneRenderer,
    tools: MethodTools,
    judges: Judges,
    batch_size: int,
) -> Flicker:
    """Let every method that follows the driving face draw all clips; one clip at a time."""
    moving = {name: row for name, row in rows.items() if name not in _STILL}
    unrest: dict[str, list[Unrest]] = {name: [] for name in (*moving, TRUTH)}
    curves: dict[str, tuple[float, ...]] = {}
    for clip in clips:
        drawn: dict[str, list[Tensor]] = {name: [] for name in unrest}
        source = renderer.draw([clip[0].source])
        for start in range(0, len(clip), batch_size):
            batch = clip[start : start + batch_size]
            driving = renderer.draw([pair.driving for pair in batch])
            truth = driving if kind == "self" else renderer.draw([pair.truth for pair in batch])
            # No method here looks at the picture of another pair, which would come first.
            task = tools.task(
                source.expand(len(batch), -1, -1, -1), torch.cat([driving[:1], driving])
            )
            drawn[TRUTH].append(truth)
            for name, row in moving.items():
                drawn[name].append(row(tools, task))
        for name, parts in drawn.items():
            pictures = torch.cat(parts)
            unrest[name].append(_unrest(pictures, judges, batch_size))
            if clip is clips[0]:
                curves[name] = tuple(_changes(pictures).tolist())
    means = {name: _mean(values) for name, values in unrest.items()}
    return Flicker(rows={n: means[n] for n in moving}, truth=means[TRUTH], curves=curves)


def _changes(pictures: Tensor) -> Tensor:
    """[N, 3, R, R] in [-1, 1] -> [N - 1], change from each to the next."""
    return (pictures[1:] - pictures[:-1]).abs().mean((1, 2, 3)) / 2


def _unrest(pictures: Tensor, judges: Judges, batch_size: int) -> Unrest:
    angles = torch.cat([judges.look(part).angles_deg for part in pictures.split(batch_size)])
    return Unrest(
        change=float(_changes(pictures).mean()),
        tremble=float(_bends(pictures).mean()) / 2,
        head_tremble_deg=float(_bends(angles).mean()),
    )


def _bends(values: Tensor) -> Tensor:
    """How far each value of a sequence is from the mean of its neighbours, [N - 2, ...]."""
    return (values[1:-1] - (values[2:] + values[:-2]) / 2).abs()


def _mean(values: Sequence[Unrest]) -> Unrest:
    names = Unrest.__dataclass_fields__
    return Unrest(**{n: sum(getattr(value, n) for value in values) / len(values) for n in names})


def flicker_plot(flicker: Mapping[Kind, Flicker]) -> ImageU8:
    """Change from frame to frame along the first clip of each kind."""
    charts: list[Chart] = []
    for kind, measured in flicker.items():
        count = len(measured.curves[TRUTH])
        step = max(1, round(count / 8))
        charts.append(
            Chart(
                title=f"change from frame to frame (part of the range), {kind}",
                x_title="frame",
                x=range(1, count + 1),
                ticks=range(0, count + step, step),
                lines=measured.curves,
            )
        )
    return draw_charts(charts, columns=len(charts))
