"""Footage whose face takes another performance."""

from __future__ import annotations

from pathlib import Path

from tests.nodes.conftest import image
from tests.nodes.fake_host import FakeVideo
from tests.nodes.imported import ROOT, Pack
from tests.nodes.runner import Runner, refused

OPTIONS = {
    "transfer": "lips",
    "length": "shortest",
    "sound": "auto",
    "face": "largest",
    "face_number": 0,
    "stabilise": 1,
}


def test_footage_takes_another_performance_and_keeps_size_and_rate(pack: Pack):
    node = Runner(pack)
    sample = sorted((ROOT / "workflows" / "samples").glob("*.mp4"))[0].stem
    footage, path = node("SampleClip", name=sample)
    video, report = node(
        "ReenactFootage",
        models=node.models(),
        source=footage,
        driving=FakeVideo(path, start=0.08, duration=0.12),
        **OPTIONS,
    )
    before, after = (FakeVideo.read(Path(one)) for one in (path, video.path))
    assert (after.width, after.height, after.rate) == (before.width, before.height, before.rate)
    assert len(list(after)) == 3
    assert report == "3 of 3 frames changed, 0 show no face"


def test_footage_performs_poses_and_scales_motion(pack: Pack):
    node = Runner(pack)
    footage, path = node("SampleClip", name="talk")
    models = node.models()
    poses, _ = node(
        "ExtractPose", models=models, faces=node.faces(models, image("fff")), batch_size=0
    )
    given = {"models": models, "source": FakeVideo(path, start=0, duration=0.12), **OPTIONS}
    video, report = node("ReenactFootage", poses=poses, **given)
    assert len(list(FakeVideo.read(Path(video.path)))) == 3
    assert report == "3 of 3 frames changed, 0 show no face"
    still, _ = node("ReenactFootage", driving=footage, expression=0.0, head=0.0, **given)
    assert len(list(FakeVideo.read(Path(still.path)))) == 3
    with refused(pack, "connect driving or poses"):
        node("ReenactFootage", **given)
    with refused(pack, "expression must lie in 0..3"):
        node("ReenactFootage", driving=footage, expression=4.0, **given)


def test_a_video_performs_with_a_new_face(pack: Pack):
    node = Runner(pack)
    _, path = node("SampleClip", name="talk")
    clip = FakeVideo(path, start=0, duration=0.12)
    given = {"models": node.models(), "driving": clip, "colour_match": True, "stabilise": 1}
    given |= {"face": "largest", "face_number": 0}
    video, report = node("ReplaceFace", source=image("f", side=96), **given)
    before, after = (FakeVideo.read(Path(one)) for one in (path, video.path))
    assert (after.width, after.height, after.rate) == (before.width, before.height, before.rate)
    assert len(list(after)) == 3
    assert report == "3 of 3 frames changed, 0 show no face"
    with refused(pack, "connect source or identity"):
        node("ReplaceFace", **given)
