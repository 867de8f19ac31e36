"""Footage whose face takes another performance."""

from __future__ import annotations

from pathlib import Path

from tests.nodes.fake_host import FakeVideo
from tests.nodes.imported import ROOT, Pack
from tests.nodes.runner import Runner


def test_footage_takes_another_performance_and_keeps_size_and_rate(pack: Pack):
    node = Runner(pack)
    sample = sorted((ROOT / "workflows" / "samples").glob("*.mp4"))[0].stem
    footage, path = node("SampleClip", name=sample)
    video, report = node(
        "ReenactFootage",
        models=node.models(),
        source=footage,
        driving=FakeVideo(path, start=0.08, duration=0.12),
        transfer="lips",
        length="shortest",
        sound="auto",
        face="largest",
        face_number=0,
        stabilise=1,
    )
    before, after = (FakeVideo.read(Path(one)) for one in (path, video.path))
    assert (after.width, after.height, after.rate) == (before.width, before.height, before.rate)
    assert len(list(after)) == 3
    assert report == "3 of 3 frames changed, 0 show no face"
