"""The coarse flow of a pair, from a head fitted to what a reader would have read of the source."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ...heads.parts import Label
from ...reenact.detail.fit import HeadFit, eye_distance, fit_head
from ...reenact.detail.flow import Drawing, HeadFlow, draw_head, flow_between
from ...reenact.detail.head_model import HeadModel
from ...reenact.detail.pose import pose_head
from ...reenact.detail.remainder import with_remainder
from ...reenact.detail.turns import turn_of
from .pairs import Floats, Pair, View

Doubles = NDArray[np.float64]

_WAVES = 12
_CLOSE, _CLOSE_SPREAD = 0.002, 0.03
"""Spreads of true points, over the face's size, and of true coefficients."""

_UNFOUND, _GROWN = 0.1, 0.7
_ROUGH = 9
"""Pixels by which a person's outline is off, at most twice."""


@dataclass(frozen=True)
class ReadingErrors:
    """How a reader errs. points: deviations over the eyes' distance, few and many, the share of
    many; coefficients: a deviation; turn: a deviation in degrees."""

    points: tuple[float, float] = (0.012, 0.035)
    many: float = 0.15
    coefficients: float = 0.05
    turn_deg: float = 2.0


@dataclass(frozen=True, eq=False)
class Coarse:
    """flow: from the result to the source. result, source: the fitted head drawn in both.

    guide: drawn as the guide of the result shows it; guide_flow: from there to the result.
    """

    flow: HeadFlow
    result: Drawing
    source: Drawing
    guide: Drawing
    guide_flow: HeadFlow


def coarse_of(
    model: HeadModel,
    pair: Pair,
    rng: Generator,
    errors: ReadingErrors,
    *,
    size: int,
    gain: float = 1.0,
) -> Coarse:
    """Fit a head to what would be read of the source, one to the result, and draw both at `size`.

    The result's is fitted to the truth: the product's own is right by definition, and a network
    that could not trust it would blur its eyes and mouth.
    gain: what the guide shows of the change of expression, as generators tend to understate it.
    """
    fit = read_head(model, pair.source, rng, errors)
    after = true_head(model, pair.result)
    side = float(len(pair.source.picture))

    def drawn(coefficients: Doubles) -> Drawing:
        moved = pose_head(model, after, coefficients=coefficients)
        return draw_head(model, moved, side=side, size=size)

    face = after.coefficients
    result = drawn(face)
    source = draw_head(model, pose_head(model, fit), side=side, size=size)
    guide = result if gain == 1 else drawn(fit.coefficients + gain * (face - fit.coefficients))
    return Coarse(
        flow=flow_between(model, result, source, seen_figure(pair.source, rng)),
        result=result,
        source=source,
        guide=guide,
        guide_flow=flow_between(model, guide, result),
    )


def seen_figure(view: View, rng: Generator) -> Floats | None:
    """[S, S] where a picture shows the person, as roughly as it would be found; now and then it is
    not."""
    if rng.random() < _UNFOUND:
        return None
    person = (view.shows != Label.BACKGROUND).astype(np.uint8)
    reach = int(rng.integers(1, _ROUGH + 1))
    square = np.ones((reach, reach), np.uint8)
    rough = cv2.dilate(person, square) if rng.random() < _GROWN else cv2.erode(person, square)
    return np.asarray(cv2.GaussianBlur(rough.astype(np.float32), (0, 0), 2), np.float32)


def read_head(model: HeadModel, view: View, rng: Generator, errors: ReadingErrors) -> HeadFit:
    """A head fitted to points and coefficients that are off as a reader's are."""
    points = view.points_px()
    unit = eye_distance(points)
    unit = max(unit, 0.3 * float(np.ptp(points, axis=0).max()))  # of a profile
    few, many = errors.points
    spread = many if rng.random() < errors.many else few
    points = points + unit * abs(rng.normal(0, spread)) * _smooth(points, rng)
    points += rng.normal(0, 0.2 * few * unit, points.shape)
    read = view.labels.coefficients + rng.normal(0, errors.coefficients, 52)
    turn = turn_of(rng.normal(0, np.radians(errors.turn_deg), 3))
    hint = turn @ view.labels.rotation.astype(np.float64)
    fit = fit_head(model, points, read.clip(0, 1), rotation=hint)
    return with_remainder(model, fit, points, np.full(len(points), max(few, _CLOSE) * unit))


def true_head(model: HeadModel, view: View) -> HeadFit:
    """A head fitted to what is true of a picture, closely."""
    points = view.points_px()
    spread = _CLOSE * float(np.ptp(points, axis=0).max())
    rotation = view.labels.rotation.astype(np.float64)
    read = view.labels.coefficients.astype(np.float64)
    fit = fit_head(
        model, points, read, spread=spread, rotation=rotation, coefficient_spread=_CLOSE_SPREAD
    )
    return with_remainder(model, fit, points, np.full(len(points), spread))


def _smooth(points: Doubles, rng: Generator) -> Doubles:
    """[468, 2] of deviation one: neighbours are off alike, by long and by shorter waves."""
    at = (points - points.mean(0)) / np.ptp(points, axis=0).max()
    waves = rng.normal(0, 4.0, (_WAVES, 2))
    phases, heights = rng.uniform(0, 2 * np.pi, _WAVES), rng.normal(0, 1, (_WAVES, 2))
    return np.sin(at @ waves.T + phases) @ heights * np.sqrt(2 / _WAVES)
