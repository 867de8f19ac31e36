"""What the all-in-one nodes take beside a picture and a clip."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.core.reenact.tiny import SIZE
from tests.nodes.conftest import image
from tests.nodes.fake_host import FakeVideo
from tests.nodes.imported import Pack
from tests.nodes.runner import ALL_IN_ONE, Runner, refused


@pytest.fixture
def node(pack: Pack) -> Runner:
    return Runner(pack)


def test_a_video_keeps_rate_length_and_trim(node: Runner):
    driving, path = node("SampleClip", name="talk")
    options = {**ALL_IN_ONE, "paste_back": True}
    models, source = node.models(), image("f", side=96)
    video, report, (box,), mask, crops = node(
        "ReenactVideo", models=models, source=source, driving=driving, **options
    )
    rows, columns = mask[0].nonzero(as_tuple=True)
    assert box["x"] <= columns.min() <= columns.max() < box["x"] + box["width"]
    assert box["y"] <= rows.min() <= rows.max() < box["y"] + box["height"]
    alone = FakeVideo.read(Path(crops.path))
    assert (alone.width, alone.height, len(list(alone))) == (SIZE, SIZE, 6)
    read = FakeVideo.read(Path(video.path))
    assert (read.width, read.height) == (96, 96)
    assert read.rate == FakeVideo.read(Path(path)).rate
    assert len(list(read)) == 6
    assert report.startswith("6 of 6")
    cut = FakeVideo(path, start=0.08, duration=0.12)
    video, report, *_ = node("ReenactVideo", models=models, source=source, driving=cut, **options)
    assert len(list(FakeVideo.read(Path(video.path)))) == 3
    assert report.startswith("3 of 3")


def test_an_identity_performs_poses_without_pictures(node: Runner):
    steps = node.steps(image("f", side=96), image("fff"), keeps=True)
    given = {"models": steps["models"], "identity": steps["latent"], "poses": steps["poses"]}
    options = ALL_IN_ONE
    images, report, *_ = node("Reenact", follow=True, **given, **options)
    assert report.startswith("3 of 3 frames drawn")
    assert torch.allclose(images, steps["images"], atol=1 / 255)
    video, _, (box,), mask, crops = node("ReenactVideo", **given, **options)
    read = FakeVideo.read(Path(video.path))
    assert (read.rate, len(list(read)), crops.path) == (25, 3, video.path)
    assert (box["width"], mask.shape) == (SIZE, (1, SIZE, SIZE))
    with refused(node.pack, "nobody to animate"):
        node("Reenact", follow=True, models=steps["models"], poses=steps["poses"], **options)
    for name in ("Reenact", "ReenactVideo"):
        alone = {"models": steps["models"], "source": image("f"), **options}
        with refused(node.pack, "nothing to perform"):
            node(name, **alone, **({"follow": True} if name == "Reenact" else {}))


def test_what_stays_in_front_and_boxes_are_heeded(node: Runner):
    given = {"models": node.models(), "source": image("f", side=96), "driving": image("f")}
    given |= {**ALL_IN_ONE, "paste_back": True, "follow": True}
    free, _, _, share, crops = node("Reenact", **given)
    covered = torch.zeros(1, 96, 96)
    covered[:, :, :48] = 1
    images, _, _, masks, _ = node("Reenact", front=covered, **given)
    assert torch.allclose(images[0, :, :48], given["source"][0, :, :48], atol=0.51 / 255)
    assert torch.equal(images[0, :, 48:], free[0, :, 48:])
    assert masks[0, :, :48].max() == 0 < share[0, :, :48].max()
    assert crops.shape == (1, SIZE, SIZE, 3)
    with refused(node.pack, "give a mask of its size"):
        node("Reenact", front=covered[:, :40], **given)
    box = {"x": 0, "y": 0, "width": 64, "height": 64}
    clip = {**given, "driving": image("fff")}
    assert node("Reenact", bboxes=box, **clip)[1].startswith("3 of 3")
    with refused(node.pack, "boxes for fewer frames"):
        node("Reenact", bboxes=[[box], [box]], **clip)


def test_paste_back_leaves_what_stays_in_front(node: Runner):
    frames, black = image("ff", side=96), torch.zeros(2, 64, 64, 3)
    given = {"frames": frames, "faces": node.faces(node.models(), frames), "images": black}
    given |= {"feather": 0.1, "colour_match": False}
    free, _ = node("PasteBack", **given)
    covered = torch.zeros(1, 96, 96)
    covered[:, :48] = 1
    behind, share = node("PasteBack", front=covered, **given)
    assert torch.allclose(behind[:, :48], frames[:, :48], atol=0.51 / 255)
    assert torch.equal(behind[:, 48:], free[:, 48:])
    assert share[:, :48].max() == 0
    with refused(node.pack, "give masks of their size"):
        node("PasteBack", front=covered[:, :50], **given)
