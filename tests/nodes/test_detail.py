"""Detail Transfer, and the picture that StyleGAN2 Invert keeps for it."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch

from tests.nodes.conftest import image
from tests.nodes.imported import Pack
from tests.nodes.runner import ALIGN, ALL_IN_ONE, Runner, refused

WANTED = {"detail": 1.0, "size": 64, "batch_size": 2}


@pytest.fixture
def node(pack: Pack) -> Runner:
    return Runner(pack)


@pytest.fixture(scope="module")
def steps(pack: Pack) -> dict[str, Any]:
    with torch.inference_mode():
        return Runner(pack).steps(image("f"), image("f.f"), keeps=True)


def test_the_chain_with_detail_gives_what_the_single_node_gives(
    node: Runner, steps: dict[str, Any]
):
    images, said = node("DetailTransfer", **steps, **{**WANTED, "size": 256})
    options = {**ALL_IN_ONE, "detail": 1.0, "size": 256, "follow": True}
    whole, report, *_ = node(
        "Reenact", models=node.models(), source=image("f"), driving=image("f.f"), **options
    )
    assert images.shape == whole.shape == (3, 256, 256, 3)
    assert torch.allclose(images, whole, atol=1.51 / 255), "rounded to whole steps"
    share = r"\d+% of the head came from the source, in frame \d \d+%"
    assert re.fullmatch(share, said)
    assert report.splitlines()[:2] == ["3 of 3 frames drawn, 1 without a face", said]


def test_one_framing_holds_through_the_chain(node: Runner):
    square = {"crop_size": 1.5, "crop_x": 0.2, "crop_y": -0.1, "crop_roll": 10.0}
    (framing,) = node("FrameFace", **square)
    models, source, driving = node.models(), image("f", side=96), image("f.f", side=96)
    faces, crops, masks, *_, boxes = node(
        "AlignFace", models=models, images=source, **ALIGN, framing=framing
    )
    usual, own, face_mask, *_ = node("AlignFace", models=models, images=source, **ALIGN)
    assert crops.shape == own.shape
    assert not torch.equal(crops, own)
    assert 0 < masks.sum() < 0.7 * face_mask.sum(), "there is more around the face"
    given = {"models": models, "index": 0, "picture": source}
    latents = [node("Invert", faces=found, **given)[0] for found in (usual, faces)]
    assert torch.equal(*(latent.identity.w_plus for latent in latents)), "it sees the same face"
    seen = node.faces(models, driving)
    poses, _ = node("ExtractPose", models=models, faces=seen, batch_size=0)
    detailed, _ = node("DetailTransfer", models=models, latent=latents[1], poses=poses, **WANTED)
    paste = {"feather": 0.15, "colour_match": True}
    pasted, _ = node("PasteBack", frames=source, faces=faces, images=detailed, **paste)
    options = {**ALL_IN_ONE, "detail": 1.0, "size": 64, "follow": True, "paste_back": True}
    whole, _, box, _, alone = node(
        "Reenact", models=models, source=source, driving=driving, **options, framing=framing
    )
    assert torch.allclose(alone, detailed, atol=1.51 / 255)
    assert torch.allclose(whole, pasted, atol=3.01 / 255)
    assert box == boxes[0]
    (framing,) = node("FrameFace", **{**square, "crop_size": 5.0})
    with refused(node.pack, "crop_size must lie in"):
        node("AlignFace", models=models, images=source, **ALIGN, framing=framing)


def test_no_detail_is_the_generators_picture_enlarged(node: Runner, steps: dict[str, Any]):
    plain, said = node("DetailTransfer", **steps, **{**WANTED, "detail": 0.0})
    assert plain.shape == (3, 64, 64, 3)
    assert said == "0% of the head came from the source, in frame 0 0%"
    small = torch.nn.functional.avg_pool2d(plain.movedim(-1, 1), 2).movedim(1, -1)
    assert (small - steps["images"]).abs().mean() < 0.02
    full = node("DetailTransfer", **steps, **WANTED)[0]
    assert not torch.allclose(full, plain, atol=0.05)


def test_the_frame_the_face_was_cut_from_is_kept(node: Runner):
    models, batch = node.models(), image("fff", side=96)
    faces = node.faces(models, batch, follow=False)
    given = {"models": models, "faces": faces}
    second, _ = node("Invert", **given, index=1, picture=batch)
    alone, _ = node("Invert", **given, index=1, picture=batch[1:2])
    first, _ = node("Invert", **given, index=0, picture=batch)
    assert (second.portrait.image == alone.portrait.image).all()
    assert (second.portrait.image != first.portrait.image).any()
    with refused(node.pack, "picture holds 2 pictures, the face was cut from number 2"):
        node("Invert", **given, index=2, picture=batch[:2])
    with refused(node.pack, "cut from a picture of 96x96 pixels, this one has 64x64"):
        node("Invert", **given, index=0, picture=image("f"))


def test_a_held_face_is_kept_from_the_frame_that_shows_it(node: Runner):
    models, batch = node.models(), image("f.", side=96)
    faces = node.faces(models, batch)
    held, _ = node("Invert", models=models, faces=faces, index=1, picture=batch)
    shown, _ = node("Invert", models=models, faces=faces, index=0, picture=batch)
    assert (held.portrait.image == shown.portrait.image).all()


def test_what_is_missing_is_said(node: Runner, steps: dict[str, Any]):
    without = node.steps(image("f"), image("f"))["latent"]
    with refused(node.pack, "give StyleGAN2 Invert the picture too"):
        node("DetailTransfer", **{**steps, "latent": without}, **WANTED)
    with refused(node.pack, "2 images cannot take the detail of 3 poses"):
        node("DetailTransfer", **{**steps, "images": steps["images"][:2]}, **WANTED)
    with refused(node.pack, "size must lie in 64"):
        options = {**ALL_IN_ONE, "detail": 1.0, "size": 32, "follow": True}
        picture = image("f")
        node("Reenact", models=node.models(), source=picture, driving=picture, **options)
