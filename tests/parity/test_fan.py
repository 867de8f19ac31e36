"""The landmark network of the published program, from face box to points."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import Tensor

from hyperreenact_core.face.fan_landmarks import (
    FanSquare,
    fan_crop,
    fan_square,
    points_from_heatmaps,
    points_in_picture,
)
from tests.parity.golden import assert_parity, crops, golden
from tests.parity.networks import published

MIN_MARGIN = 1e-4
"""Where the two highest values of a heat map are closer, rounding may pick the other one."""


def picture() -> Tensor:
    """The first target crop, [3, 256, 256] in [0, 1]; this network is tested on no other."""
    return (crops("target")[0].clamp(-1, 1) + 1) / (2 + 1e-5)


@torch.inference_mode()
def test_heat_maps_of_all_stages() -> None:
    heatmaps = list(published("fan").stages(picture()[None]))
    results = {f"net.stage{i}": maps for i, maps in enumerate(heatmaps)}
    results["net.stage3.sub"] = heatmaps[-1][..., ::4, ::4]
    margins = {f"crop.{case}.margin" for case in cases()}
    assert set(results) == set(golden().outputs("fan")) - margins
    assert_parity("fan", results)


def cases() -> list[str]:
    names = golden().files["fan"]
    return sorted(name.split(".")[1] for name in names if name.endswith(".face"))


def crop_of(case: str) -> tuple[Tensor, FanSquare]:
    left, top, right, bottom, _score = golden().tensor("fan", f"crop.{case}.face").tolist()
    square = fan_square((left, top, right, bottom))
    return fan_crop(picture(), square)[None], square


def test_there_are_faces_inside_beyond_and_larger_than_the_picture() -> None:
    assert cases() == ["inside", "large", "outside"]


@pytest.mark.parametrize("case", ["inside", "outside", "large"])
def test_crop_of_a_face_box(case: str) -> None:
    crop, _ = crop_of(case)
    samples = crop.flatten()[golden().tensor("fan", f"crop.{case}.idx")]
    assert_parity("fan", {f"crop.{case}.val": samples})
    # The tolerance tells this resize from an antialiased one wherever the crop is reduced.
    if case != "inside":
        antialiased = golden().tensor("fan", f"crop.{case}.val_antialias")
        assert golden().deviations("fan", f"crop.{case}.val", antialiased)[f"crop.{case}.val"] > 100


@torch.inference_mode()
@pytest.mark.parametrize("case", ["inside", "outside", "large"])
def test_points_of_a_face_box(case: str) -> None:
    crop, square = crop_of(case)
    heatmaps = published("fan")(crop)
    best, second = heatmaps.flatten(2).topk(2, dim=2).values.unbind(2)
    points = points_in_picture(points_from_heatmaps(heatmaps), square).trunc()
    clear = golden().tensor("fan", f"crop.{case}.margin")[..., None] > MIN_MARGIN
    points = torch.where(clear, points, golden().tensor("fan", f"crop.{case}.points"))
    assert_parity("fan", {f"crop.{case}.points": points, f"crop.{case}.margin": best - second})


def test_grey_levels_of_the_crop() -> None:
    corner = picture()[None, :, 100:108, 100:108] * 255
    assert_parity("fan", {"crop.input_corner": corner})


def test_points_from_heat_maps() -> None:
    stored = partial(golden().tensor, "fan")
    points64 = points_from_heatmaps(stored("decode.heatmaps").float())
    cx, cy = stored("decode.center").tolist()
    square = FanSquare(cx=cx, cy=cy, side=200 * float(stored("decode.scale")))
    points = points_in_picture(points64, square).trunc()
    assert_parity("fan", {"decode.points64": points64, "decode.points": points})
