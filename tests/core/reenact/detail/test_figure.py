"""What of a picture belongs to the person."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from hyperreenact_core.reenact.detail.figure import figure_of
from hyperreenact_core.reenact.detail.flow import NOTHING, draw_head
from hyperreenact_core.reenact.detail.head_model import load_head_model
from hyperreenact_core.reenact.detail.pose import pose_head

from .heads import SIDE, sitter

MODEL = load_head_model()
FIT = sitter(5).truth
HEAD = draw_head(MODEL, pose_head(MODEL, replace(FIT, scale=0.6 * FIT.scale)), side=SIDE, size=256)


def portrait(hair: int, wall: int) -> tuple[np.ndarray, np.ndarray]:
    """A head with a wide crown of hair before a wall, and where the hair is."""
    shown = (HEAD.region != NOTHING).astype(np.uint8)
    crown = (cv2.dilate(shown, np.ones((25, 25), np.uint8)) > 0) & (shown == 0)
    noise = np.random.default_rng(0).normal(0, 6, (256, 256, 3))
    grey = np.where(shown > 0, 170, np.where(crown, hair, wall))[..., None]
    return (grey + noise).clip(0, 255).astype(np.uint8), crown


def test_hair_that_the_model_does_not_know_is_found_and_the_wall_is_not():
    picture, crown = portrait(hair=40, wall=220)
    figure = figure_of(picture, HEAD)
    wall = ~crown & (HEAD.region == NOTHING)
    assert figure[HEAD.region != NOTHING].min() > 0.9
    assert figure[crown].mean() > 0.9
    assert figure[wall].mean() < 0.35, "its outline is taken wide"


def test_the_same_picture_gives_the_same_outline():
    picture, _ = portrait(hair=40, wall=220)
    assert (figure_of(picture, HEAD) == figure_of(picture, HEAD)).all()
