"""Shards of heads of the linear model, painted by where a place is on the head, with exact flow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from hyperreenact_core.heads.gaze import rotation_matrix
from hyperreenact_core.heads.parts import Label
from hyperreenact_core.reenact.detail.fit import HeadFit
from hyperreenact_core.reenact.detail.flow import NOTHING, Drawing, depth_of, draw_head
from hyperreenact_core.reenact.detail.head_model import EYE, HAIR, MOUTH, SKIN, load_head_model
from hyperreenact_core.reenact.detail.pose import pose_head

SIZE = 64
MODEL = load_head_model()
_SHOWS = np.zeros(256, np.uint8)
_SHOWS[[SKIN, EYE, MOUTH, HAIR]] = Label.FACE, Label.EYES, Label.MOUTH, Label.HAIR
_NEAR = 0.06
"""Decimetres: what is so much deeper than what the other picture shows there is hidden in it."""
Record = dict[str, NDArray[np.generic]]


def write_pairs(path: Path, *, first: int, pairs: int = 3) -> None:
    """People from the seed `first` on, one pair each: every other one still, with another face."""
    records: list[Record] = []
    for number in range(pairs):
        records += _pair(first + number, turned=number % 2 == 0)
    for row, record in enumerate(records):
        record["partner"] = np.array(row ^ 1, np.int64)
        record["clip"] = np.array(row // 2, np.int64)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: np.stack([r[name] for r in records]) for name in records[0]}, path)


def _pair(seed: int, *, turned: bool) -> list[Record]:
    rng = np.random.default_rng(seed)
    yaw, pitch = rng.uniform(-10, 10, 2)
    face = np.where(rng.random(52) < 0.1, rng.random(52) * 0.5, 0.0)
    fit = HeadFit(
        shape=rng.normal(size=len(MODEL.shapes)) * 0.6,
        coefficients=face,
        rotation=rotation_matrix(yaw, pitch, 0),
        centre=np.array([SIZE / 2, SIZE * 0.45]),
        scale=15.0,
        nearness=0.08,
        weights=np.ones(468),
        rms=0.0,
    )
    other = face.copy()
    other[[8, 9, 24]] = (1.0, 1.0, 0.4)
    turn = rotation_matrix(yaw + 15, pitch, 0) if turned else fit.rotation
    states = ((fit.rotation, face), (turn, face if turned else other))
    drawn = [
        draw_head(
            MODEL,
            pose_head(MODEL, fit, rotation=rotation, coefficients=c, chest_share=1.0),
            side=SIZE,
            size=SIZE,
        )
        for rotation, c in states
    ]
    behind = cv2.resize(rng.integers(0, 255, (9, 9, 3), dtype=np.uint8), (SIZE, SIZE))
    return [
        _record(seed, fit, state, (mine, theirs), np.asarray(behind, np.uint8))
        for state, mine, theirs in zip(states, drawn, drawn[::-1], strict=True)
    ]


def _record(
    seed: int,
    fit: HeadFit,
    state: tuple[NDArray[np.float64], NDArray[np.float64]],
    drawings: tuple[Drawing, Drawing],
    behind: NDArray[np.uint8],
) -> Record:
    rotation, face = state
    mine, theirs = drawings
    at = np.unravel_index(mine.covered.at, (SIZE, SIZE))
    picture = behind.copy()
    paint = (np.sin(MODEL.mean * (3.0, 4.0, 5.0)) * 90 + 128).astype(np.float32)
    picture[at] = mine.covered.mix(MODEL.faces, paint).astype(np.uint8)
    flow = np.zeros((SIZE, SIZE, 2), np.float16)
    there = mine.covered.mix(MODEL.faces, theirs.posed.xy.astype(np.float32))
    flow[at] = there - np.stack(at[::-1], 1) - 0.5
    hidden = np.zeros((SIZE, SIZE), np.uint8)
    depth = mine.covered.mix(MODEL.faces, depth_of(MODEL, theirs.posed))
    hidden[at] = _hidden(there, depth, theirs)
    pivot, place = MODEL.pivot(fit.shape), fit.rotation @ MODEL.pivot(fit.shape)
    turned = (MODEL.points(fit.shape, face) - pivot) @ rotation.T + place
    points = np.c_[replace(fit, rotation=rotation).project(turned), -turned[:, 2] * fit.scale]
    return {
        "images": picture,
        "coverage": (mine.region != NOTHING).astype(np.uint8) * 255,
        "labels": _SHOWS[mine.region],
        "flow": flow,
        "hidden": hidden,
        "points": points.astype(np.float32),
        "visible": np.ones(468, np.uint8),
        "irises": points[[468 - 2, 468 - 1], :2].astype(np.float32),
        "gaze": np.tile(np.array([0, 0, 1], np.float32), (2, 1)),
        "rotation": rotation.astype(np.float32),
        "expression": face.astype(np.float32),
        "identity": np.array(seed, np.int64),
    }


def _hidden(
    there: NDArray[np.float32], depth: NDArray[np.float32], drawing: Drawing
) -> NDArray[np.bool_]:
    """[N] whether a drawing shows something nearer at these places [N, 2] of these depths [N]."""
    deep = cv2.dilate(drawing.depth, np.ones((2, 2), np.uint8))
    column, row = np.ceil(there - 0.5).astype(int).T
    inside = (np.minimum(column, row) >= 0) & (np.maximum(column, row) < SIZE)
    nearer = depth > deep[row.clip(0, SIZE - 1), column.clip(0, SIZE - 1)] + _NEAR
    return np.asarray(~inside | nearer)
