"""Several people of one picture, each with a performer of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.nodes.conftest import image
from tests.nodes.fake_host import FakeVideo
from tests.nodes.imported import Pack
from tests.nodes.runner import ALL_IN_ONE, Runner, refused

WHO = {"face_number": 0, "performer": "largest", "performer_number": 0}


@pytest.fixture
def node(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """The tiny set sees a face in every part of a picture: two of them are enough."""
    core = pack.part("hyperreenact_core.reenact.source")
    find = core.analyse_sources

    def two(*given: Any, **options: Any) -> list[Any]:
        faces = find(*given, **options)
        return [replace(faces[0], faces=2), replace(faces[-1], faces=2)]

    monkeypatch.setattr(core, "analyse_sources", two)
    return Runner(pack)


def pair(node: Runner, *, second: Any = None) -> Any:
    """The cast of a picture with two faces: the left one played by a clip, the right by another."""
    clip, _ = node("SampleClip", name="talk")
    (left,) = node("CastFace", face="leftmost", driving=clip, **WHO)
    other = {"driving": node("SampleClip", name="turn")[0]} if second is None else second
    return node("CastFace", face="rightmost", before=left, **other, **WHO)[0]


def two_faces() -> torch.Tensor:
    return torch.cat([image("f"), image("f")], dim=2)


def test_two_people_of_one_picture_perform(node: Runner):
    source = two_faces()
    given = {"models": node.models(), "source": source, **ALL_IN_ONE}
    video, report, boxes, masks, crops = node("ReenactVideo", cast=pair(node), **given)
    read = FakeVideo.read(Path(video.path))
    assert (read.width, read.height, len(list(read))) == (128, 64, 6)
    assert report.startswith("6 of 6 frames drawn\n2 of 2 faces of the source perform")
    left, right = boxes
    assert left["x"] < right["x"]
    for box in boxes:
        part = masks[0, box["y"] : box["y"] + box["height"], box["x"] : box["x"] + box["width"]]
        assert part.max() > 0.5
    assert len(list(FakeVideo.read(Path(crops.path)))) == 6


def test_poses_play_one_face_and_driving_the_others(node: Runner):
    models = node.models()
    poses, _ = node(
        "ExtractPose", models=models, faces=node.faces(models, image("fff")), batch_size=0
    )
    (cast,) = node("CastFace", face="rightmost", poses=poses, **WHO)
    given = {"models": models, "source": two_faces(), **ALL_IN_ONE}
    alone, report, boxes, *_ = node("ReenactVideo", cast=cast, **given)
    assert len(list(FakeVideo.read(Path(alone.path)))) == 3
    assert "1 of 2 faces" in report
    assert len(boxes) == 1
    clip, _ = node("SampleClip", name="talk")
    both, report, *_ = node("ReenactVideo", cast=cast, driving=clip, **given)
    assert len(list(FakeVideo.read(Path(both.path)))) == 6
    assert "2 of 2 faces" in report


def test_a_cast_that_cannot_play_says_what_to_connect(node: Runner):
    given = {"models": node.models(), "source": two_faces(), **ALL_IN_ONE}
    with refused(node.pack, "connect driving or poses to its Cast Face"):
        node("ReenactVideo", cast=pair(node, second={}), **given)
    with refused(node.pack, "leave bboxes away"):
        node("ReenactVideo", cast=pair(node), bboxes={}, **given)
    with refused(node.pack, "driving is to drive any face, but others have that already"):
        clip, _ = node("SampleClip", name="talk")
        again = FakeVideo(clip.path)
        node("ReenactVideo", cast=pair(node), driving=again, **given)
    (twice,) = node("CastFace", face="leftmost", before=pair(node), driving=clip, **WHO)
    with refused(node.pack, "video 1 is to drive the face leftmost, but others have that"):
        node("ReenactVideo", cast=twice, **given)
    alone = {key: value for key, value in given.items() if key != "source"}
    with refused(node.pack, "connect source, not identity"):
        node("ReenactVideo", cast=pair(node), **alone)
