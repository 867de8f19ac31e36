"""Fits the head model to mesh points of a picture: shape, pose and how near the camera is.

Regularised least squares by Gauss-Newton steps. People's shapes are standard normal; the facial
coefficients stay near those that a reader gave, so that a smile is not booked as a shape.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...errors import InputError
from ...networks.reader_regions import OUTER_EYES
from .head_model import COEFFICIENTS, POINTS, Doubles, Floats, HeadModel
from .products import product, solved
from .turns import turn_of, vector_of

COEFFICIENT_SPREAD = 0.1
"""How far the coefficients may lie from the reader's, as a standard deviation."""
_UNREAD_SPREAD = 0.35
"""The same where nothing was read and a face at rest is assumed."""
_ROTATION_SPREAD = np.radians(5.0)
_NEARNESS, _NEARNESS_SPREAD, _NEAREST = 0.08, 0.05, 0.28
"""One over the camera's distance: from a selfie to a telephoto lens."""
_SPREAD, _FINE_SPREAD = 0.03, 0.012
"""Of points whose spread is not given, and of lids and lips among them, over the distance of the
eyes' outer corners."""
_MODEL_SPREAD = 0.006
"""What the model's shapes leave unexplained, in decimetres."""
_TOGETHER = 2.0
"""Errors of neighbouring points are alike: taken as independent, they would count too much."""
_OUTLIER = 3.0
"""Points so many spreads off lose half of their weight."""
_FAR_SIDE = 0.12
"""Weight of oval points that face away: what is found there slides along the silhouette."""
_SKULL = np.array([0.0, -0.4, -1.0])
"""Oval points face away from here."""
_TURNED_AWAY, _IN_VIEW = -0.05, 0.3
"""Cosines between which an oval point counts more and more."""
_DAMPING = 1e-6
_POSE_STEPS, _STEPS, _BOUND_ROUNDS = 2, 3, 6
_POSE = 7
"""Turn [3], centre [2], logarithm of the scale, nearness."""
OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
"""Points around the face, clockwise from the top of the forehead."""
FINE = (
    *(33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    *(263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
    *(61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146),
    *(78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95),
)
"""Points of the edges of lids and lips."""


@dataclass(frozen=True, eq=False)
class HeadFit:
    """A head in a picture.

    shape: [K] and coefficients: [52] of the model. rotation: [3, 3] world = R @ head. centre: [2]
    xy of the eyes' middle. scale: pixels a decimetre there. nearness: one over the camera's
    distance from there, 0 for a picture without perspective. weights: [468] how much each point
    counted, 0 to 1. rms: how far the points are off, in pixels, by weight. remainder: [V, 3]
    decimetres to add to the vertices at rest, see `remainder`; None for nothing. Pixels are those
    of the picture that the points lie in.
    """

    shape: Doubles
    coefficients: Doubles
    rotation: Doubles
    centre: Doubles
    scale: float
    nearness: float
    weights: Doubles
    rms: float
    remainder: Floats | None = None

    def project(self, places: Doubles) -> Doubles:
        """[N, 3] decimetres from the eyes' middle, turned -> [N, 2] xy in the picture."""
        closer = self.scale / (1 - self.nearness * places[:, 2])
        return self.centre + closer[:, None] * places[:, :2] * (1, -1)


def fit_head(
    model: HeadModel,
    points: Doubles,
    coefficients: Doubles | None = None,
    *,
    spread: Doubles | float | None = None,
    rotation: Doubles | None = None,
    shape: Doubles | None = None,
    coefficient_spread: float = COEFFICIENT_SPREAD,
    shape_spread: float = 1.0,
) -> HeadFit:
    """Find the head whose mesh points lie at `points` [468, 2] of a picture, y down.

    coefficients: [52] as a reader found them; None where nothing is known. spread: of the points, a
    standard deviation in pixels, one or [468]. rotation: [3, 3] as a reader found it, a hint.
    shape: [K] what is known of the person's, the middle of all people's if None; shape_spread: how
    far it may lie from there.
    Raises InputError where the points are no face or an array has another shape.
    """
    points = np.asarray(points, np.float64)
    if points.shape != (POINTS, 2) or not np.isfinite(points).all():
        raise InputError(f"a head is fitted to {POINTS} finite points xy, not {points.shape}")
    given = np.zeros(COEFFICIENTS) if coefficients is None else np.asarray(coefficients, np.float64)
    if given.shape != (COEFFICIENTS,):
        raise InputError(f"a head is fitted with {COEFFICIENTS} coefficients, not {given.shape}")
    eyes = eye_distance(points)
    known = np.zeros(len(model.shapes)) if shape is None else np.asarray(shape, np.float64)
    fit = _start(model, points, known, given, rotation)
    spread = _usual_spread() * eyes if spread is None else np.asarray(spread, np.float64)
    task = _Task(
        model=model,
        points=points,
        spread=_TOGETHER * np.hypot(spread, _MODEL_SPREAD * fit.scale) * np.ones(POINTS),
        given=given,
        given_spread=_UNREAD_SPREAD if coefficients is None else coefficient_spread,
        known=known,
        known_spread=shape_spread,
        hint=rotation,
    )
    for step in range(_POSE_STEPS + _STEPS):
        fit = _improved(task, fit, whole=step >= _POSE_STEPS)
    return _judged(task, fit)


def eye_distance(points: Doubles) -> float:
    """Between the outer corners, in the unit of the points [468, 2]."""
    return float(np.linalg.norm(np.subtract(*points[list(OUTER_EYES)])))


def _usual_spread() -> Doubles:
    """[468] over the distance of the eyes."""
    spread = np.full(POINTS, _SPREAD)
    spread[list(FINE)] = _FINE_SPREAD
    return spread


@dataclass(frozen=True, eq=False)
class _Task:
    """What a fit must explain, and how closely."""

    model: HeadModel
    points: Doubles
    spread: Doubles
    given: Doubles
    given_spread: float
    known: Doubles
    known_spread: float
    hint: Doubles | None


def _start(
    model: HeadModel, points: Doubles, shape: Doubles, given: Doubles, rotation: Doubles | None
) -> HeadFit:
    """A head of the known shape, placed by a camera without perspective.

    Source: pose from orthography and scaling (DeMenthon and Davis, 1995), its first step.
    """
    head = model.points(shape, given)
    flat = (points - points.mean(0)) * (1, -1)
    solid = head - head.mean(0)
    if rotation is None:
        rows = np.linalg.lstsq(solid, flat, rcond=None)[0].T  # [2, 3]
        left, sizes, right = np.linalg.svd(rows, full_matrices=False)
        scale, rows = float(sizes.mean()), left @ right
        rotation = np.stack([*rows, np.cross(*rows)])
    else:
        seen = solid @ rotation[:2].T
        scale = float((seen * flat).sum() / (seen**2).sum())
    if scale <= 0:
        raise InputError("the mesh points are no face: they lie in one place or inside out")
    centre = points.mean(0) - scale * (head.mean(0) @ rotation[:2].T) * (1, -1)
    weights = np.ones(POINTS)
    return HeadFit(shape, given, rotation, centre, scale, _NEARNESS, weights, 0.0)


def _improved(task: _Task, fit: HeadFit, *, whole: bool) -> HeadFit:
    """One step: of the pose alone, or of the whole head."""
    turned = task.model.points(fit.shape, fit.coefficients) @ fit.rotation.T
    residual = task.points - fit.project(turned)
    closeness = np.sqrt(_weights(task, fit, residual, outliers=whole)) / task.spread  # [468]
    slopes = _slopes(fit, turned)
    columns = [_pose_slopes(fit, turned, slopes)]
    prior, wanted = np.zeros(_POSE), np.zeros(_POSE)
    prior[6], wanted[6] = _NEARNESS_SPREAD**-2, _NEARNESS - fit.nearness
    if task.hint is not None:
        prior[:3] = _ROTATION_SPREAD**-2
        wanted[:3] = vector_of(task.hint @ fit.rotation.T)
    if whole:
        columns.append((slopes @ fit.rotation) @ task.model.point_moves)
        sure = np.full(COEFFICIENTS, task.given_spread**-2)
        like = np.full(len(fit.shape), task.known_spread**-2)
        prior = np.concatenate([prior, like, sure])
        wanted = np.concatenate([wanted, task.known - fit.shape, task.given - fit.coefficients])
    scaled = np.concatenate(columns, 2) * closeness[:, None, None]
    jacobian = scaled.reshape(2 * POINTS, -1)  # [936, parameters]
    normal = product(jacobian.T, jacobian)
    normal[np.diag_indices_from(normal)] += prior + _DAMPING
    right = product((residual * closeness[:, None]).ravel(), jacobian) + prior * wanted
    return _moved(fit, _bounded(normal, right, fit) if whole else solved(normal, right))


def _bounded(normal: Doubles, right: Doubles, fit: HeadFit) -> Doubles:
    """The step that solves the normal equations with all coefficients in 0..1.

    What would leave the range stops at its end, and the others are solved for again.
    """
    first = len(right) - COEFFICIENTS
    low, high = -fit.coefficients, 1 - fit.coefficients
    step, free = np.zeros(len(right)), np.ones(len(right), np.bool_)
    for _ in range(_BOUND_ROUNDS):
        stopped = product(normal[np.ix_(free, ~free)], step[~free])
        step[free] = solved(normal[np.ix_(free, free)], right[free] - stopped)
        held = step[first:].clip(low, high)
        leaving = held != step[first:]
        if not leaving.any():
            break
        step[first:], free[first:] = held, free[first:] & ~leaving
    return step


def _slopes(fit: HeadFit, turned: Doubles) -> Doubles:
    """[468, 2, 3] how the projected points move as the turned points move along x, y and z."""
    closer = 1 / (1 - fit.nearness * turned[:, 2])
    slopes = np.zeros((len(turned), 2, 3))
    slopes[:, 0, 0], slopes[:, 1, 1] = closer, -closer
    slopes[:, :, 2] = turned[:, :2] * (1, -1) * (fit.nearness * closer**2)[:, None]
    return fit.scale * slopes


def _pose_slopes(fit: HeadFit, turned: Doubles, slopes: Doubles) -> Doubles:
    """[468, 2, 7] how they move with the turn, the centre, the scale and the nearness."""
    turns = np.cross(np.eye(3), turned[:, None])  # [468, 3, 3], a turn about each axis
    seen = (fit.project(turned) - fit.centre)[..., None]
    nearer = seen * (turned[:, 2] / (1 - fit.nearness * turned[:, 2]))[:, None, None]
    along = np.broadcast_to(np.eye(2), (len(turned), 2, 2))
    return np.concatenate([slopes @ turns.transpose(0, 2, 1), along, seen, nearer], 2)


def _moved(fit: HeadFit, step: Doubles) -> HeadFit:
    """The fit after a step."""
    shape, coefficients = fit.shape, fit.coefficients
    if len(step) > _POSE:
        shape = shape + step[_POSE : _POSE + len(shape)]
        coefficients = (coefficients + step[_POSE + len(shape) :]).clip(0, 1)
    return HeadFit(
        shape=shape,
        coefficients=coefficients,
        rotation=turn_of(step[:3]) @ fit.rotation,
        centre=fit.centre + step[3:5],
        scale=fit.scale * float(np.exp(np.clip(step[5], -0.5, 0.5))),
        nearness=float(np.clip(fit.nearness + step[6], 0, _NEAREST)),
        weights=fit.weights,
        rms=0.0,
    )


def _weights(task: _Task, fit: HeadFit, residual: Doubles, *, outliers: bool) -> Doubles:
    """[468] less for oval points on the far side and for points that are far off."""
    outward = task.model.point_mean[list(OVAL)] - _SKULL
    facing = (outward @ fit.rotation[2]) / np.linalg.norm(outward, axis=1)
    share = ((facing - _TURNED_AWAY) / (_IN_VIEW - _TURNED_AWAY)).clip(0, 1)
    weights = np.ones(POINTS)
    weights[list(OVAL)] = _FAR_SIDE + (1 - _FAR_SIDE) * share
    if outliers:
        off = np.linalg.norm(residual, axis=1) / (_OUTLIER * task.spread)
        weights /= 1 + off**2
    return weights


def _judged(task: _Task, fit: HeadFit) -> HeadFit:
    """The fit with its weights and its error."""
    turned = task.model.points(fit.shape, fit.coefficients) @ fit.rotation.T
    residual = task.points - fit.project(turned)
    weights = _weights(task, fit, residual, outliers=True)
    rms = float(np.sqrt((weights * (residual**2).sum(1)).sum() / weights.sum()))
    return replace(fit, weights=weights, rms=rms)
