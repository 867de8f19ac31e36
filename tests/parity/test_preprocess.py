"""Pictures and landmarks -> the crops the published program makes of them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from hyperreenact_core.face.align import CropRule, crop_face, limit_width
from hyperreenact_core.imaging import ImageU8, tensor_from_u8, u8_from_tensor
from tests.parity.golden import assert_parity, crops, golden

RULE = CropRule(whole_pixels=True)


def stored(name: str) -> Tensor:
    return golden().tensor("preprocess", name)


def cut(picture: ImageU8, landmarks: str) -> Tensor:
    """The crop as uint8 [256, 256, 3]; going through [-1, 1] loses nothing."""
    face = crop_face(picture, stored(landmarks), RULE)
    return torch.from_numpy(u8_from_tensor(face.image[None])[0])


def test_crops_inside_the_picture() -> None:
    results = {
        f"crop.{face}": cut(stored(f"picture.{face}").numpy(), f"landmarks.picture.{face}")
        for face in (f"{role}.{i}" for role in ("source", "target") for i in range(golden().batch))
    }
    assert set(results) == set(golden().outputs("preprocess", group="exact", prefix="crop."))
    assert_parity("preprocess", results)


def test_crops_that_leave_the_picture() -> None:
    names = golden().outputs("preprocess", group="crop_padded")
    picture = stored("picture.source.0").numpy()
    assert len(names) == 4
    assert_parity(
        "preprocess", {name: cut(picture, name.replace(".crop", ".landmarks")) for name in names}
    )


def test_large_pictures_are_reduced_first() -> None:
    repeat = int(stored("big.repeat"))
    picture = stored("picture.source.0").numpy().repeat(repeat, axis=0).repeat(repeat, axis=1)
    reduced = limit_width(np.ascontiguousarray(picture))
    assert_parity(
        "preprocess",
        {
            "big.resized_shape": torch.tensor(reduced.shape),
            "big.crop": cut(reduced, "big.landmarks"),
        },
    )


def test_numbers_the_networks_see() -> None:
    image = tensor_from_u8(u8_from_tensor(crops("source")))
    assert_parity("preprocess", {"image_tensor.source.corner": image[..., 100:108, 100:108]})
