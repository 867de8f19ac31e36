"""The inputs of ArcFace and DECA, cut from a crop by its landmarks."""

from __future__ import annotations

import torch
from torch import Tensor

from hyperreenact_core.face.align import (
    five_point_theta,
    five_point_warp,
    pose_crop,
    pose_crop_matrix,
)
from tests.parity.golden import assert_parity, crops, golden
from tests.parity.networks import published


def landmarks(role: str) -> Tensor:
    return golden().tensor("preprocess", f"landmarks.crop.{role}")


def test_five_point_similarities() -> None:
    given = golden().tensor("arcface", "affine.landmarks")
    results = {
        "affine.matrix": five_point_theta(given, height=256, width=256),
        "affine.matrix_200x320": five_point_theta(given, height=200, width=320),
    }
    assert set(results) == set(golden().outputs("arcface", group="affine"))
    assert_parity("arcface", results)


def test_aligned_faces() -> None:
    assert_parity("arcface", {"warped": five_point_warp(crops("source"), landmarks("source"))})


@torch.inference_mode()
def test_a_face_that_leaves_the_crop() -> None:
    leaving = golden().tensor("arcface", "affine.landmarks")[-1:]
    warped = five_point_warp(crops("source")[:1], leaving)
    features = published("arcface")(warped)
    results = {"edge.warped_sub": warped[..., ::2, ::2], "edge.feature_map": features.map}
    assert_parity("arcface", results)


def test_pose_crops() -> None:
    leaving = golden().tensor("deca", "crop.edge.landmarks")[None]
    image = pose_crop(crops("target"), landmarks("target"))
    results = {
        "crop.matrix": pose_crop_matrix(landmarks("target")),
        "crop.image": image,
        "crop.image_sub": image[..., ::16, ::16],
        "crop.edge.matrix": pose_crop_matrix(leaving)[0],
        "crop.edge.image_sub": pose_crop(crops("target")[:1], leaving)[0, :, ::4, ::4],
    }
    expected = golden().outputs("deca", group="affine") + golden().outputs(
        "deca", group="deca_crop"
    )
    assert set(results) == set(expected)
    assert_parity("deca", results)


def test_the_other_corner_convention_is_another_crop() -> None:
    other = golden().tensor("deca", "crop.image_align_corners_true")
    assert golden().deviations("deca", "crop.image_sub", other)["crop.image_sub"] > 100
