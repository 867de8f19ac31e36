"""Files, links and marks: what passes between the nodes, the page and the disk."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hyperreenact_core.video import writer
from tests.nodes.conftest import image
from tests.nodes.fake_host import FakeVideo
from tests.nodes.imported import ROOT, Pack
from tests.nodes.runner import ALL_IN_ONE, Runner, refused


@pytest.fixture
def node(pack: Pack) -> Runner:
    return Runner(pack)


@pytest.mark.parametrize(
    ("name", "key"),
    [("LoadModels", "model_set"), ("LoadIdentity", "file"), ("LoadPoseTrack", "file")],
)
def test_a_linked_value_is_not_refused_before_it_is_known(pack: Pack, name: str, key: str):
    cls = pack.classes[f"HyperReenact_{name}"]
    assert cls.validate_inputs(**{key: None}) is True
    if hasattr(cls, "fingerprint_inputs"):
        assert cls.fingerprint_inputs(**{key: None}) == 0
        assert cls.fingerprint_inputs(**{key: "gone.safetensors"}) == 0


def test_a_linked_name_that_does_not_exist_is_refused_when_the_node_runs(node: Runner):
    with refused(node.pack, "nonsense"):
        node("LoadModels", model_set="nonsense", precision="auto")
    with refused(node.pack, "no such file|cannot be read"):
        node("LoadIdentity", file="nonsense.safetensors")
    for name in ("SamplePortrait", "SampleClip"):
        with refused(node.pack, "there is no sample '../nonsense'"):
            node(name, name="../nonsense")


def test_loaders_list_files_of_their_own_kind_only(node: Runner):
    models = node.models()
    faces = node.faces(models, image("f"))
    latent, _ = node("Invert", models=models, faces=faces, index=0)
    poses, _ = node("ExtractPose", models=models, faces=faces, batch_size=0)
    (one,) = node("SaveIdentity", latent=latent, filename_prefix="hyperreenact/kind")
    (other,) = node("SavePoseTrack", poses=poses, filename_prefix="hyperreenact/sort")
    given = node.pack.host.root / "input"
    (given / "weights.safetensors").write_bytes(Path(one).read_bytes()[:4])
    (given / "mine.safetensors").write_bytes(Path(other).read_bytes())
    identities, tracks = (
        node.pack.classes[f"HyperReenact_{name}"].define_schema().inputs[0].options
        for name in ("LoadIdentity", "LoadPoseTrack")
    )
    saved_one, saved_other = (f"hyperreenact/{Path(path).name} [output]" for path in (one, other))
    assert saved_one in identities
    assert saved_other not in identities
    assert {saved_other, "mine.safetensors"} <= set(tracks)
    assert not {saved_one, "weights.safetensors"} & set(tracks)


def test_the_page_is_told_where_a_file_went(node: Runner):
    models = node.models()
    latent, _ = node("Invert", models=models, faces=node.faces(models, image("f")), index=0)
    save = node.pack.classes["HyperReenact_SaveIdentity"]
    done = save.execute(latent=latent, filename_prefix="hyperreenact/shown")
    assert done.ui == {"text": [done[0]]}


def test_the_pages_script_knows_every_socket_and_file_node(pack: Pack):
    script = (ROOT / "web" / "hyperreenact.js").read_text("utf-8")
    schemas = [n.define_schema() for k, n in pack.classes.items() if k.startswith("HyperReenact_")]
    types = {part.io_type for s in schemas for part in [*s.inputs, *s.outputs]}
    for name in {t for t in types if t.startswith("HYPERREENACT_")}:
        assert f"  {name}: " in script
    for name in ("LoadIdentity", "LoadPoseTrack", "SaveIdentity", "SavePoseTrack"):
        assert f'"HyperReenact_{name}"' in script
    assert '"HyperReenact_ExpressionEditor"' in script


def test_graphs_that_draw_faces_are_marked_as_made_by_ai(pack: Pack):
    (mark,) = pack.host.prompt_handlers
    for path in sorted((ROOT / "workflows" / "api").glob("*.json")):
        told = mark({"prompt": json.loads(path.read_text("utf-8"))})
        written = told["extra_data"]["extra_pnginfo"]
        assert written["AI-generated"] is True
        assert written["comment"] == "AI-generated: face reenactment by HyperReenact"


def test_a_mark_leaves_what_is_there_and_other_graphs_alone(pack: Pack):
    (mark,) = pack.host.prompt_handlers
    drawn = {"1": {"class_type": "HyperReenact_Reenact", "inputs": {}}}
    given = {"prompt": drawn, "extra_data": {"extra_pnginfo": {"workflow": {}}, "client": 1}}
    told = mark(given)["extra_data"]
    assert told["client"] == 1
    assert set(told["extra_pnginfo"]) == {"workflow", "AI-generated", "comment", "description"}
    assert "extra_data" in mark({"prompt": drawn, "extra_data": None})
    for other in ({"1": {"class_type": "SaveImage"}}, {"1": None}, None, []):
        assert "extra_data" not in mark({"prompt": other})


def test_previews_are_no_larger_than_the_picture(node: Runner):
    host = node.pack.part("nodes.host").ComfyHost()
    node.pack.host.previews.clear()
    host.progress(1, 2, lambda: np.zeros((48, 64, 3), np.uint8))
    ((_, picture, side),) = node.pack.host.previews
    assert picture.size == (64, 48)
    assert side == 64


def test_a_long_run_tells_how_far_it_is_and_how_long_it_will_take(
    node: Runner, monkeypatch: pytest.MonkeyPatch
):
    host, progress = node.pack.host, node.pack.part("nodes.progress")
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    host.lines.clear()
    line = progress.ProgressLine()
    for done, seconds in ((1, 8.0), (2, 2.0), (3, 2.0), (4, 0.1), (60, 0.1)):
        now[0] += seconds
        line.tell(done, 60)
    # Loading before the first picture is no pace; what is short or too soon is not told.
    assert host.lines == [("3 / 60 · 1:54", "7", "page"), ("60 / 60 · 0:00", "7", "page")]
    assert [progress.clock(s) for s in (7.4, 750, 3723)] == ["0:07", "12:30", "1:02:03"]


def test_what_an_all_in_one_node_leaves_aside_is_in_its_report(
    node: Runner, monkeypatch: pytest.MonkeyPatch
):
    detect = node.pack.part("hyperreenact_core.face.detect").LandmarkDetector
    found = detect.detect
    monkeypatch.setattr(detect, "detect", lambda self, frame: found(self, frame)[:1] * 2)
    source = torch.cat([image("ff"), torch.ones(2, 64, 64, 1)], dim=-1)
    _, report, *_ = node(
        "Reenact",
        models=node.models(),
        source=source,
        driving=image("ff"),
        follow=True,
        **ALL_IN_ONE,
    )
    assert report.splitlines() == [
        "2 of 2 frames drawn, 0 without a face",
        "source holds 2 pictures: only the first was used",
        "source has an alpha channel: it was laid over white, the result is opaque",
        "the source picture shows 2 faces: the largest was animated",
        "driving frames show up to 2 faces: followed was the largest",
    ]


def test_no_face_in_the_whole_clip_is_nothing_to_hold(node: Runner):
    given: dict[str, Any] = {"models": node.models(), "source": image("f"), "follow": True}
    given["driving"] = image("...")
    with refused(node.pack, "none of the 3 driving frame"):
        node("Reenact", **given, **ALL_IN_ONE)
    images, *_ = node("Reenact", **given, **{**ALL_IN_ONE, "no_face": "source"})
    assert len(images) == 3


def test_a_full_temporary_folder_keeps_no_half_file(node: Runner, monkeypatch: pytest.MonkeyPatch):
    driving, _ = node("SampleClip", name="turn")
    temp = node.pack.host.root / "temp"
    before = set(temp.iterdir())
    own = node.pack.part(writer.__name__).VideoWriter
    append = own._append

    def full(self: Any, frame: Any) -> None:
        if self.frames_written == 2:
            raise OSError(28, "No space left on device")
        append(self, frame)

    monkeypatch.setattr(own, "_append", full)
    options = {**ALL_IN_ONE, "paste_back": True}
    models, source = node.models(), image("f")
    with refused(node.pack, "No space left on device"):
        node("ReenactVideo", models=models, source=source, driving=driving, **options)
    assert set(temp.iterdir()) == before


def test_a_clip_in_memory_that_does_not_fit_on_the_disk_is_named(
    node: Runner, monkeypatch: pytest.MonkeyPatch
):
    class InMemory(FakeVideo):
        def get_stream_source(self) -> Any:
            return io.BytesIO(b"clip")

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    videos, temp = node.pack.part("nodes.videos"), node.pack.host.root / "temp"
    before = set(temp.iterdir())
    with refused(node.pack, "No space left on device"), videos.opened(InMemory("")):
        pass
    assert set(temp.iterdir()) == before
